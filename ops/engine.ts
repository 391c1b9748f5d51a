/**
 * Runs this program under the real Pulumi engine by the Automation API (design.md, decision 1): the one way in which `npm run preview`, the
 * rehearsal and the engine tests start it. A plain `pulumi preview` or `pulumi up` needs none of this.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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
  StackNotFoundError,
} from "@pulumi/pulumi/automation";
import { parse, parseDocument, stringify } from "yaml";
import { pluginPath, type PluginChoice } from "../toolchain/plugins";
import { configuredBackend, operatorsPassphrase, searchPath, withEnvironment } from "../toolchain/environment";
import { provideEngine } from "../toolchain/engine";
import { EngineError } from "./engine-error";
import { type LockHolder, readLock } from "./engine-lock";
import { compiledPacks } from "./policy-packs";

/** The repository's root. */
export const REPOSITORY = resolve(__dirname, "..");

/** Path of a stack's settings file. @param given the operator's own, from where the command runs @default `Pulumi.<stack>.yaml` of this repository */
export function settingsFileOf(stack: string, given?: string): string {
  return given === undefined ? join(REPOSITORY, `Pulumi.${stack}.yaml`) : resolve(given);
}
/** The project's name, as in Pulumi.yaml. */
export const PROJECT = "maestroverse-ops";

/** What {@link openStack} needs. */
export interface StackOptions {
  /** prod, staging, rehearsal, or the name that an engine test gives. */
  readonly stack: string;
  /** The program. @default program.ts of this repository */
  readonly program?: PulumiFn;
  /** Stack settings file. @default `Pulumi.<stack>.yaml` of this repository */
  readonly settingsFile?: string;
  /**
   * Folder that keeps the state (file backend) from run to run, with `passphrase` to open its secrets.
   * @default none: the stack as the configured backend has it, which is never changed by opening it; where there is none, an empty state that
   * is thrown away
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
  /** Where the state is: a URL, or "none (thrown away)" and why. */
  readonly backend: string;
  /** Whether the state is there after the run: only previews do without. */
  readonly keepsState: boolean;
  /** Version of the engine. */
  readonly engineVersion: string;
  /** Which plugin serves each package. */
  readonly plugins: readonly PluginChoice[];
  /** @param options.meanwhile called when the engine starts the packs: this process has time then, for what is needed later */
  preview(options?: {
    readonly policyPacks?: readonly string[];
    readonly diff?: boolean;
    readonly meanwhile?: () => void;
  }): Promise<EngineResult>;
  up(options?: { readonly policyPacks?: readonly string[] }): Promise<EngineResult>;
  refresh(): Promise<EngineResult>;
  destroy(): Promise<EngineResult>;
  /** Outputs of the last update; secrets stay marked. */
  outputs(): Promise<OutputMap>;
  /** A setting of the stack, decrypted. @throws Error when it cannot be */
  setting(key: string): Promise<string>;
  /** Ends a lock that a killed run left behind (file backend). */
  unlock(): Promise<void>;
  /** Whose operation has the stack, where this machine can tell (a state in a folder of its own): a process that runs, or one that has ended. */
  lockHolder(): Promise<LockHolder | undefined>;
  /** Removes what was only made for this run. */
  close(): Promise<void>;
}

/** This repository's program. Loaded apart: most that opens a stack runs another, or none. */
const loadProgram = () => import("../program.js");

/**
 * Opens a stack: gets the engine and the plugins, prepares a private working folder with a copy of the stack's settings (nothing is written
 * into the repository) and selects the stack. It is created only in the folder that the caller gives, or in a state that is thrown away.
 *
 * @throws Error when the engine cannot be had or the settings file does not exist
 */
