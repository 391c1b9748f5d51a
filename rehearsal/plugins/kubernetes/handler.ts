/** One handler for every kind: what differs between kinds is in {@link KINDS} and in their readiness. */
import { type HandlerContext, InitializationError, type Properties, type ResourceHandler, type ResourceState } from "../lib/contract";
import { diffObject, mustDeleteFirst } from "./changes";
import { awaitGone, awaitReady, look, reasonsOf } from "./await";
import { ApiError, type KubernetesClient, type LiveObject, type ObjectKey } from "./client";
import type { Kind } from "./kinds";
import { liveInputs, toOutputs } from "./live";
import { takenOver } from "./ownership";
import {
  annotation,
  checkMetadata,
  DELETION_PROPAGATION,
  fieldManagerOf,
  MADE_BY,
  PATCH_FORCE,
  pluck,
  signed,
  SKIP_AWAIT,
  withName,
} from "./metadata";

type Context = HandlerContext<KubernetesClient>;

const PROPAGATION = { foreground: "Foreground", background: "Background", orphan: "Orphan" } as const;

/** The handler of one kind. */
export function objectHandler(kind: Kind): ResourceHandler<KubernetesClient> {
  return {
    inputs: ["apiVersion", "kind", "metadata", ...kind.fields],
    ...(kind.secrets !== undefined && { secrets: kind.secrets }),
    check: (olds, news, urn, randomSeed) => ({
      inputs: { ...withName(olds, news, urn, randomSeed), apiVersion: kind.apiVersion, kind: kind.kind },
      failures: checkMetadata(news),
    }),
    diff: (oldInputs, oldOutputs, newInputs) => diffObject(kind, oldInputs, oldOutputs, newInputs),
    deleteBeforeReplace: mustDeleteFirst,

    async create(context, inputs) {
      const manager = fieldManagerOf(context.urn);
      const existing = await context.client.get(keyIn(inputs));
      if (existing !== undefined) adopt(context, existing, manager);
      return applyAndAwait(context, inputs, signed(inputs, manager), keyIn(inputs), manager);
    },
    async read(context, id, state, inputs) {
      const found = await context.client.get(keyIn(Object.keys(state).length > 0 ? state : fromId(kind, id)));
      if (found === undefined) return undefined;
      const result = {
        id: idOf(found),
        outputs: toOutputs(found, inputs, managerIn(state, context.urn)),
        inputs: liveInputs(inputs, state, found),
      };
      const report = await look(context.client, found, inputs);
      if (!report.ready) throw new InitializationError(result, reasonsOf(found, report));
      return result;
    },
    async update(context, _id, oldOutputs, _oldInputs, newInputs) {
      const manager = managerIn(oldOutputs, context.urn);
      await takeOver(context, keyIn(oldOutputs), manager);
      return applyAndAwait(context, newInputs, signed(newInputs, manager), keyIn(oldOutputs), manager);
    },
    async delete(context, _id, state) {
      const key = keyIn(state);
      const wish = annotation(state, DELETION_PROPAGATION);
      await context.client.delete(key, PROPAGATION[(wish ?? "foreground") as keyof typeof PROPAGATION]);
      if (annotation(state, SKIP_AWAIT) === "true") return;
      await awaitGone(context, key, pluck(state, "metadata", "uid"), state);
    },
  };
}

/**
 * The handler of a `…Patch` resource: some fields of an object that someone else made. Deleting it gives the fields up, not the object.
 */
export function patchHandler(kind: Kind): ResourceHandler<KubernetesClient> {
  return {
    ...objectHandler(kind),
    check(_olds, news) {
      const failures = checkMetadata(news);
      if (pluck(news, "metadata", "name") === undefined) {
        failures.push({ property: "metadata", reason: "name is missing: a patch must say which object it changes." });
      }
      return { inputs: { ...news, apiVersion: kind.apiVersion, kind: kind.kind }, failures };
    },
    diff: (oldInputs, oldOutputs, newInputs) => diffObject({ ...kind, replaces: [] }, oldInputs, oldOutputs, newInputs),
    async create(context, inputs) {
      const key = keyIn(inputs);
      if ((await context.client.get(key)) === undefined) {
        throw new Error(`${kind.kind} ${key.name} does not exist, so there is nothing to patch. Create it first, or use ${kind.kind}.`);
      }
      return applyAndAwait(context, inputs, inputs, key, fieldManagerOf(context.urn));
    },
    update: (context, _id, oldOutputs, _oldInputs, newInputs) =>
      applyAndAwait(context, newInputs, newInputs, keyIn(oldOutputs), managerIn(oldOutputs, context.urn)),
    async delete(context, _id, state) {
      const key = keyIn(state);
      if ((await context.client.get(key)) === undefined) return;
      const { name, namespace } = key;
      const nothing = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
      await context.client.apply(nothing, key, managerIn(state, context.urn), false);
    },
  };
}

async function applyAndAwait(
  context: Context,
  inputs: Properties,
  object: Properties,
  key: ObjectKey,
  manager: string,
): Promise<ResourceState> {
  const force = annotation(inputs, PATCH_FORCE) === "true" || context.client.forces;
  const applied = await context.client.apply(object, key, manager, force).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
    throw new Error(`${error.message}. Take the field out of the program, or set the annotation ${PATCH_FORCE}: "true" to take it over.`);
  });
  const { live, reasons } = await awaitReady(context, applied, inputs);
  const state = { id: idOf(live), outputs: toOutputs(live, inputs, manager) };
  if (reasons.length > 0) throw new InitializationError(state, reasons);
  return state;
}

/** Takes over what people wrote with kubectl. */
async function takeOver({ client }: Context, key: ObjectKey, manager: string): Promise<void> {
  const live = await client.get(key);
  const entries = live === undefined ? undefined : takenOver(live, manager);
  if (live !== undefined && entries !== undefined) await client.patchManagedFields(key, live, entries);
}

/**
 * Goes on with an object that this very resource made in a run that was killed before the engine could record it; nobody else's object is
 * ever taken.
 */
function adopt(context: Context, existing: LiveObject, manager: string): void {
  const { deletionTimestamp } = existing.metadata;
  if (deletionTimestamp === undefined && annotation(existing, MADE_BY) === manager) {
    context.log("goes on with the object that an interrupted run left", "warning");
    return;
  }
  const name = `${existing.kind} ${idOf(existing)}`;
  throw new Error(
    deletionTimestamp === undefined
      ? `${name} already exists and this stack did not make it. Delete it, import it (pulumi import), or choose another name.`
      : `${name} is being deleted. Wait until it is gone, then run again.`,
  );
}

function keyIn(object: Properties): ObjectKey {
  return {
    apiVersion: object["apiVersion"] as string,
    kind: object["kind"] as string,
    name: pluck(object, "metadata", "name") as string,
    namespace: pluck(object, "metadata", "namespace") as string | undefined,
  };
}

/** An import has nothing but the id. */
function fromId({ apiVersion, kind }: Kind, id: string): Properties {
  const [name, namespace] = id.split("/").reverse();
  return { apiVersion, kind, metadata: { name, namespace } };
}

function managerIn(state: Properties, urn: string): string {
  const manager = state["__fieldManager"];
  return typeof manager === "string" ? manager : fieldManagerOf(urn);
}

/** `namespace/name`, or the name alone for what lives in no namespace. */
function idOf({ metadata }: LiveObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}
