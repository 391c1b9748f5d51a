/** The way back: from the object in the API server to outputs and inputs. */
import type { Properties } from "../lib/contract";
import { sameValue } from "../lib/diff";
import { isObject } from "../lib/wire";

/** Bookkeeping of the API server: no part of what a program declares. */
const SERVER_METADATA = ["creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "resourceVersion", "uid"];

/**
 * Outputs for the state file: the object without its field managers' bookkeeping, which is long and changes with each writer.
 *
 * @param fieldManager The manager under which the object was applied; kept, so that a renamed resource stays the owner of its fields.
 */
export function toOutputs(live: Properties, inputs: Properties, fieldManager: string): Properties {
  const metadata: Properties = { ...(isObject(live["metadata"]) ? live["metadata"] : {}) };
  delete metadata["managedFields"];
  // The API server turns stringData into data and forgets it.
  const stringData = inputs["stringData"];
  return { ...live, metadata, ...(stringData !== undefined && { stringData }), __fieldManager: fieldManager };
}

/**
 * Inputs as the API server has them now, in the shape of the last inputs. What is as it was right after the last deployment counts as the
 * input that made it (the server writes `1000m` as `1` and drops empty lists); what differs is drift and comes back as it is now. Fields
 * that others added are theirs, not drift.
 *
 * @param last The inputs in the state; empty on an import.
 * @param lastLive The outputs in the state.
 */
export function liveInputs(last: Properties, lastLive: Properties, live: Properties): Properties {
  if (Object.keys(last).length === 0) return importedInputs(live);
  return shaped(last, withStringData(last, lastLive), withStringData(last, live)) as Properties;
}

function importedInputs(live: Properties): Properties {
  const { metadata, ...rest } = live;
  delete rest["status"];
  const kept = Object.entries(isObject(metadata) ? metadata : {}).filter(
    ([name]) => name !== "managedFields" && !SERVER_METADATA.includes(name),
  );
  return { ...rest, metadata: Object.fromEntries(kept) };
}

/** Reads a Secret's stringData out of its data, where the server put it. */
function withStringData(last: Properties, live: Properties): Properties {
  const { stringData } = last;
  if (!isObject(stringData) || !isObject(live["data"])) return live;
  const { data } = live;
  const decoded = Object.keys(stringData).flatMap((key) => {
    const value = data[key];
    return typeof value === "string" ? [[key, Buffer.from(value, "base64").toString("utf8")] as const] : [];
  });
  return { ...live, stringData: Object.fromEntries(decoded) };
}

function shaped(last: unknown, lastLive: unknown, live: unknown): unknown {
  if (sameValue(lastLive, live)) return last;
  if (isObject(last) && isObject(live)) {
    const before = isObject(lastLive) ? lastLive : {};
    return Object.fromEntries(Object.keys(last).map((key) => [key, shaped(last[key], before[key], live[key])]));
  }
  if (Array.isArray(last) && Array.isArray(live)) return shapedList(last, Array.isArray(lastLive) ? lastLive : [], live);
  return live;
}

/** Lists of named things (containers, env, ports…) are matched by name, others by position. */
function shapedList(last: readonly unknown[], lastLive: readonly unknown[], live: readonly unknown[]): unknown[] {
  const name = (element: unknown) => (isObject(element) && typeof element["name"] === "string" ? element["name"] : undefined);
  const named = [...last, ...live].every((element) => name(element) !== undefined);
  if (!named) return live.map((element, index) => (index < last.length ? shaped(last[index], lastLive[index], element) : element));
  return last.flatMap((element) => {
    const find = (list: readonly unknown[]) => list.find((other) => name(other) === name(element));
    const now = find(live);
    return now === undefined ? [] : [shaped(element, find(lastLive), now)];
  });
}
