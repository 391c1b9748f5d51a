/** A stack's settings as its file has them, and what the program says of changed ones. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { parseSettings, SettingsError } from "../../config";

const ROOT = resolve(__dirname, "..", "..");

/** Plain values by top-level key. */
export type RawSettings = Readonly<Record<string, unknown>>;

/** A day after every rotation of the stack files. */
export const TODAY = new Date("2026-11-20T12:00:00Z");

/** The text of a stack's file. */
export function stackFile(stack: string): string {
  return readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8");
}

/** The committed settings of a stack. */
export function rawSettings(stack: string): RawSettings {
  const file = parse(stackFile(stack)) as { config: Record<string, unknown> };
  return Object.fromEntries(Object.entries(file.config).map(([key, value]) => [key.replace(/^maestroverse-ops:/, ""), value]));
}

/** A copy with one value by its path (`edge.trustedProxies.0`); `undefined` removes it. */
export function withValue(raw: RawSettings, path: string, value: unknown): RawSettings {
  const copy = structuredClone(raw);
  const keys = path.split(".");
  const last = keys.pop() as string;
  const parent = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** Several changes of {@link withValue}. */
export function withValues(raw: RawSettings, values: Readonly<Record<string, unknown>>): RawSettings {
  return Object.entries(values).reduce((changed, [path, value]) => withValue(changed, path, value), raw);
}

/** The lines that the program refuses the settings with; empty when it takes them. */
export function problemsOf(raw: RawSettings, stack = "prod", now = TODAY): readonly string[] {
  try {
    parseSettings(stack, raw, now);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}
