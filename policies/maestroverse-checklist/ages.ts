/** How old the generations of credentials are. */
import { mapping, text } from "../lib/read";
import type { Resource } from "../lib/rule";
import { SECRET_NAMES } from "./runbook";
import { ROTATED_ON, rotatedOnAnnotation } from "./secrets";

const DAY_MILLISECONDS = 86_400_000;

/** A generation, and its age in whole days; NaN where its day is no date. */
export interface Age {
  readonly field: string;
  readonly rotatedOn: string;
  readonly days: number;
  /** What rotates it. */
  readonly remedy: string;
}

/** Every generation that a Secret says it carries. */
export function agesOf(resource: Resource, now: Date): Age[] {
  const { properties } = resource;
  return Object.entries(mapping(properties, "metadata", "annotations"))
    .filter(([key]) => ROTATED_ON.test(key))
    .map(([key, value]) => ({
      field: `metadata.annotations["${key}"]`,
      rotatedOn: String(value),
      days: Math.floor((now.getTime() - Date.parse(`${String(value)}T00:00:00Z`)) / DAY_MILLISECONDS),
      remedy: remedyOf(resource, key),
    }));
}

/** The command for a secret of the application; a database role's password is its own page's. */
function remedyOf({ properties }: Resource, annotationKey: string): string {
  const name = SECRET_NAMES.find((each) => rotatedOnAnnotation(each) === annotationKey);
  if (name === undefined) return "count its generation up in database.roles (docs/runbook/2-database.md)";
  return `npm run ops -- rotate --stack ${text(properties, "metadata", "labels", "environment") ?? "<stack>"} --secret ${name}`;
}
