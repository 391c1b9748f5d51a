/** The schema of a stack's settings, in the order of the stack files: each value by itself. What they mean together is in ../rules.ts. */
import { z } from "zod";
import { aws } from "./aws";
import { backups } from "./backups";
import { cluster } from "./cluster";
import { database } from "./database";
import { edge } from "./edge";
import { observability } from "./observability";
import { onCall } from "./on-call";
import { SECRET_NAMES, secrets } from "./secrets";
import { hostname, image, matching, unique } from "./values";
import { web } from "./web";

export { SECRET_NAMES };

/** The stacks whose files are here. */
export const ENVIRONMENTS = ["prod", "staging", "rehearsal"] as const;

export const schema = z.strictObject({
  /** The stack's name; part of names in Kubernetes and Datadog. */
  environment: matching(/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/, "a stack's name: 2 to 20 lower-case letters, digits and '-'"),
  image,
  hosts: z.strictObject({
    /** The API's public host. */
    api: hostname(),
  }),
  /** Origins that a browser may call the API from. */
  corsOrigins: unique(matching(/^https:\/\/[a-z0-9.-]+(:\d+)?$/, "https://host without path or wildcard"), 1, 20, "origins"),
  cluster,
  web,
  database,
  secrets,
  edge,
  backups,
  aws,
  observability,
  onCall,
});

/** A stack's validated settings. */
export type Settings = z.output<typeof schema>;

/** The top-level keys of a stack's settings, in the order of the stack files. */
export const SETTING_KEYS = Object.keys(schema.shape) as (keyof Settings)[];

/** The schema of what a path leads to; undefined: nowhere. */
export function schemaAt(path: readonly PropertyKey[]): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((at, key) => {
    const type = withoutOptional(at);
    if (type instanceof z.ZodObject) return (type.shape as Record<PropertyKey, z.ZodType>)[key];
    return type instanceof z.ZodArray ? (type.element as z.ZodType) : undefined;
  }, schema);
}

/** What a type is when it is there. */
export function withoutOptional(type: z.ZodType | undefined): z.ZodType | undefined {
  return type instanceof z.ZodOptional ? (type.unwrap() as z.ZodType) : type;
}
