/** The operations on resources: between the wire's marked properties and the plain ones of a {@link ResourceHandler}. */
import {
  type CheckFailure,
  type DiffEntry,
  type HandlerContext,
  InitializationError,
  type Properties,
  type ResourceHandler,
  type ResourceState,
  type StandIn,
  UNKNOWN,
} from "./contract";
import { diffInputs, topLevelName } from "./diff";
import type { EngineLog } from "./engine-log";
import { requireRehearsalStack } from "./stack-guard";
import { typeOf } from "./urn";
import { isObject, mark, reveal, Secret } from "./wire";

/** A resource's state, its properties marked; `unready` says why it does not work yet. */
export interface MarkedState {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties;
  readonly unready?: readonly string[];
}

/** What `diff` found. */
export interface DiffOutcome {
  readonly entries: readonly DiffEntry[];
  readonly deleteBeforeReplace: boolean;
}

/** An operation on one resource. */
export interface Operation {
  readonly urn: string;
  /** Seconds; 0 when the program set none. */
  readonly timeoutSeconds: number;
}

/** Carries the operations out. Every `Properties` parameter is marked. */
export class Resources<Client> {
  private readonly cancelled = new AbortController();
  private client: Promise<Client> | undefined;
  private config: Properties = {};

  constructor(
    private readonly standIn: StandIn<Client>,
    private readonly log: EngineLog,
  ) {}

  /** @param config The provider's settings, plain. */
  configure(config: Properties): void {
    this.config = config;
  }

  /** Ends what is under way. */
  async cancel(): Promise<void> {
    this.cancelled.abort(new Error("The engine cancelled the operation."));
    const client = await this.client?.catch(() => undefined);
    if (client !== undefined) await this.standIn.disconnect?.(client);
  }

  /** Validates inputs and applies defaults; contacts nothing. */
  check(urn: string, olds: Properties | undefined, news: Properties, randomSeed: Uint8Array) {
    const handler = this.standIn.resources[typeOf(urn)];
    if (handler === undefined) {
      return { inputs: news, failures: [{ property: "", reason: this.unknownType(typeOf(urn)) }] };
    }
    const failures: CheckFailure[] = [];
    for (const name of Object.keys(news)) {
      if (!handler.inputs.includes(name) && !name.startsWith("__")) {
        failures.push({
          property: name,
          reason: `${this.name} does not know this input of ${typeOf(urn)} and must not ignore it. ${ADVICE}`,
        });
      }
    }
    for (const name of handler.required ?? []) {
      if (news[name] === undefined) failures.push({ property: name, reason: `missing; ${typeOf(urn)} needs it.` });
    }
    if (failures.length > 0 || handler.check === undefined) return { inputs: mark(news, {}, handler.secrets), failures };
    const outcome = handler.check(olds && reveal(olds), reveal(news), urn, randomSeed, this.config);
    return { inputs: mark(outcome.inputs, news, handler.secrets), failures: outcome.failures };
  }

  /** What an update would change. */
  diff(urn: string, oldInputs: Properties, oldOutputs: Properties, newInputs: Properties): DiffOutcome {
    const handler = this.handlerOf(urn);
    const [olds, news] = [reveal(oldInputs), reveal(newInputs)];
    const found = handler.diff?.(olds, reveal(oldOutputs), news) ?? diffInputs(olds, news, handler.replaceOnChanges);
    const entries = handler.update === undefined ? found.map((entry) => ({ ...entry, replace: true })) : found;
    const { deleteBeforeReplace = false } = handler;
    const replaces = entries.some((entry) => entry.replace);
    return {
      entries,
      deleteBeforeReplace: replaces && (typeof deleteBeforeReplace === "function" ? deleteBeforeReplace(olds, news) : deleteBeforeReplace),
    };
  }

  /** Outputs of a resource that would be created; contacts nothing. */
  previewCreate(urn: string, inputs: Properties): Properties {
    const handler = this.handlerOf(urn);
    const plain = reveal(inputs);
    return mark(handler.preview?.(plain) ?? plain, inputs, handler.secrets);
  }

  /** Outputs of a resource that would be updated; contacts nothing. What the new inputs do not say is taken to stay. */
  previewUpdate(urn: string, oldOutputs: Properties, newInputs: Properties): Properties {
    const handler = this.handlerOf(urn);
    const plain = reveal(newInputs);
    return mark({ ...reveal(oldOutputs), ...(handler.preview?.(plain) ?? plain) }, mark(oldOutputs, newInputs), handler.secrets);
  }

