/** The official Datadog client's reading of a payload. */
import { ObjectSerializer as V1 } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/ObjectSerializer";
import { ObjectSerializer as V2 } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/ObjectSerializer";

/**
 * Paths in a payload of Datadog's API that the official client's model does not know: a wrong field, a wrong value of an enumeration, a missing
 * field. The client neither checks query strings nor numbers' ranges.
 */
export function unknownToDatadog(version: "v1" | "v2", model: string, payload: unknown): string[] {
  return unparsed((version === "v1" ? V1 : V2).deserialize(JSON.parse(JSON.stringify(payload)), model), model);
}

function unparsed(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null || value instanceof Date) return [];
  const { _unparsed, additionalProperties, ...fields } = value as Record<string, unknown>;
  const inside = Object.entries(fields).flatMap(([key, each]) => unparsed(each, `${path}.${key}`));
  const extra = Object.keys(additionalProperties ?? {}).map((key) => `${path}.${key}`);
  // Only the innermost is of use: everything around it is marked as well.
  return [...inside, ...extra, ...(_unparsed === true && inside.length === 0 ? [path] : [])];
}

/** Keys as the API has them: `tickEvery` → `tick_every`, at any depth. */
export function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), snake(each)]),
  );
}
