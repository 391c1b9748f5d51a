/** Inputs: their types, which of them are sets, and how the server's answer and the program's wish are compared. */
import { type CheckFailure, type CheckOutcome, type DiffEntry, type Properties, UNKNOWN } from "../lib/contract";
import { diffInputs, sameValue } from "../lib/diff";

/** `flag`: true or false. `texts`: a list. `set`: a list in which order and repetition mean nothing. */
export type FieldType = "text" | "flag" | "number" | "texts" | "set";
/** Every input of a resource type. */
export type Fields = Readonly<Record<string, FieldType>>;

const DESCRIPTIONS: Readonly<Record<FieldType, string>> = {
  text: "text",
  flag: "true or false",
  number: "a whole number",
  texts: "a list of texts",
  set: "a list of texts",
};

/**
 * Types and defaults.
 *
 * @param minimums lowest value of each number
 */
export function checkFields(
  fields: Fields,
  defaults: Properties,
  news: Properties,
  minimums: Readonly<Record<string, number>> = {},
): CheckOutcome & { readonly failures: CheckFailure[] } {
  const failures = Object.entries(news).flatMap(([property, value]): CheckFailure[] => {
    const type = fields[property];
    if (type === undefined || value === UNKNOWN) return [];
    if (!isOfType(type, value)) return [{ property, reason: `must be ${DESCRIPTIONS[type]}, got ${kindOf(value)}.` }];
    const minimum = minimums[property];
    return minimum !== undefined && (value as number) < minimum
      ? [{ property, reason: `must be at least ${minimum}, got ${String(value)}.` }]
      : [];
  });
  return { inputs: { ...defaults, ...news }, failures };
}

/** One failure when a known text is none of the words. */
export function checkWord(property: string, value: unknown, words: readonly string[]): CheckFailure[] {
  if (value === UNKNOWN || words.some((word) => word === value)) return [];
  return [{ property, reason: `must be one of ${words.join(", ")}, got ${JSON.stringify(value)}.` }];
}

function isOfType(type: FieldType, value: unknown): boolean {
  if (type === "text") return typeof value === "string";
  if (type === "flag") return typeof value === "boolean";
  if (type === "number") return Number.isInteger(value);
  return Array.isArray(value) && value.every((each) => each === UNKNOWN || typeof each === "string");
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "a list of something else" : typeof value;
}

/** Inputs that differ; sets are compared as sets, and an empty list, 0 or "" is the same as none. */
export function diffFields(fields: Fields, olds: Properties, news: Properties, replaceOnChanges: readonly string[] = []): DiffEntry[] {
  return diffInputs(normal(fields, olds), normal(fields, news), replaceOnChanges);
}

/**
 * The inputs as the server has them: what agrees keeps the program's own spelling, so that drift shows and nothing else.
 *
 * @param actual what the server says; undefined or empty: nothing
 */
export function observed(fields: Fields, inputs: Properties, actual: Properties): Properties {
  const result = { ...inputs };
  for (const [name, value] of Object.entries(actual)) {
    if (sameValue(normal(fields, { [name]: inputs[name] }), normal(fields, { [name]: value }))) continue;
    if (value === undefined) delete result[name];
    else result[name] = value;
  }
  return result;
}

/** The texts of a list; an absent one is empty. */
export function texts(value: unknown): readonly string[] {
  return (value as readonly string[] | undefined) ?? [];
}

function normal(fields: Fields, inputs: Properties): Properties {
  const entries = Object.entries(inputs).map(([name, value]): [string, unknown] => {
    if (Array.isArray(value)) {
      if (value.length === 0) return [name, undefined];
      if (fields[name] === "set" && !value.includes(UNKNOWN)) return [name, [...new Set(value as string[])].sort()];
    }
    return [name, value === "" || value === 0 ? undefined : value];
  });
  return Object.fromEntries(entries);
}
