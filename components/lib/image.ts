/** Image references that cannot change under a running deployment. */

/**
 * `repository:tag`, `repository@digest` or `repository:tag@digest`.
 *
 * @param image repository with a git short SHA as tag, a sha256 digest, or both
 */
export function imageReference(image: {
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}): string {
  const tag = image.tag === undefined ? "" : `:${image.tag}`;
  const digest = image.digest === undefined ? "" : `@${image.digest}`;
  return `${image.repository}${tag}${digest}`;
}
