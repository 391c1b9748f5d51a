/** The Secret that gives pods the four rotated secrets, and what it says of their generations. */
import { text } from "../lib/read";
import type { Resource, StackView } from "../lib/rule";
import { kebab, SECRET, SECRET_NAMES } from "./runbook";

/** Annotation with the number of a generation; of one secret, or, in a Secret with one credential, of that. */
export const generationAnnotation = (secret?: string) => `maestroverse.edu/generation${secret === undefined ? "" : `.${kebab(secret)}`}`;
/** Annotation with the day (UTC) on which a generation became current. */
export const ROTATED_ON = /^maestroverse\.edu\/rotated-on(\.|$)/;
/** The annotation of one secret. */
export const rotatedOnAnnotation = (secret: string) => `maestroverse.edu/rotated-on.${kebab(secret)}`;

/** An annotation of a resource. @throws UnknownValueError */
export const annotation = ({ properties }: Resource, key: string) => text(properties, "metadata", "annotations", key);

/** The pods' Secret: the one that names a generation of one of the four; undefined: there is none. */
export const podsSecret = (stack: StackView) =>
  stack.ofType(SECRET).find((each) => SECRET_NAMES.some((name) => annotation(each, generationAnnotation(name)) !== undefined));

/** Types of what a secret is made of: values of this program, and the versions that hold them. */
export const RANDOM_BYTES = "random:index/randomBytes:RandomBytes";
export const VERSION = "aws:secretsmanager/secretVersion:SecretVersion";

/** A value that was there before this program: a version of the bundle that is imported and never written, values and labels. */
export const isAdoptedValue = ({ type, ignoreChanges = [] }: Resource) =>
  type === VERSION && ["secretString", "versionStages"].every((input) => ignoreChanges.includes(input));

/** Versions of the bundle that are written here, with their labels. */
export const writtenVersions = (stack: StackView) => stack.ofType(VERSION).filter((version) => !isAdoptedValue(version));

/** Resources that are a secret's values, each with its generation: random bytes, or what was there before. */
export function valuesOf(stack: StackView, secret: string): { readonly resource: Resource; readonly generation: number }[] {
  const pattern = new RegExp(`(?:^|-)${kebab(secret)}-g(\\d+)$`);
  return [...stack.ofType(RANDOM_BYTES), ...stack.ofType(VERSION).filter(isAdoptedValue)].flatMap((resource) => {
    const generation = pattern.exec(resource.name)?.[1];
    return generation === undefined ? [] : [{ resource, generation: Number(generation) }];
  });
}
