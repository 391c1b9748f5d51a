/** A container as a local process under bubblewrap: what it sees, who it is, how it is signalled, and how another program joins it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, lstatSync, openSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { processStart } from "../../toolchain/processes";
import { IS_ROOT } from "./owner";

/** Something of this machine that a container sees. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Who a container's programs are. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** What to run. */
export interface SandboxOptions {
  readonly hostname: string;
  readonly command: readonly string[];
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly mounts: readonly Mount[];
  /** Whether nothing can be written but mounted volumes; otherwise /tmp and the root can, until the container ends. */
  readonly readOnlyRoot: boolean;
  readonly user: User;
  /** File that stdout and stderr are appended to. */
  readonly logFile: string;
  /** File that notes the process while it runs, for an agent that comes after this one. */
  readonly recordFile: string;
}

/** How a container ended. */
export interface Exit {
  /** As a shell counts: 128 + the signal's number for a signal. */
  readonly exitCode: number;
  /** Why it could not be started at all. */
  readonly startError?: string;
}

/** Folders of the system, each as the machine has it: a folder, or a link into /usr. */
const SYSTEM_FOLDERS = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc"];
const SETPRIV = "/usr/bin/setpriv";
/** What setpriv or bwrap says when the command cannot be run; an image's program would have to say the very same. */
const START_FAILURE = /^(?:setpriv: failed to execute .*|bwrap: .*)$/;
/** Milliseconds within which a program that bwrap has let go appears. */
const APPEAR_MILLISECONDS = 2_000;

/** A container that runs. */
export class Sandbox {
  /** How it ended. */
  readonly exited: Promise<Exit>;
  private main: number | undefined;

  private constructor(
    private readonly options: SandboxOptions,
    child: ChildProcess,
    /** bwrap's own process in the container, number 1 there: when it ends, everything in it does. */
    private readonly init: number,
  ) {
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        rmSync(options.recordFile, { force: true });
        const exitCode = code ?? (signal === "SIGKILL" ? 137 : 143);
        const startError = exitCode === 0 ? undefined : startFailure(options.logFile);
        resolve(startError === undefined ? { exitCode } : { exitCode: 128, startError });
      });
    });
  }

  /**
   * Starts a container.
   *
   * @param bwrap path of bubblewrap
   * @throws Error when not even bubblewrap could be started
   */
  static async start(bwrap: string, options: SandboxOptions): Promise<Sandbox> {
    const log = openSync(options.logFile, "a", 0o600);
    const [command = "", ...args] = [...userCommand(options.user), ...options.command];
    const child = spawn(bwrap, [...sandboxArguments(options), "--", command, ...args], {
      // Not among the arguments, which everybody can read.
      env: { ...options.environment },
      stdio: ["ignore", log, log, "pipe", "pipe"],
    });
    closeSync(log);
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    const [information, release] = [child.stdio[3] as Readable, child.stdio[4] as Writable];
    release.on("error", () => undefined);
    const init = await Promise.race([failed, readInit(information)]);
    const sandbox = new Sandbox(options, child, init);
    // bwrap waits for a byte before it runs the command: there is no container that is not on record.
    writeFileSync(options.recordFile, `${init} ${processStart(init) ?? ""}\n`);
    release.end("\n");
    return sandbox;
  }

  /** Sends a signal to the command, not to what it started. */
  async signal(name: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (name === "SIGKILL") return kill(this.init, name);
    const main = await this.mainProcess();
    if (main !== undefined) kill(main, name);
  }

  /**
   * Runs another program in the container, with its environment and user.
   *
   * @returns its exit code and the start of what it printed; 124 when it was ended after the timeout
   */
  async execute(command: readonly string[], timeoutMilliseconds: number): Promise<{ exitCode: number; output: string }> {
    if (!IS_ROOT) throw new Error("a program can join a container only when the node agent runs as root");
    const join = ["nsenter", `--target=${this.init}`, "--mount", "--uts", "--ipc", "--pid", "--root", "--wd"];
    const [file = "", ...args] = [...join, "--", ...userCommand(this.options.user), ...command];
    const child = spawn(file, args, { env: { ...this.options.environment }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        if (output.length < 1024) output += chunk.toString();
      });
    const timeout = setTimeout(() => child.kill("SIGKILL"), timeoutMilliseconds);
    const exitCode = await new Promise<number>((resolve) => {
      child.once("error", () => resolve(126));
      child.once("close", (code) => resolve(code ?? 124));
    });
    clearTimeout(timeout);
    return { exitCode, output: output.trim() };
  }

  private async mainProcess(): Promise<number | undefined> {
    for (let waited = 0; this.main === undefined && waited < APPEAR_MILLISECONDS && processStart(this.init) !== undefined; waited += 20) {
      this.main = childOf(this.init);
      if (this.main === undefined) await sleep(20);
    }
    return this.main;
  }
}

