/** Long-running helpers of the toolchain: builds and installations, with progress and a clean end when interrupted. */

/** A line of progress. */
export type Report = (line: string) => void;

/** execa is an ES module whose dependencies cannot be required: it has to be imported. */
export const loadExeca = () => import("execa");

/** Seconds between two signs of life of a silent step. */
const HEARTBEAT_SECONDS = 10;

/**
 * Runs a program to its end, quietly, with a sign of life every ten seconds.
 *
 * @param what for messages: "building the engine"
 * @throws Error with the end of its output; the process group is ended when this process is
 */
export async function runStep(
  what: string,
  report: Report,
  command: readonly [string, ...string[]],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly timeoutSeconds?: number } = {},
): Promise<string> {
  const { execa, ExecaError } = await loadExeca();
  const started = Date.now();
  const elapsed = () => Math.round((Date.now() - started) / 1000);
  const heartbeat = setInterval(() => report(`  ${what}: ${elapsed()} s`), HEARTBEAT_SECONDS * 1000);
  try {
    const [file, ...args] = command;
    const { all } = await execa(file, args, {
      all: true,
      stdin: "ignore",
      cleanup: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.timeoutSeconds === undefined ? {} : { timeout: options.timeoutSeconds * 1000 }),
    });
    return all;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.code;
    if (code === "ENOENT") throw new Error(`${what} failed: ${command[0]} is not installed`, { cause: error });
    const output = String(error.all ?? "").trim();
    const full = /no space left on device/i.test(output) ? " The disk is full: free some space and run again." : "";
    throw new Error(
      `${what} failed after ${elapsed()} s (${error.shortMessage.split("\n")[0]}).${full}\n${output.split("\n").slice(-15).join("\n")}`,
      {
        cause: error,
      },
    );
  } finally {
    clearInterval(heartbeat);
  }
}

/** First line that a program prints about its version; undefined when it cannot be run. */
export async function versionOf(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const { execa } = await loadExeca();
  const result = await execa(file, args, { all: true, reject: false, stdin: "ignore", timeout: 10_000, env });
  return result.exitCode === 0 ? /\d+\.\d+(\.\d+)*/.exec(result.all)?.[0] : undefined;
}
