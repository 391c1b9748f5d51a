/** Images: there are none here, only a table of local programs. */

/** What an image holds, of this machine. */
export interface LocalImage {
  /** Command of a container that gives none. */
  readonly command: readonly string[];
  readonly workingDirectory: string;
  /** Folders at the front of the search path. */
  readonly path: readonly string[];
  /** Folders that the container sees, read-only, at the same place. */
  readonly folders: readonly string[];
}

/** Images by `repository`, or by `repository:tag` for one tag. */
export type ImageTable = Readonly<Record<string, LocalImage>>;

/** The image of a reference `repository[:tag][@digest]`; undefined when the table has none. */
export function findImage(table: ImageTable, reference: string): LocalImage | undefined {
  const [tagged = ""] = reference.split("@");
  const repository = tagged.replace(/:[^/:]*$/, "");
  return table[tagged] ?? table[repository];
}