export async function openStack(options: StackOptions): Promise<EngineStack> {
  const settingsFile = options.settingsFile ?? settingsFileOf(options.stack);
  const settings = await readFile(settingsFile, "utf8").catch(() => {
    throw new Error(
      `there is no stack ${options.stack}: ${settingsFile} does not exist. Name one of the stacks whose Pulumi.<stack>.yaml does.`,
    );
  });
  const engine = await provideEngine(options.report);
  const [pulumiCommand, plugins, packs] = await Promise.all([
    PulumiCommand.get({ root: engine.root, skipVersionCheck: true }),
    pluginPath(options.report),
    compiledPacks(),
  ]);

  const work = await mkdtemp(join(tmpdir(), "maestroverse-ops-"));
  const removeWork = () => rm(work, { recursive: true, force: true });
  try {
    const project = parse(await readFile(join(REPOSITORY, "Pulumi.yaml"), "utf8")) as { main?: string; backend?: { url?: string } };
    delete project.main;
    await writeFile(join(work, "Pulumi.yaml"), stringify(project));
    const open = async (place: Place) => {
      await writeFile(join(work, `Pulumi.${options.stack}.yaml`), place.isReadable ? settings : withoutSecrets(settings));
      const environment: Record<string, string> = {
        ...options.environment,
        ...packs,
        PATH: searchPath(plugins.dir),
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        // Before the operator's own backend, which comes before the project's.
        ...(place.url === undefined ? {} : { PULUMI_BACKEND_URL: place.url }),
        ...(place.passphrase === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE: place.passphrase }),
      };
      const inline = {
        stackName: options.stack,
        projectName: PROJECT,
        program: options.program ?? (async () => (await loadProgram()).program()),
      };
      const workspace = { workDir: work, pulumiCommand, envVars: environment };
      const stack = await withEnvironment(environment, () => {
        if (place.url === undefined) return LocalWorkspace.selectStack(inline, workspace);
        return place.isKept ? LocalWorkspace.createOrSelectStack(inline, workspace) : LocalWorkspace.createStack(inline, workspace);
      });
      const fixed = { backend: place.label, keepsState: place.isKept, engineVersion: engine.version, plugins: plugins.table };
      return engineStack(options, stack, environment, { ...fixed, close: removeWork });
    };
    const backend = await configuredBackend(project.backend?.url);
    return await open(await placeOf(options, settings, work, backend)).catch(async (error: unknown) => {
      if (!(error instanceof StackNotFoundError)) throw error;
      return open(await thrownAway(settings, work, noStack(backend, options.stack)));
    });
  } catch (error) {
    await removeWork();
    throw settingsHint(error, settings);
  }
}

/** Where a state is. */
interface Place {
  /** Its backend, in which the stack is created; undefined: the configured one, in which nothing ever is. */
  readonly url?: string;
  readonly passphrase?: string;
  readonly label: string;
  /** Whether the encrypted values of the settings file can be read with it. */
  readonly isReadable: boolean;
  /** Whether it is there after the run. */
  readonly isKept: boolean;
}

/** The caller's folder, else the configured backend, else one that is thrown away. */
async function placeOf(options: StackOptions, settings: string, work: string, backend: string | undefined): Promise<Place> {
  if (options.state !== undefined) {
    await mkdir(options.state.directory, { recursive: true, mode: 0o700 });
    const url = `file://${options.state.directory}`;
    return { url, passphrase: options.state.passphrase, label: url, isReadable: true, isKept: true };
  }
  if (backend === undefined) return thrownAway(settings, work, "");
  // To look for a stack in a folder without any, the CLI would make it a backend.
  const folder = /^file:\/\/(\/.*)$/.exec(backend)?.[1];
  if (folder !== undefined && !existsSync(join(folder, ".pulumi"))) return thrownAway(settings, work, noStack(backend, options.stack));
  return { label: backend, isReadable: true, isKept: true };
}

const noStack = (backend: string | undefined, stack: string) => `: ${backend} has no stack ${stack}`;

/** An empty state for this run. Settings that a passphrase encrypted are read where the operator gives it. */
async function thrownAway(settings: string, work: string, reason: string): Promise<Place> {
  const directory = join(work, "state");
  await mkdir(directory, { recursive: true });
  const own = await operatorsPassphrase();
  const { encryptionsalt, secretsprovider, encryptedkey } = (parse(settings) ?? {}) as Readonly<Record<string, string | undefined>>;
  const isReadable = secretsprovider === undefined && encryptedkey === undefined && (encryptionsalt === undefined || own !== undefined);
  const passphrase = own ?? randomBytes(16).toString("hex");
  return { url: `file://${directory}`, passphrase, label: `none (thrown away)${reason}`, isReadable, isKept: false };
}

