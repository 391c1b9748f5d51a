/**
 * What a stand-in provider plugin is made of.
 *
 * A stand-in takes the place of an official provider plugin on a machine that cannot get it (design.md, decision 2). `server.ts` serves a
 * {@link StandIn} over the Pulumi provider protocol; each resource type is a {@link ResourceHandler} that talks to the real system by that
 * system's own client. Handlers never see secrets' wrappers nor unknown values: the server unwraps the first and calls no handler that
 * would contact anything at preview.
 */

/** Plain values of a resource: what the program declared (inputs) or what the system answered (outputs). */
export type Properties = Record<string, unknown>;

/** One input that {@link ResourceHandler.check} refuses. */
export interface CheckFailure {
  /** Name of the top-level input. */
  readonly property: string;
  /** The rule, the value got (unless secret) and what to do. */
  readonly reason: string;
}

/** What exists after a create, an update or a read. */
export interface ResourceState {
  /** The provider's id of the resource; the one that the official plugin would use. */
  readonly id: string;
  /** Outputs, with the names that the package's SDK expects. */
  readonly outputs: Properties;
  /** On read: the inputs as the system has them now, so that a refresh shows drift. Absent: the inputs in the state are kept. */
  readonly inputs?: Properties;
}

/** What a handler may need besides the properties. */
export interface HandlerContext<Client> {
  /** The real client of the system, made by {@link StandIn.configure}. */
  readonly client: Client;
  /** Aborted when the engine cancels (Ctrl-C). Awaits must end then. */
  readonly signal: AbortSignal;
  /**
   * Logs a line on the resource's row in the engine's display. `info` is progress: shown while the operation runs, then gone. `warning` and
   * `error` stay. Never a secret: the server blots out the secret inputs that it knows, which is no excuse to write them.
   */
  readonly log: (line: string, severity?: "debug" | "info" | "warning" | "error") => void;
  /** The resource's URN. */
  readonly urn: string;
  /** Seconds that the engine allows for this operation; undefined when the program set none. */
  readonly timeoutSeconds?: number;
}

/** One resource type. */
export interface ResourceHandler<Client> {
  /** Every input that the stand-in honours. Any other one is refused by `check`: ignoring it would be laxer than the official plugin. */
  readonly inputs: readonly string[];
  /** Inputs that must be present. */
  readonly required?: readonly string[];
  /** Top-level inputs and outputs that are secret in the state file even when the program gave them in plain text or not at all. */
  readonly secrets?: readonly string[];
  /** Inputs whose change replaces the resource. */
  readonly replaceOnChanges?: readonly string[];
  /** Whether a replacement deletes the old one first (as a resource with a fixed physical name must). @default false */
  readonly deleteBeforeReplace?: boolean | ((olds: Properties, news: Properties) => boolean);
  /**
   * Further validation and defaults, at preview too. `news` may hold {@link UNKNOWN} anywhere. `randomSeed` is stable for one creation:
   * use it for auto-naming. `settings` are the provider's, of which some (AWS's default tags) end up in the inputs.
   */
  check?(olds: Properties | undefined, news: Properties, urn: string, randomSeed: Uint8Array, settings: Properties): CheckOutcome;
  /** Top-level inputs that differ, when plain deep equality is not the right test. */
  diff?(oldInputs: Properties, oldOutputs: Properties, newInputs: Properties): readonly DiffEntry[];
  /** Outputs to show at preview for a resource that does not exist yet; what is not named is unknown. @default the inputs */
  preview?(inputs: Properties): Properties;
  /**
   * Makes the resource.
   *
   * @throws {InitializationError} when it exists but did not become ready: the engine records it, and the next `up` calls `update`.
   */
  create(context: HandlerContext<Client>, inputs: Properties): Promise<ResourceState>;
  /** Undefined when the resource is gone. `state` is the last known outputs, `inputs` the last known inputs. */
  read(context: HandlerContext<Client>, id: string, state: Properties, inputs: Properties): Promise<ResourceState | undefined>;
  /** Changes it in place. Absent: every change replaces. Throws like `create`. */
  update?(
    context: HandlerContext<Client>,
    id: string,
    oldOutputs: Properties,
    oldInputs: Properties,
    newInputs: Properties,
  ): Promise<ResourceState>;
  /** Succeeds when the resource is already gone. */
  delete(context: HandlerContext<Client>, id: string, state: Properties): Promise<void>;
}

/** What `check` decides. */
export interface CheckOutcome {
  /** The inputs with defaults applied. */
  readonly inputs: Properties;
  readonly failures: readonly CheckFailure[];
}

/** One difference. */
export interface DiffEntry {
  /** Property path, for example `spec.replicas` or `tags["env"]`. */
  readonly path: string;
  readonly kind: "add" | "update" | "delete";
  /** Whether this difference forces a replacement. */
  readonly replace: boolean;
}

/** A whole provider package. */
export interface StandIn<Client> {
  /** The package, for example `kubernetes`. */
  readonly package: string;
  /** Provider settings that the stand-in honours; any other one is refused. */
  readonly config: readonly string[];
  /** Provider settings whose change replaces the provider and with it every resource. @default none */
  readonly replaceOnConfigChanges?: readonly string[];
  /** Checks the settings without contacting anything. */
  checkConfig?(config: Properties): readonly CheckFailure[];
  /**
   * Makes the client. Called once, lazily, before the first operation that needs it: never at preview. `config` holds strings, as the SDK
   * sends them: decode with `settings.ts`.
   */
  connect(config: Properties): Promise<Client>;
  /** Ends connections. */
  disconnect?(client: Client): Promise<void>;
  /** Resource types by token, for example `kubernetes:core/v1:Secret`. A type that is not here is refused at preview already. */
  readonly resources: Readonly<Record<string, ResourceHandler<Client>>>;
}

/** The value that stands for "not known before it is created" in inputs at preview. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** Thrown by `create`, `update` or `read` for a resource that exists but is not ready; the engine then records it as such. */
export class InitializationError extends Error {
  /**
   * @param state What exists; recorded in the stack's state.
   * @param reasons One line for each thing that is wrong, with what to do.
   */
  constructor(
    readonly state: ResourceState,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join("; "));
    this.name = "InitializationError";
  }
}
