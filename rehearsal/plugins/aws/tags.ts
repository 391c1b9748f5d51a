/** Tags, and the one by which a resource finds again what an interrupted run made. */
import { createHash } from "node:crypto";

import type { Properties } from "../lib/contract";
import { isObject } from "../lib/wire";

/** Tags by name. */
export type Tags = Readonly<Record<string, string>>;

/** Says which resource of which stack made a thing: what was made by a run that was killed before the engine recorded it is recognised. */
const MADE_BY = "ops.maestroverse.edu/made-by";

/** The mark of a resource. */
export function madeBy(urn: string): Tags {
  return { [MADE_BY]: createHash("sha256").update(urn).digest("hex").slice(0, 16) };
}

/** Whether a thing was made by the resource. */
export function isMadeBy(urn: string, tags: Tags): boolean {
  return tags[MADE_BY] !== undefined && tags[MADE_BY] === madeBy(urn)[MADE_BY];
}

/** The tags of a program: neither AWS's own nor the mark. */
export function programTags(tags: unknown): Tags {
  const entries = Object.entries(tagsIn({ tags })).filter(([key]) => key !== MADE_BY && !key.startsWith("aws:"));
  return Object.fromEntries(entries);
}

/** A resource's tags. */
export function tagsIn(properties: Properties): Tags {
  const { tags } = properties;
  return isObject(tags) ? (tags as Tags) : {};
}

/** As most of AWS's services want them. */
export const toTagList = (tags: Tags) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
/** As most of AWS's services give them. */
export const fromTagList = (list: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tags =>
  Object.fromEntries(list.map(({ Key = "", Value = "" }) => [Key, Value]));
