/** Which changes replace an object, and in which order. */
import type { DiffEntry, Properties } from "../lib/contract";
import { diffInputs } from "../lib/diff";
import { isObject } from "../lib/wire";
import { isUnder, type Kind } from "./kinds";
import { annotation, AUTONAMED, pluck, REPLACE_UNREADY } from "./metadata";

const IDENTITY = ["metadata.name", "metadata.namespace"];

/** The differences between two sets of inputs; those that the API server cannot make in place replace. */
export function diffObject(kind: Kind, oldInputs: Properties, oldOutputs: Properties, newInputs: Properties): DiffEntry[] {
  const rules = [...IDENTITY, ...(kind.replaces ?? [])];
  const entries = diffInputs(sayNamespace(oldInputs, oldOutputs, newInputs), newInputs).map((entry) => ({
    ...entry,
    replace: isUnder(entry.path, rules),
  }));
  if (kind.kind === "Job" && annotation(newInputs, REPLACE_UNREADY) === "true" && !completed(oldOutputs)) {
    entries.push({ path: `metadata.annotations["${REPLACE_UNREADY}"]`, kind: "update", replace: true });
  }
  return entries;
}

/** Naming the namespace that the object is in already, which it got by default, is no change. */
function sayNamespace(oldInputs: Properties, oldOutputs: Properties, newInputs: Properties): Properties {
  const actual = pluck(oldOutputs, "metadata", "namespace");
  const silent = pluck(oldInputs, "metadata", "namespace") === undefined;
  if (!silent || actual === undefined || pluck(newInputs, "metadata", "namespace") !== actual) return oldInputs;
  const metadata = isObject(oldInputs["metadata"]) ? oldInputs["metadata"] : {};
  return { ...oldInputs, metadata: { ...metadata, namespace: actual } };
}

function completed(job: Properties): boolean {
  const conditions = pluck(job, "status", "conditions");
  return Array.isArray(conditions) && conditions.some((each) => pluck(each, "type") === "Complete" && pluck(each, "status") === "True");
}

/** Whether the old object must go first: when the new one has the same name in the same namespace, and nobody may choose another. */
export function mustDeleteFirst(oldInputs: Properties, newInputs: Properties): boolean {
  const same = (field: string) => pluck(oldInputs, "metadata", field) === pluck(newInputs, "metadata", field);
  return annotation(newInputs, AUTONAMED) !== "true" && same("name") && same("namespace");
}
