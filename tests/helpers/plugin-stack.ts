/** A stack under the real engine with stand-in plugins: file backend, state and plugins in a temporary folder. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import * as automation from "@pulumi/pulumi/automation";

import { provideEngine } from "../../toolchain/engine";
import { standInExecutables } from "../../toolchain/plugins";
import type { PluginPackage } from "../../toolchain/versions";

/** The project of every such stack. */
const PROJECT = "plugins";
/** Key that marks a secret in a state file. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** What a stack needs. */
export interface PluginStackOptions {
  /** Packages whose stand-ins the stack uses, for example `["random"]`. */
  readonly packages: readonly PluginPackage[];
  /** Name of the stack. @default "test-plugins" */
  readonly stackName?: string;
  /** Environment for the engine and its plugins, for example `{ KUBECONFIG }`. */
  readonly env?: Record<string, string>;
  /** Names that the stand-ins may deploy. @default the stack's name */
  readonly allowedStacks?: string;
}

/** A program to run under the engine. */
export type Program = automation.PulumiFn;

/** A program that another process can find: a function, exported by a file, that makes the program from settings. */
export interface ProgramReference {
  /** Path of the file. */
  readonly file: string;
  /** Name of the export. */
  readonly name: string;
  /** What it is called with; must survive JSON. */
  readonly settings?: unknown;
}

/** What the process that {@link PluginStack.failure} starts is told. */
export interface FailureRequest extends ProgramReference {
  readonly folder: string;
  readonly options: PluginStackOptions;
  readonly operation: "preview" | "up" | "refresh" | "destroy";
}

/** The process of {@link PluginStack.failure}. */
let failing: ChildProcess | undefined;

/** A stack and its folder. */
export class PluginStack {
  private selected: Promise<automation.Stack> | undefined;

  private constructor(
    private readonly folder: string,
    private readonly options: PluginStackOptions,
  ) {}

  /** Prepares the folder; contacts nothing. */
  static create(options: PluginStackOptions): PluginStack {
    const folder = mkdtempSync(join(tmpdir(), "plugin-stack-"));
    mkdirSync(join(folder, "bin"));
    mkdirSync(join(folder, "state"));
    mkdirSync(join(folder, "work"));
    return new PluginStack(folder, options);
  }

  /** A stack whose folder another process made. */
  static open(folder: string, options: PluginStackOptions): PluginStack {
    return new PluginStack(folder, options);
  }

  /**
   * What an operation says that fails; "it succeeded" when it does not. It runs in another process, which serves one test file: a program
   * that fails leaves unhandled rejections behind, which jest would count as failures. One operation at a time.
   */
  async failure(operation: FailureRequest["operation"], program: ProgramReference): Promise<string> {
    if (failing === undefined || !failing.connected) {
      failing = fork(join(__dirname, "plugin-stack-child.ts"), { execArgv: ["--import", require.resolve("tsx")], stdio: "ignore" });
      // It ends with this process, or by itself.
      failing.unref();
      failing.channel?.unref();
    }
    const child = failing;
    const request: FailureRequest = { ...program, folder: this.folder, options: this.options, operation };
    return new Promise((resolveSaid, reject) => {
      const ended = () => reject(new Error("the process of failing programs ended"));
      child.channel?.ref();
      child.once("exit", ended);
      child.once("message", (said: string) => {
        child.channel?.unref();
        child.off("exit", ended);
        resolveSaid(said);
      });
      child.send(request);
    });
  }

  /**
   * The stack, bound to a program. What an operation came to is read from the state on the disk: the CLI would be started three times more for it.
   */
  async bind(program: Program): Promise<automation.Stack> {
    this.selected ??= this.select();
    const stack = await this.selected;
    const workspace = Object.create(stack.workspace, { program: { value: program } }) as automation.Workspace;
    return Object.create(stack, {
      workspace: { value: workspace },
      outputs: { value: async () => this.outputsOnDisk() ?? (await workspace.stackOutputs(this.stackName)) },
      info: { value: () => Promise.resolve(this.lastOperation()) },
    }) as automation.Stack;
  }

  private get stackName(): string {
    return this.options.stackName ?? "test-plugins";
  }

  private async select(): Promise<automation.Stack> {
    const { packages, env = {}, allowedStacks = this.stackName } = this.options;
    for (const { name, text } of await standInExecutables(packages)) {
      writeFileSync(join(this.folder, "bin", name), text, { mode: 0o755 });
    }
    const { root } = await provideEngine(() => undefined);
    return automation.LocalWorkspace.createOrSelectStack(
      { stackName: this.stackName, projectName: PROJECT, program: () => Promise.resolve() },
      {
        workDir: join(this.folder, "work"),
        pulumiCommand: await automation.PulumiCommand.get({ root, skipVersionCheck: true }),
        projectSettings: { name: PROJECT, runtime: "nodejs", backend: { url: `file://${join(this.folder, "state")}` } },
        envVars: {
          PATH: [join(this.folder, "bin"), process.env["PATH"] ?? ""].join(delimiter),
          PULUMI_CONFIG_PASSPHRASE: "only for a test",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          // State is written once, at the end, and not at every resource: half of the CPU time of an operation that creates.
          PULUMI_EXPERIMENTAL: "true",
          PULUMI_SKIP_CHECKPOINTS: "true",
          PULUMI_HOME: join(this.folder, "home"),
          MAESTROVERSE_STANDIN_STACKS: allowedStacks,
          ...env,
        },
      },
    );
  }

  /** The stack's outputs; undefined when one is secret: only the CLI reads those. */
  private outputsOnDisk(): automation.OutputMap | undefined {
    const { checkpoint } = JSON.parse(readFileSync(this.stateFile(`${this.stackName}.json`), "utf8")) as {
      checkpoint: { latest?: { resources?: { type: string; outputs?: Record<string, unknown> }[] } };
    };
    const outputs = checkpoint.latest?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    if (JSON.stringify(outputs).includes(`"${SECRET}"`)) return undefined;
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value, secret: false }]));
  }

  /** What the last operation came to, as the engine wrote it to its history. */
  private lastOperation(): automation.UpdateSummary {
    const folder = join(this.folder, "state", ".pulumi", "history", PROJECT, this.stackName);
    const files = readdirSync(folder).filter((name) => name.endsWith(".history.json"));
    const last = files.sort().at(-1);
    if (last === undefined) throw new Error(`${folder} has no history`);
    return JSON.parse(readFileSync(join(folder, last), "utf8")) as automation.UpdateSummary;
  }

  private stateFile(...name: readonly string[]): string {
    return join(this.folder, "state", ".pulumi", "stacks", PROJECT, ...name);
  }

  /** The state file's text, as it is on the disk. */
  stateText(): string {
    const folder = this.stateFile();
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
  }

  /** Removes the folder. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
