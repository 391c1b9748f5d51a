/**
 * Runs this program under the real Pulumi engine by the Automation API (design.md, decision 1): the one way in which `npm run preview`, the
 * rehearsal and the engine tests start it. A plain `pulumi preview` or `pulumi up` needs none of this.
 */
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  type EngineEvent,
  LocalWorkspace,
  type OpMap,
  type OutputMap,
  type PulumiFn,
  PulumiCommand,
  type Stack,
} from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { pluginPath, type PluginChoice } from "../toolchain/plugins";
import { configuredBackend, searchPath, withEnvironment } from "../toolchain/environment";
import { provideEngine } from "../toolchain/engine";

/** The repository's root. */
export const REPOSITORY = resolve(__dirname, "..");
/** The project's name, as in Pulumi.yaml. */
export const PROJECT = "maestroverse-ops";

/** What {@link openStack} needs. */
export interface StackOptions {
  /** prod, staging, rehearsal, or the name that an engine test gives. */
  readonly stack: string;
  /** The program. @default index.ts of this repository */
  readonly program?: PulumiFn;
  /** Stack settings file. @default `Pulumi.<stack>.yaml` of this repository */
  readonly settingsFile?: string;
  /**
   * Folder that keeps the state (file backend) from run to run, with `passphrase` to open its secrets.
   * @default none: the backend that PULUMI_BACKEND_URL names, else an empty one that is thrown away
   */
  readonly state?: { readonly directory: string; readonly passphrase: string };
  /** Further environment of the program and the plugins, for example KUBECONFIG and credentials. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Progress of the toolchain, a line at a time. */
  readonly report: (line: string) => void;
  /** Output of the engine, as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Aborted: the operation under way is cancelled. */
  readonly signal?: AbortSignal;
}

/** What an operation did. */
export interface EngineResult {
  /** Number of resources by operation: create, update, replace, delete, same. */
  readonly changes: Readonly<OpMap>;
  readonly events: readonly EngineEvent[];
}

/** A stack opened by the engine. */
export interface EngineStack {
  /** Where the state is: a URL, or "none (thrown away)". */
  readonly backend: string;
  /** Version of the engine. */
  readonly engineVersion: string;
  /** Which plugin serves each package. */
  readonly plugins: readonly PluginChoice[];
  preview(options?: { readonly policyPacks?: readonly string[]; readonly diff?: boolean }): Promise<EngineResult>;
  up(options?: { readonly policyPacks?: readonly string[] }): Promise<EngineResult>;
  refresh(): Promise<EngineResult>;
  destroy(): Promise<EngineResult>;
  /** Outputs of the last update; secrets stay marked. */
  outputs(): Promise<OutputMap>;
  /** A setting of the stack, decrypted. @throws Error when it cannot be */
  setting(key: string): Promise<string>;
  /** Ends a lock that a killed run left behind (file backend). */
  unlock(): Promise<void>;
  /** Removes what was only made for this run. */
  close(): Promise<void>;
}

/** index.ts, loaded anew: its module-level code is the program. */
const program: PulumiFn = async () => {
  const entry = require.resolve("../index");

  delete require.cache[entry];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would keep the first run's module
  return Promise.resolve(require(entry) as Record<string, unknown>);
};

/**
 * Opens a stack: gets the engine and the plugins, prepares a private working folder with a copy of the stack's settings (nothing is written
 * into the repository) and selects or creates the stack.
 *
 * @throws Error when the engine cannot be had or the settings file does not exist
 */
export async function openStack(options: StackOptions): Promise<EngineStack> {
  const settingsFile = options.settingsFile ?? join(REPOSITORY, `Pulumi.${options.stack}.yaml`);
  const settings = await readFile(settingsFile, "utf8").catch(() => {
    throw new Error(
      `there is no stack ${options.stack}: ${settingsFile} does not exist. Name one of the stacks whose Pulumi.<stack>.yaml does.`,
    );
  });
  const engine = await provideEngine(options.report);
  const plugins = await pluginPath(options.report);

  const work = await mkdtemp(join(tmpdir(), "maestroverse-ops-"));
  const removeWork = () => rm(work, { recursive: true, force: true });
  try {
    const { url, passphrase, label } = await selectBackend(options, work);
    await copyFile(settingsFile, join(work, `Pulumi.${options.stack}.yaml`));
    const project = parse(await readFile(join(REPOSITORY, "Pulumi.yaml"), "utf8")) as Record<string, unknown>;
    delete project["main"];
    await writeFile(join(work, "Pulumi.yaml"), stringify({ ...project, ...(url === undefined ? {} : { backend: { url } }) }));

    const environment: Record<string, string> = {
      ...options.environment,
      PATH: searchPath(plugins.dir),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      ...(passphrase === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE: passphrase }),
    };
    const pulumiCommand = await PulumiCommand.get({ root: engine.root, skipVersionCheck: true });
    const stack = await withEnvironment(environment, () =>
      LocalWorkspace.createOrSelectStack(
        { stackName: options.stack, projectName: PROJECT, program: options.program ?? program },
        { workDir: work, pulumiCommand, envVars: environment },
      ),
    );
    // createOrSelectStack writes the encryption salt beside the settings: the copy's, and for a kept state it must stay the same.
    return engineStack(options, stack, environment, {
      backend: label,
      engineVersion: engine.version,
      plugins: plugins.table,
      close: removeWork,
    });
  } catch (error) {
    await removeWork();
    throw settingsHint(error, settings);
  }
}