/** A settings file without what only its own key reads. Those are credentials, which a preview does without. */
function withoutSecrets(settings: string): string {
  const document = parseDocument(settings);
  for (const key of ["encryptionsalt", "secretsprovider", "encryptedkey"]) document.delete(key);
  for (const key of Object.keys((document.toJS() as { config?: object }).config ?? {}))
    if (document.hasIn(["config", key, "secure"])) document.deleteIn(["config", key]);
  return document.toString();
}

function engineStack(
  options: StackOptions,
  stack: Stack,
  environment: Readonly<Record<string, string>>,
  fixed: Pick<EngineStack, "backend" | "keepsState" | "engineVersion" | "plugins" | "close">,
): EngineStack {
  /** Runs what changes things: never with a state that nobody would find again. */
  const change = (operation: (common: OperationOptions) => Promise<unknown>): Promise<EngineResult> => {
    if (fixed.keepsState) return operate(operation);
    return Promise.reject(new Error(`stack ${options.stack} has no state that is kept (${fixed.backend}): only previews do without one`));
  };
  const operate = async (operation: (common: OperationOptions) => Promise<unknown>, meanwhile?: () => void): Promise<EngineResult> => {
    const events: EngineEvent[] = [];
    const started = () => {
      if (options.program === undefined) loadProgram().catch(() => undefined);
      meanwhile?.();
    };
    await withEnvironment(environment, () =>
      withoutStackTraces(() =>
        operation({
          onOutput: (text) => {
            // Where another engine says it otherwise, it is waited for.
            if (text.includes("Loading policy packs")) started();
            options.onOutput?.(text);
          },
          onError: () => undefined,
          onEvent: (event) => events.push(event),
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        }),
      ),
    ).catch((error: unknown) => {
      throw new EngineError(options.stack, error, events);
    });
    return { changes: changesOf(events), events };
  };
  // After an operation the SDK starts the CLI three times more, for outputs and history that nobody here reads.
  const operations = Object.create(stack, {
    outputs: { value: () => Promise.resolve({}) },
    info: { value: () => Promise.resolve(undefined) },
  }) as Stack;
  return {
    ...fixed,
    preview: ({ policyPacks = [], diff = false, meanwhile } = {}) =>
      operate((common) => stack.preview({ ...common, policyPacks: [...policyPacks], diff }), meanwhile),
    up: ({ policyPacks = [] } = {}) => change((common) => operations.up({ ...common, policyPacks: [...policyPacks] })),
    refresh: () => change((common) => operations.refresh(common)),
    destroy: () => change((common) => operations.destroy(common)),
    outputs: () => stack.outputs(),
    setting: async (key) => (await stack.getConfig(`${PROJECT}:${key}`)).value,
    unlock: () => stack.cancel(),
    lockHolder: () =>
      options.state === undefined ? Promise.resolve(undefined) : readLock(options.state.directory, PROJECT, options.stack),
  };
}

const USUAL_STACK_TRACE = Error.stackTraceLimit;
let operationsUnderWay = 0;

/** The SDK takes a stack trace for each promise that it makes: half of the program's time. What an operation fails with is told without one. */
async function withoutStackTraces<T>(operation: () => Promise<T>): Promise<T> {
  operationsUnderWay++;
  Error.stackTraceLimit = 0;
  try {
    return await operation();
  } finally {
    if (--operationsUnderWay === 0) Error.stackTraceLimit = USUAL_STACK_TRACE;
  }
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

function settingsHint(error: unknown, settings: string): unknown {
  if (error instanceof Error && settings.trim() === "")
    return new Error(`the stack's settings file is empty: ${error.message}`, { cause: error });
  return error;
}
