/** Long-running helpers of the toolchain: builds and installations, with progress and a clean end when interrupted. */
import { onPath } from "./search-path";

/** A line of progress. */
export type Report = (line: string) => void;

/** execa is an ES module whose dependencies cannot be required: it has to be imported. */
export const loadExeca = () => import("execa");

/** Seconds between two signs of life of a silent step. */
export const HEARTBEAT_SECONDS = 10;
/** Seconds from the request to end to the kill. */
const GRACE_SECONDS = 2;
/** Lines of a failed program's output that are worth repeating. */
const OUTPUT_LINES = 15;
/** Signals by which an operator ends a run. */
const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The operator ended a step: no reason to try something else. */
export class InterruptedError extends Error {
  constructor(what: string, reason: string) {
    super(`${what} was interrupted (${reason}). Run the command again: it goes on where this run ended.`);
    this.name = "InterruptedError";
  }
}

/** How a step runs. */
export interface StepOptions {
  readonly cwd?: string;
  /** Further environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default none */
  readonly timeoutSeconds?: number;
  /** Seconds that it may take to end by itself when it is interrupted. @default 2 */
  readonly graceSeconds?: number;
  /** Aborted: the step is ended. SIGINT, SIGTERM and SIGHUP of this process end it in any case. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end, quietly, with a sign of life every ten seconds. It has a process group of its own, which is ended as a whole
 * when the step is interrupted, takes too long, or this process ends.
 *
 * @param what for messages: "building the engine"
 * @returns what it printed
 * @throws InterruptedError, or Error with the end of its output
 */
export async function runStep(
  what: string,
  report: Report,
  command: readonly [string, ...string[]],
  options: StepOptions = {},
): Promise<string> {
  const { execa, ExecaError } = await loadExeca();
  if (options.signal?.aborted === true) throw new InterruptedError(what, "aborted");
  const [file, ...args] = command;
  if ((await onPath(file)) === undefined && !file.includes("/")) throw new Error(`${what} failed: ${file} is not installed.`);
  const started = Date.now();
  const elapsed = () => Math.round((Date.now() - started) / 1000);
  const heartbeat = setInterval(() => report(`  ${what}: ${elapsed()} s`), HEARTBEAT_SECONDS * 1000);
  // A build must not go on when this process is killed outright. (A terminal's Ctrl-C does not reach another group either.)
  const bound = (await onPath("setpriv")) === undefined ? [] : ["setpriv", "--pdeathsig", "TERM"];
  const [program, ...rest] = [...bound, file, ...args] as [string, ...string[]];
  // Before the program runs: a signal in between would end this process alone.
  const group = endOnSignals(options);
  const child = execa(program, rest, {
    all: true,
    stdin: "ignore",
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  group.leader = child.pid;
  try {
    return (await child).all;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    const output = (error.all ?? "").trim();
    const { reason } = group;
    if (reason !== undefined && reason !== "timeout") throw new InterruptedError(what, reason);
    const ended = error.signal === undefined ? `exit code ${error.exitCode ?? "unknown"}` : `ended by ${error.signal}`;
    const why = reason === "timeout" ? `no end within ${options.timeoutSeconds} s` : ended;
    throw new Error(`${what} failed after ${elapsed()} s (${why}).${diskHint(output)}${lastLines(output)}`, { cause: error });
  } finally {
    clearInterval(heartbeat);
    group.release();
  }
}

/** What to do when a text or an error says that the disk is full; otherwise empty. */
export function diskHint(text: string): string {
  return /no space left on device|ENOSPC|disk quota exceeded/i.test(text) ? " The disk is full: free some space and run again." : "";
}

function lastLines(output: string): string {
  return output === "" ? "" : `\n${output.split("\n").slice(-OUTPUT_LINES).join("\n")}`;
}

/** A process group that must not outlive its purpose. */
interface ProcessGroup {
  /** Pid of its leader, once it runs. */
  leader: number | undefined;
  /** Why it was ended, if it was. */
  reason: string | undefined;
  /** To be called when the leader has ended. */
  release(): void;
}

/** Ends a process group on the operator's signals, on abort, on timeout and with this process. */
function endOnSignals(options: StepOptions): ProcessGroup {
  const group: ProcessGroup = { leader: undefined, reason: undefined, release: () => undefined };
  let hardEnd: NodeJS.Timeout | undefined;
  const kill = (signal: NodeJS.Signals) => {
    if (group.leader === undefined) return;
    try {
      process.kill(-group.leader, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  const end = (reason: string) => {
    if (group.reason !== undefined) return;
    group.reason = reason;
    kill("SIGTERM");
    hardEnd = setTimeout(() => kill("SIGKILL"), (options.graceSeconds ?? GRACE_SECONDS) * 1000);
  };
  const onSignal = (name: NodeJS.Signals) => end(name);
  const onAbort = () => end("aborted");
  const onExit = () => kill("SIGKILL");
  for (const name of ENDING_SIGNALS) process.on(name, onSignal);
  process.on("exit", onExit);
  options.signal?.addEventListener("abort", onAbort);
  const timer = options.timeoutSeconds === undefined ? undefined : setTimeout(() => end("timeout"), options.timeoutSeconds * 1000);
  group.release = () => {
    clearTimeout(timer);
    clearTimeout(hardEnd);
    for (const name of ENDING_SIGNALS) process.off(name, onSignal);
    process.off("exit", onExit);
    options.signal?.removeEventListener("abort", onAbort);
    // What the program started and left behind.
    if (group.reason !== undefined) kill("SIGKILL");
  };
  return group;
}

/** The version that a program prints; undefined when it cannot be run or names none. */
export async function versionOf(
  file: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<string | undefined> {
  const { execa } = await loadExeca();
  const result = await execa(file, args, { all: true, reject: false, stdin: "ignore", timeout: 10_000, ...options });
  return result.exitCode === 0 ? /\d+\.\d+(\.\d+)*/.exec(result.all)?.[0] : undefined;
}