/** Ends the container of an agent that was killed, if it outlived it. */
export function endRecorded(recordFile: string): void {
  const [pid = "", started = ""] = readFileSync(recordFile, "utf8").trim().split(" ");
  if (started !== "" && processStart(Number(pid)) === started) kill(Number(pid), "SIGKILL");
  rmSync(recordFile, { force: true });
}

function sandboxArguments({ hostname: name, mounts, readOnlyRoot, user, workingDirectory }: SandboxOptions): string[] {
  return [
    "--die-with-parent",
    "--new-session",
    "--unshare-pid",
    "--unshare-ipc",
    ...["--unshare-uts", "--hostname", name === "" ? hostname() : name],
    ...(IS_ROOT
      ? // Only what setpriv needs to become the user.
        ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"].flatMap((capability) => ["--cap-add", capability])
      : ["--unshare-user", "--uid", String(user.uid), "--gid", String(user.gid)]),
    ...["--info-fd", "3", "--block-fd", "4"],
    ...SYSTEM_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
      lstatSync(folder).isSymbolicLink() ? ["--symlink", readlinkSync(folder), folder] : ["--ro-bind", folder, folder],
    ),
    ...["--proc", "/proc", "--dev", "/dev"],
    ...["--perms", "1777", readOnlyRoot ? "--dir" : "--tmpfs", "/tmp"],
    ...mountArguments(mounts),
    ...(readOnlyRoot ? ["--remount-ro", "/"] : []),
    ...["--chdir", workingDirectory],
  ];
}

/** Outer folders come first, or they would hide the inner ones; folders on the way are made for all, as bwrap makes them for itself alone. */
function mountArguments(mounts: readonly Mount[]): string[] {
  const present = new Set(["/", "/proc", "/dev", "/tmp", ...SYSTEM_FOLDERS, ...mounts.map(({ target }) => target)]);
  return [...mounts]
    .sort((a, b) => (a.target < b.target ? -1 : 1))
    .flatMap(({ source, target, readOnly }) => {
      const missing: string[] = [];
      for (let folder = dirname(target); !present.has(folder); folder = dirname(folder)) missing.unshift(folder);
      for (const folder of missing) present.add(folder);
      return [...missing.flatMap((folder) => ["--perms", "0755", "--dir", folder]), readOnly ? "--ro-bind" : "--bind", source, target];
    });
}

function userCommand({ uid, gid, groups }: User): string[] {
  const become = IS_ROOT
    ? [`--reuid=${uid}`, `--regid=${gid}`, groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`, "--bounding-set=-all"]
    : [];
  return [SETPRIV, ...become, "--inh-caps=-all", "--no-new-privs", "--"];
}

async function readInit(information: Readable): Promise<number> {
  let text = "";
  for await (const chunk of information) text += String(chunk);
  if (text === "") throw new Error("bubblewrap did not make the container; its words are in the container's log");
  return (JSON.parse(text) as { "child-pid": number })["child-pid"];
}

/** The first process that another one started. @see proc(5), /proc/pid/task/tid/children */
function childOf(pid: number): number | undefined {
  try {
    const [first = ""] = readFileSync(join("/proc", String(pid), "task", String(pid), "children"), "utf8").split(" ");
    return first === "" ? undefined : Number(first);
  } catch {
    return undefined;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function startFailure(logFile: string): string | undefined {
  const last = readFileSync(logFile, "utf8").trimEnd().split("\n").at(-1) ?? "";
  return START_FAILURE.test(last) ? last : undefined;
}

/** Folder that holds Node.js with npm, when the system folders do not. */
export function nodeFolder(executable: string): string | undefined {
  const folder = dirname(dirname(executable));
  return executable.startsWith("/usr/") ? undefined : folder;
}
