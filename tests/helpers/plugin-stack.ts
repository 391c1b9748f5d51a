/** A stack under the real engine with stand-in plugins: file backend, state and plugins in a temporary folder. */
import { type ChildProcess, fork } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

import * as automation from "@pulumi/pulumi/automation";

import { provideEngine } from "../../toolchain/engine";

/** The repository's root. */
const ROOT = resolve(__dirname, "..", "..");

/** What a stack needs. */
export interface PluginStackOptions {
  /** Packages whose stand-ins the stack uses, for example `["random"]`. */
  readonly packages: readonly string[];
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
  private constructor(
    private readonly folder: string,
    private readonly options: PluginStackOptions,
  ) {}

  /** Prepares the folder; contacts nothing. */
  static create(options: PluginStackOptions): PluginStack {
    const folder = mkdtempSync(join(tmpdir(), "plugin-stack-"));
    mkdirSync(join(folder, "bin"));
    mkdirSync(join(folder, "state"));
    for (const name of options.packages) {
      const file = join(folder, "bin", `pulumi-resource-${name}`);
      const loader = require.resolve("tsx");
      writeFileSync(
        file,
        `#!/bin/sh\nexec '${process.execPath}' --import '${loader}' '${join(ROOT, "rehearsal/plugins", `${name}.ts`)}' "$@"\n`,
      );
      chmodSync(file, 0o755);
    }
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

  /** The stack, bound to a program. */
  async bind(program: Program): Promise<automation.Stack> {
    const { stackName = "test-plugins", env = {}, allowedStacks = stackName } = this.options;
    const { root } = await provideEngine(() => undefined);
    return automation.LocalWorkspace.createOrSelectStack(
      { stackName, projectName: "plugins", program },
      {
        pulumiCommand: await automation.PulumiCommand.get({ root, skipVersionCheck: true }),
        projectSettings: { name: "plugins", runtime: "nodejs", backend: { url: `file://${join(this.folder, "state")}` } },
        envVars: {
          PATH: [join(this.folder, "bin"), process.env["PATH"] ?? ""].join(delimiter),
          PULUMI_CONFIG_PASSPHRASE: "only for a test",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_HOME: join(this.folder, "home"),
          MAESTROVERSE_STANDIN_STACKS: allowedStacks,
          ...env,
        },
      },
    );
  }

  /** The state file's text, as it is on the disk. */
  stateText(): string {
    const folder = join(this.folder, "state", ".pulumi", "stacks", "plugins");
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