/** The state's place: the caller's folder, else the configured backend, else one that is thrown away. */
async function selectBackend(options: StackOptions, work: string) {
  if (options.state !== undefined) {
    await mkdir(options.state.directory, { recursive: true, mode: 0o700 });
    const url = `file://${options.state.directory}`;
    return { url, passphrase: options.state.passphrase, label: url };
  }
  const configured = configuredBackend();
  if (configured !== undefined) return { url: undefined, passphrase: undefined, label: configured };
  const directory = join(work, "state");
  await mkdir(directory);
  return { url: `file://${directory}`, passphrase: randomBytes(16).toString("hex"), label: "none (thrown away)" };
}

function engineStack(
  options: StackOptions,
  stack: Stack,
  environment: Readonly<Record<string, string>>,
  fixed: Pick<EngineStack, "backend" | "engineVersion" | "plugins" | "close">,
): EngineStack {
  const operate = async (operation: (common: OperationOptions) => Promise<unknown>): Promise<EngineResult> => {
    const events: EngineEvent[] = [];
    await withEnvironment(environment, () =>
      operation({
        onOutput: (text) => options.onOutput?.(text),
        onError: () => undefined,
        onEvent: (event) => events.push(event),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }),
    ).catch((error: unknown) => {
      throw new EngineError(options.stack, error, events);
    });
    return { changes: changesOf(events), events };
  };
  return {
    ...fixed,
    preview: ({ policyPacks = [], diff = false } = {}) =>
      operate((common) => stack.preview({ ...common, policyPacks: [...policyPacks], diff })),
    up: ({ policyPacks = [] } = {}) => operate((common) => stack.up({ ...common, policyPacks: [...policyPacks] })),
    refresh: () => operate((common) => stack.refresh(common)),
    destroy: () => operate((common) => stack.destroy(common)),
    outputs: () => stack.outputs(),
    setting: async (key) => (await stack.getConfig(`${PROJECT}:${key}`)).value,
    unlock: () => stack.cancel(),
  };
}

interface OperationOptions {
  onOutput: (text: string) => void;
  onError: (text: string) => void;
  onEvent: (event: EngineEvent) => void;
  signal?: AbortSignal;
}

function changesOf(events: readonly EngineEvent[]): OpMap {
  return events.findLast((event) => event.summaryEvent !== undefined)?.summaryEvent?.resourceChanges ?? {};
}

/** An operation of the engine failed. `message` holds its error diagnostics, without stack traces. */
export class EngineError extends Error {
  constructor(
    readonly stack_: string,
    cause: unknown,
    readonly events: readonly EngineEvent[],
  ) {
    super(describeFailure(stack_, cause, events), { cause });
    this.name = "EngineError";
  }
}

function describeFailure(stack: string, cause: unknown, events: readonly EngineEvent[]): string {
  const diagnostics = events
    .flatMap((event) => (event.diagnosticEvent?.severity === "error" ? [event.diagnosticEvent.message] : []))
    .map((message) => message.replace(/<\{%[^%]*%\}>/g, "").trim());
  if (diagnostics.length > 0) return [...new Set(diagnostics)].join("\n");
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/stack is currently locked/.test(text))
    return `stack ${stack} is locked: another operation runs, or one was killed. Wait for it; if none runs: pulumi cancel --stack ${stack}`;
  return text;
}

function settingsHint(error: unknown, settings: string): unknown {
  if (error instanceof Error && settings.trim() === "")
    return new Error(`the stack's settings file is empty: ${error.message}`, { cause: error });
  return error;
}
