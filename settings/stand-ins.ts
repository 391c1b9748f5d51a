/**
 * How the rules are asked although some values were refused: twice, with other values in the place of those. What a rule says both times does
 * not depend on what was refused.
 */
import { z } from "zod";
import { valueAt } from "./issues";
import { schemaAt, withoutOptional } from "./schema";

/** Two copies of the settings, which differ in every value that was refused and are of the schema's shape. */
export function withStandIns(issues: readonly z.core.$ZodIssue[], raw: unknown): readonly [unknown, unknown] {
  const copies = [structuredClone(raw), structuredClone(raw)] as const;
  for (const issue of issues) {
    // An unknown key is nobody's argument, and a section or list of the right kind has values that the rules can read.
    if (issue.code === "unrecognized_keys" || (issue.code !== "invalid_type" && typeof valueAt(raw, issue.path) === "object")) continue;
    for (const [which, copy] of copies.entries()) {
      const parent = valueAt(copy, issue.path.slice(0, -1));
      const key = issue.path.at(-1);
      if (key !== undefined) (parent as Record<PropertyKey, unknown>)[key] = standIn(schemaAt(issue.path), which);
    }
  }
  return copies;
}

/** The one or the other value of a type; ranges and patterns do not matter. */
function standIn(optional: z.ZodType | undefined, which: number): unknown {
  const type = withoutOptional(optional);
  if (type instanceof z.ZodObject)
    return Object.fromEntries(
      Object.entries(type.shape as Record<string, z.ZodType>).map(([key, inner]) => [
        key,
        inner instanceof z.ZodOptional ? undefined : standIn(inner, which),
      ]),
    );
  if (type instanceof z.ZodArray) return [];
  if (type instanceof z.ZodNumber) return which === 0 ? 0 : 1e9;
  if (type instanceof z.ZodBoolean) return which === 0;
  if (type instanceof z.ZodEnum) return type.options.at(which - 1);
  if (type instanceof z.ZodLiteral) return [...type.values].at(which - 1);
  return which === 0 ? "a" : "b";
}
