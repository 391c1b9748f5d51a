/** Names that derive from generations (docs/adr/0003): known at preview, another one whenever a value or the set of values changes. */
import type { Generation, Overlap, SecretGeneration } from "./pod-secret";

/** Generations by name of the rotated credential. */
export type Generations = Readonly<Record<string, SecretGeneration>>;

/** A secret's value that exists: the current generation, or the other one of an overlap. */
export interface SecretValue {
  /** Name of the secret, for example `JWT_SECRET`. */
  readonly secret: string;
  readonly generation: number;
  /** Environment variable that carries it: `NAME`, or `NAME_ROLLING` for the other one. */
  readonly variable: string;
}

/** Every value that exists under these generations, in the order of the names. */
export function secretValues(generations: Generations): SecretValue[] {
  return Object.entries(generations).flatMap(([secret, { generation, overlap }]) => [
    { secret, generation, variable: secret },
    ...otherGenerations(generation, overlap).map((other) => ({ secret, generation: other, variable: rollingVariable(secret) })),
  ]);
}

/** The generation that is accepted beside the current one, if any. */
function otherGenerations(generation: number, overlap: Overlap): number[] {
  if (overlap === false) return [];
  return [overlap === "next" ? generation + 1 : generation - 1];
}

/** Environment variable that carries the other generation of an overlap: the next one, or the previous one. */
export function rollingVariable(secret: string): string {
  return `${secret}_ROLLING`;
}

const OVERLAP_MARKS = { false: "", next: "n", true: "o" } as const;

/** What {@link generationsTag} wrote; undefined: it is none of this number of secrets. */
export function parseGenerationsTag(tag: string, count: number): { readonly generation: number; readonly overlap: Overlap }[] | undefined {
  const parts = tag.split("-").map((part) => /^(\d+)([no]?)$/.exec(part));
  if (parts.length !== count || parts.includes(null)) return undefined;
  const overlaps: Readonly<Record<string, Overlap>> = { "": false, n: "next", o: true };
  return parts.map((part) => ({ generation: Number(part?.[1]), overlap: overlaps[part?.[2] ?? ""] ?? false }));
}

/**
 * The part of a name that stands for a set of generations and their overlaps: `1-3o-1-1`, in the order of the names; `o` marks that the old
 * one is accepted, `n` that the next one is.
 *
 * Retiring the previous generation changes it too, so that pods roll and forget the old value.
 */
export function generationsTag(generations: Generations): string {
  return Object.values(generations)
    .map(({ generation, overlap }) => `${generation}${OVERLAP_MARKS[String(overlap) as keyof typeof OVERLAP_MARKS]}`)
    .join("-");
}

/** The part of a name that stands for the current generations alone: `1-3-1-1`. */
export function currentTag(generations: Generations): string {
  return Object.values(generations)
    .map(({ generation }) => String(generation))
    .join("-");
}

/** `JWT_SECRET` → `jwt-secret`. */
export function kebab(variable: string): string {
  return variable.toLowerCase().replaceAll("_", "-");
}

/**
 * Annotations of a Kubernetes object that carries a generation.
 *
 * @param of name of the credential, where an object carries several
 */
export function generationAnnotations({ generation, rotatedOn }: Generation, of?: string): Record<string, string> {
  const suffix = of === undefined ? "" : `.${kebab(of)}`;
  return { [`maestroverse.edu/generation${suffix}`]: String(generation), [`maestroverse.edu/rotated-on${suffix}`]: rotatedOn };
}

/** Problems of one generation, one line each. */
export function validateGeneration(path: string, { generation, rotatedOn }: Generation): string[] {
  const problems: string[] = [];
  if (!Number.isInteger(generation) || generation < 1)
    problems.push(`${path}.generation must be a whole number from 1, got ${generation}. Start at 1.`);
  if (!isCalendarDate(rotatedOn))
    problems.push(
      `${path}.rotatedOn must be a calendar date YYYY-MM-DD (UTC), got ${JSON.stringify(rotatedOn)}. Give the day of the rotation.`,
    );
  return problems;
}

/**
 * Problems of a set of generations, one line each.
 *
 * @param generations by name of the secret
 * @param dualVerification names of the secrets for which the application reads `NAME_ROLLING`
 */
export function validateGenerations(generations: Generations, dualVerification: readonly string[]): string[] {
  const unknown = dualVerification.filter((name) => !Object.hasOwn(generations, name));
  return [
    ...unknown.map((name) => `dualVerification must name secrets of generations, got ${name}. Remove it, or give ${name} a generation.`),
    ...Object.entries(generations).flatMap(([name, value]) => {
      const problems = validateGeneration(`generations.${name}`, value);
      if (value.overlap === true && value.generation === 1)
        problems.push(`generations.${name}.overlap must be false for generation 1, got true: there is none before it. Set it to false.`);
      if (value.overlap !== false && !dualVerification.includes(name))
        problems.push(
          `generations.${name}.overlap must be false, got ${value.overlap}: the application does not read ${rollingVariable(name)}. ` +
            `Set it to false, or add ${name} to dualVerification once the application does.`,
        );
      return problems;
    }),
  ];
}

/** Whether a text is a day of the calendar, YYYY-MM-DD. */
export function isCalendarDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
