/** What an adoption does with each resource, as the engine's preview with the import set tells it. */
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { type Candidate, logicalName } from "./candidate";

/** What becomes of a thing that exists. */
export type Fate = "kept" | "changed" | "replaced" | "somebody else's" | "unclear";

/** A thing that exists. */
export interface Row {
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** The provider's id; of an unclear one all that could be meant. */
  readonly id: string;
  readonly fate: Fate;
  /** Paths that the program has otherwise; of a replaced one those that cannot be changed in place. */
  readonly fields: readonly string[];
  /** What to know, or to do. */
  readonly note?: string | undefined;
}

/** An entry of the import set. */
export interface Imported {
  readonly type: string;
  readonly name: string;
  readonly id: string;
}

/** Fates that stop an adoption. */
export const REFUSED: readonly Fate[] = ["replaced", "somebody else's", "unclear"];

/** Steps of the engine by resource. */
function stepsOf(
  events: readonly EngineEvent[],
): Map<string, { readonly ops: Set<string>; readonly fields: string[]; readonly keys: string[] }> {
  const steps = new Map<string, { ops: Set<string>; fields: string[]; keys: string[] }>();
  for (const { resourcePreEvent } of events) {
    if (resourcePreEvent === undefined) continue;
    const { urn, type, op, detailedDiff, diffs, keys } = resourcePreEvent.metadata;
    const known = steps.get(urn) ?? { ops: new Set<string>(), fields: [], keys: [] };
    known.ops.add(op);
    // What an object has and the program does not say is mostly the cluster's own.
    const told = Object.entries(detailedDiff ?? {}).filter(
      ([, { diffKind }]) => !type.startsWith("kubernetes:") || !diffKind.endsWith("delete"),
    );
    known.fields.push(...(detailedDiff == null ? (diffs ?? []) : told.map(([path]) => path)));
    const replacing = Object.entries(detailedDiff ?? {}).flatMap(([path, { diffKind }]) => (diffKind.includes("replace") ? [path] : []));
    known.keys.push(...(replacing.length > 0 ? replacing : op.includes("replace") ? (keys ?? []) : []));
    steps.set(urn, known);
  }
  return steps;
}

/** What becomes of each imported resource. */
export function rowsOf(imports: readonly Imported[], events: readonly EngineEvent[], candidates: readonly Candidate[]): Row[] {
  const steps = stepsOf(events);
  return imports.map(({ type, name, id }) => {
    const urn = candidates.find((each) => each.type === type && each.name === name)?.urn ?? "";
    const { ops, fields, keys } = steps.get(urn) ?? { ops: new Set<string>(), fields: [], keys: [] };
    const isReplaced = [...ops].some((op) => op.includes("replace") || op === "delete");
    const fate: Fate = isReplaced ? "replaced" : ops.has("update") ? "changed" : "kept";
    const shown = isReplaced ? keys : fate === "changed" ? fields : [];
    return { type, name, id, fate, fields: [...new Set(shown)].sort(), ...(isReplaced ? { note: adviceOf(type, keys) } : {}) };
  });
}

/** What else the engine would destroy or replace: nothing that an adoption may. */
export function destroyed(events: readonly EngineEvent[], imports: readonly Imported[]): string[] {
  const isImported = (urn: string, type: string) => imports.some((each) => each.type === type && each.name === logicalName(urn));
  return [...stepsOf(events)]
    .filter(([, { ops }]) => [...ops].some((op) => op.includes("replace") || op.startsWith("delete")))
    .map(([urn]) => urn)
    .filter((urn) => !isImported(urn, urn.split("::")[2]?.split("$").at(-1) ?? ""))
    .map((urn) => `${urn.split("::")[2]?.split("$").at(-1)} ${logicalName(urn)}`);
}

/** How a thing that cannot be changed in place is prepared for it, without an interruption. */
function adviceOf(type: string, keys: readonly string[]): string {
  if (type.endsWith(":Deployment") && keys.some((key) => key.startsWith("spec.selector")))
    return "a Deployment's selector cannot be changed: let its pods serve on without it, and the program makes another one beside them (docs/adopting.md, Another selector)";
  if (type.endsWith(":Bucket") && keys.includes("objectLockEnabled"))
    return "give it object lock first: aws s3api put-object-lock-configuration (docs/adopting.md, A bucket without object lock)";
  return "change it by hand first, or set the program's settings to what is there";
}
