/**
 * The rehearsal's servers as processes of their own: they outlive the command that started them (`--keep`), and every later command finds
 * them again, also after a kill -9 at any moment.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { searchPath } from "../../toolchain/environment";
import { endProcess, isAlive, processStart, type ProcessHandle } from "../../toolchain/processes";

/** A server to run. */
export interface ServerProcess {
  /** Unique name, for example `postgresql`; its log is `logs/<name>.log`. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Its whole environment beside PATH. Never a secret in `command`: arguments are visible to everybody. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** User to run as; absent: this process's own. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Whether it answers. Called again and again until true; an exception counts as "not yet". */
  readonly ready: () => Promise<boolean>;
  /** Seconds until a server that does not answer counts as failed. @default 60 */
  readonly readySeconds?: number;
  /** Seconds that it may take to end by itself. @default 10 */
  readonly graceSeconds?: number;
}

/** A server that runs. */
export interface RunningServer extends ProcessHandle {
  readonly name: string;
}

/** Lines of a failed server's log that are worth repeating. */
const LOG_LINES = 15;

/**
 * The process notes its own pid and start time (`/proc/<pid>/stat`) before it becomes the server: at no moment is there a server that nobody
 * knows of. exec keeps both.
 */
const LAUNCHER = 'read -r line < /proc/$$/stat && printf "%s\\n" "$line" > "$0.new" && mv "$0.new" "$0" && exec "$@"';

/** Starts, finds and ends the servers whose records lie in one folder. */
export class Supervisor {
  /** @param directory folder of the rehearsal; records in `processes/`, logs in `logs/` */
  constructor(private readonly directory: string) {}

  /**
   * Starts a server unless it runs, and waits until it answers.
   *
   * @returns whether it was started now
   * @throws Error with the end of its log when it ends or does not answer in time; then it does not run
   */
  async start(server: ServerProcess, signal?: AbortSignal): Promise<boolean> {
    const running = this.find(server.name);
    const process = running ?? this.spawn(server);
    const readySeconds = server.readySeconds ?? 60;
    const started = Date.now();
    while (!(await server.ready().catch(() => false))) {
      const ended = !isAlive(process);
      if (ended || Date.now() - started > readySeconds * 1000 || signal?.aborted === true) {
        await this.end(process, server.name, server.graceSeconds);
        signal?.throwIfAborted();
        const why = ended ? "ended" : `did not answer within ${readySeconds} s`;
        throw new Error(`${server.name} ${why}. The end of its log (${this.logFile(server.name)}):\n${this.logTail(server.name)}`);
      }
      await sleep(100);
    }
    return running === undefined;
  }

  /** The servers that run, sorted by name. */
  running(): RunningServer[] {
    const records = join(this.directory, "processes");
    return (existsSync(records) ? readdirSync(records) : [])
      .filter((name) => name.endsWith(".stat"))
      .map((name) => name.slice(0, -".stat".length))
      .flatMap((name) => this.find(name) ?? [])
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The server of that name, if it runs. */
  find(name: string): RunningServer | undefined {
    let stat: string;
    try {
      stat = readFileSync(this.recordFile(name), "utf8");
    } catch {
      return undefined;
    }
    // The command, in parentheses, may hold anything: count from behind it.
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const server = { name, pid: Number.parseInt(stat, 10), started: started ?? "" };
    return isAlive(server) ? server : undefined;
  }

  /** Ends a server, by SIGTERM and after the grace by SIGKILL; nothing happens when it does not run. */
  async stop(name: string, graceSeconds?: number): Promise<void> {
    const server = this.find(name);
    if (server === undefined) rmSync(this.recordFile(name), { force: true });
    else await this.end(server, name, graceSeconds);
  }

  /** A server's log. */
  logFile(name: string): string {
    return join(this.directory, "logs", `${name}.log`);
  }

  private async end(handle: ProcessHandle, name: string, graceSeconds = 10): Promise<void> {
    await endProcess(handle, graceSeconds * 1000);
    try {
      // What it started is in its process group.
      if (handle.pid > 0) process.kill(-handle.pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
    rmSync(this.recordFile(name), { force: true });
  }

  private logTail(name: string): string {
    try {
      return readFileSync(this.logFile(name), "utf8").trimEnd().split("\n").slice(-LOG_LINES).join("\n");
    } catch {
      return "(no log)";
    }
  }

  private recordFile(name: string): string {
    return join(this.directory, "processes", `${name}.stat`);
  }

  private spawn(server: ServerProcess): ProcessHandle {
    for (const folder of ["processes", "logs"]) mkdirSync(join(this.directory, folder), { recursive: true });
    const log = openSync(this.logFile(server.name), "a", 0o600);
    try {
      rmSync(this.recordFile(server.name), { force: true });
      // setpriv after the launcher: the record's folder belongs to the user who rehearses.
      const { user } = server;
      const as = user === undefined ? [] : ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
      const child = spawn("/bin/sh", ["-c", LAUNCHER, this.recordFile(server.name), ...as, ...server.command], {
        detached: true,
        stdio: ["ignore", log, log],
        env: { PATH: searchPath(), LANG: "C.UTF-8", ...server.env },
        ...(server.cwd === undefined ? {} : { cwd: server.cwd }),
      });
      child.on("error", () => undefined);
      child.unref();
      const { pid = 0 } = child;
      return { pid, started: processStart(pid) ?? "" };
    } finally {
      closeSync(log);
    }
  }
}