  async create(operation: Operation, inputs: Properties): Promise<MarkedState> {
    const handler = this.handlerOf(operation.urn);
    return this.settle(handler, inputs, inputs, async () => handler.create(await this.context(operation), known(inputs)));
  }

  /** @returns Undefined when the resource is gone. */
  async read(operation: Operation, id: string, state: Properties, inputs: Properties): Promise<MarkedState | undefined> {
    const handler = this.handlerOf(operation.urn);
    let gone = false;
    const found = await this.settle(handler, mark(state, inputs), inputs, async () => {
      const read = await handler.read(await this.context(operation), id, reveal(state), reveal(inputs));
      gone = read === undefined;
      return read ?? { id, outputs: {} };
    });
    return gone ? undefined : found;
  }

  async update(
    operation: Operation,
    id: string,
    oldOutputs: Properties,
    oldInputs: Properties,
    newInputs: Properties,
  ): Promise<MarkedState> {
    const handler = this.handlerOf(operation.urn);
    if (handler.update === undefined)
      throw new Error(`${typeOf(operation.urn)} cannot be changed in place. Replace it (pulumi up --replace).`);
    const update = handler.update.bind(handler);
    return this.settle(handler, newInputs, newInputs, async () =>
      update(await this.context(operation), id, reveal(oldOutputs), reveal(oldInputs), known(newInputs)),
    );
  }

  async delete(operation: Operation, id: string, state: Properties): Promise<void> {
    const handler = this.handlerOf(operation.urn);
    await handler.delete(await this.context(operation), id, reveal(state));
  }

  /** Runs one operation and marks what it answers. */
  private async settle(
    handler: ResourceHandler<Client>,
    likeOutputs: Properties,
    likeInputs: Properties,
    run: () => Promise<ResourceState>,
  ): Promise<MarkedState> {
    const marked = (state: ResourceState) => ({
      id: state.id,
      outputs: mark(state.outputs, likeOutputs, handler.secrets),
      inputs: state.inputs === undefined ? likeInputs : mark(state.inputs, likeInputs, handler.secrets),
    });
    try {
      return marked(await run());
    } catch (error) {
      if (!(error instanceof InitializationError)) throw error;
      return { ...marked(error.state), unready: error.reasons };
    }
  }

  private async context({ urn, timeoutSeconds }: Operation): Promise<HandlerContext<Client>> {
    requireRehearsalStack(urn, this.standIn.package);
    // A failed connection is tried anew by the next operation: the server may have come up in between.
    this.client ??= this.standIn.connect(this.config).catch((error: unknown) => {
      this.client = undefined;
      throw error;
    });
    return {
      client: await this.client,
      signal: this.cancelled.signal,
      log: (line, severity = "info") => this.log.write(urn, line, severity, severity === "info"),
      urn,
      ...(timeoutSeconds > 0 && { timeoutSeconds }),
    };
  }

  private handlerOf(urn: string): ResourceHandler<Client> {
    const handler = this.standIn.resources[typeOf(urn)];
    if (handler === undefined) throw new Error(this.unknownType(typeOf(urn)));
    return handler;
  }

  private get name(): string {
    return `the stand-in for the ${this.standIn.package} plugin`;
  }

  private unknownType(type: string): string {
    const types = Object.keys(this.standIn.resources).sort().join(", ");
    return `${this.name} does not know the resource type ${type} and must not ignore it. It knows: ${types}. ${ADVICE}`;
  }
}

const ADVICE = "Use the official plugin, or teach the stand-in (rehearsal/plugins).";

/** Plain inputs of an operation that is no preview. @throws Error when one is unknown, which the engine never sends. */
function known(inputs: Properties): Properties {
  if (holdsUnknown(inputs)) throw new Error("The engine sent an unknown value outside a preview.");
  return reveal(inputs);
}

function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (value instanceof Secret) return holdsUnknown(value.value);
  if (Array.isArray(value)) return value.some(holdsUnknown);
  return isObject(value) && Object.values(value).some(holdsUnknown);
}

/** Top-level names of entries, each once. */
export function topLevelNames(entries: readonly DiffEntry[]): string[] {
  return [...new Set(entries.map((entry) => topLevelName(entry.path)))];
}
