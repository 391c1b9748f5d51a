/** Reading properties whose shape nobody promises, and values that are not known yet at preview. */
import { UnknownValueError } from "./unknown";

/** A value at a path: `at(props, "spec", "rules", 0, "host")`; undefined where the path ends early. @throws UnknownValueError */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (inner as Record<string | number, unknown>)[key] : undefined),
    value,
  );
}

/** The list at a path; empty where there is none. @throws UnknownValueError */
export function list(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly unknown[]) : [];
}

/** The mapping at a path; empty where there is none. @throws UnknownValueError */
export function mapping(value: unknown, ...path: readonly (string | number)[]): Readonly<Record<string, unknown>> {
  const found = at(value, ...path);
  return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Readonly<Record<string, unknown>>) : {};
}

/** The text at a path; undefined where there is none. @throws UnknownValueError */
export function text(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/**
 * Whether something is set at a path, known or not: a key's ARN that AWS will give is as set as one that is written down. For what only has
 * to be there; whoever needs the value reads it, and is undetermined where it is unknown.
 */
export function isSet(value: unknown, ...path: readonly (string | number)[]): boolean {
  const found = known(() => at(value, ...path));
  return found === UNKNOWN || (found !== undefined && found !== null && found !== "");
}

/** What {@link known} answers for a value that is not known at preview. */
export const UNKNOWN = Symbol("not known at preview");

/** The value, or {@link UNKNOWN}: for a rule that has another, known place to look at. */
export function known<T>(read: () => T): T | typeof UNKNOWN {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnknownValueError) return UNKNOWN;
    throw error;
  }
}

/** Parses a policy document or a dashboard: JSON text, or already an object. Undefined when it is neither. @throws UnknownValueError */
export function json(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}
