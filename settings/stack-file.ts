/** The text of a `Pulumi.<stack>.yaml`. */
import { parse } from "yaml";

/** What a stack's file says under `config`, as it stands there; the keys of the project without its name. */
export function ownSettings(text: string, project: string): Record<string, unknown> {
  const { config = {} } = (parse(text) ?? {}) as { config?: Record<string, unknown> };
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(`${project}:`, ""), value]));
}
