/** Provider settings: the SDK sends every one of them as a string, those that are no strings as JSON. */
import type { Properties } from "./contract";

/** The setting as text; undefined when it is not set or empty. @throws Error when it is no text. */
export function textSetting(config: Properties, name: string): string | undefined {
  const value = config[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") return value;
  throw new Error(`Provider setting ${name} must be text, got ${typeof value}. Give it as a string.`);
}

/** The setting as true or false; undefined when it is not set. @throws Error when it is neither. */
export function booleanSetting(config: Properties, name: string): boolean | undefined {
  const value = jsonSetting(config, name);
  if (value === undefined || typeof value === "boolean") return value;
  throw new Error(`Provider setting ${name} must be true or false, got ${typeof value}.`);
}

/** The setting as a number; undefined when it is not set. @throws Error when it is no number. */
export function numberSetting(config: Properties, name: string): number | undefined {
  const value = jsonSetting(config, name);
  if (value === undefined || typeof value === "number") return value;
  throw new Error(`Provider setting ${name} must be a number, got ${typeof value}.`);
}

/** The setting as whatever its JSON says (an object, a list…); undefined when it is not set. @throws Error when it is no JSON. */
export function jsonSetting(config: Properties, name: string): unknown {
  const value = config[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw new Error(`Provider setting ${name} must be JSON. Let the SDK encode it, or write it as JSON in the stack's config.`);
  }
}
