/** One handler for every resource type: what differs between types is in their {@link Kind}. */
import type { CheckFailure, DiffEntry, HandlerContext, Properties, ResourceHandler, ResourceState } from "../lib/contract";
import { diffInputs } from "../lib/diff";
import { type DatadogClient, limited } from "./client";
import { failuresOf, merge, type ObjectShape } from "./shape";

/** A resource as Datadog has it. */
export interface Live {
  readonly id: string;
  /** What {@link Kind.shape} reads. */
  readonly model: unknown;
}

/** A resource that is known. */
export interface Known {
  readonly id: string;
  /** Its last known outputs; empty on an import. */
  readonly state: Properties;
}

/** One resource type. */
export interface Kind {
  readonly shape: ObjectShape;
  /** Inputs whose change replaces the resource. */
  readonly replaceOnChanges?: readonly string[];
  /** Whether a change replaces the resource, when the input's name does not tell. */
  replaces?(oldInputs: Properties, newInputs: Properties): boolean;
  /** Rules between inputs. */
  check?(inputs: Properties): CheckFailure[];
  create(client: DatadogClient, model: Properties, inputs: Properties, log: HandlerContext<DatadogClient>["log"]): Promise<Live>;
  /** Undefined when it is gone. */
  read(client: DatadogClient, known: Known): Promise<Live | undefined>;
  update(client: DatadogClient, known: Known, model: Properties, inputs: Properties): Promise<Live>;
  /** Undefined when it is gone. */
  delete(client: DatadogClient, known: Known): Promise<unknown>;
}

/** The handler of one type. */
export function handlerOf(kind: Kind): ResourceHandler<DatadogClient> {
  const { shape, replaceOnChanges } = kind;
  const inputs = Object.entries(shape.fields).filter(([, field]) => field.computed !== true);
  const answer = ({ id, model }: Live, last: Properties): ResourceState => ({
    id,
    outputs: merge(shape, last, last, valueOf(shape, model), true) as Properties,
  });
  return {
    inputs: inputs.map(([name]) => name),
    required: inputs.filter(([, field]) => field.required === true).map(([name]) => name),
    check(_olds, news) {
      const failures = failuresOf(shape, news);
      return { inputs: news, failures: failures.length > 0 ? failures : (kind.check?.(news) ?? []) };
    },
    diff(oldInputs, _oldOutputs, newInputs): DiffEntry[] {
      const [olds, news] = [shape.canonical(oldInputs), shape.canonical(newInputs)];
      const entries = diffInputs(olds, news, replaceOnChanges);
      return kind.replaces?.(olds, news) === true ? entries.map((entry) => ({ ...entry, replace: true })) : entries;
    },
    create: async (context, news) => answer(await run(context, kind.create(context.client, shape.toModel(news), news, context.log)), news),
    async read(context, id, state, last) {
      const live = await run(context, kind.read(context.client, { id, state }));
      if (live === undefined) return undefined;
      return { ...answer(live, state), inputs: merge(shape, last, state, valueOf(shape, live.model), false) as Properties };
    },
    update: async (context, id, state, _oldInputs, news) =>
      answer(await run(context, kind.update(context.client, { id, state }, shape.toModel(news), news)), news),
    async delete(context, id, state) {
      await run(context, kind.delete(context.client, { id, state }));
    },
  };
}

/** The program's form of an answer. @throws Error when the client library could not make sense of a part of it, as the official plugin does */
function valueOf(shape: ObjectShape, model: unknown): Properties {
  if ((model as { _unparsed?: boolean })._unparsed === true)
    throw new Error("Datadog's answer holds values that its client library does not know. Update @datadog/datadog-api-client.");
  return shape.fromModel(model);
}

const run = <T>(context: HandlerContext<DatadogClient>, operation: Promise<T>): Promise<T> => limited(context, operation);
