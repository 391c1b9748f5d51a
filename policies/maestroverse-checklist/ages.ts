/** How old the generations of credentials are. */
import { mapping } from "../lib/read";
import type { Resource } from "../lib/rule";
import { ROTATED_ON } from "./secrets";

const DAY_MILLISECONDS = 86_400_000;

/** A generation, and its age in whole days; NaN where its day is no date. */
export interface Age {
  readonly field: string;
  readonly rotatedOn: string;
  readonly days: number;
}

/** Every generation that a Secret says it carries. */
export function agesOf({ properties }: Resource, now: Date): Age[] {
  return Object.entries(mapping(properties, "metadata", "annotations"))
    .filter(([key]) => ROTATED_ON.test(key))
    .map(([key, value]) => ({
      field: `metadata.annotations["${key}"]`,
      rotatedOn: String(value),
      days: Math.floor((now.getTime() - Date.parse(`${String(value)}T00:00:00Z`)) / DAY_MILLISECONDS),
    }));
}
