/** Runs PostgreSQL's programs. */
import { execFile, type ExecFileException } from "node:child_process";

/** How many bytes a program may print: a list of some hundred thousand objects. */
const OUTPUT_BYTES = 64 * 1024 * 1024;
/** How many lines of a failed program's complaint are worth repeating, from its first error on. */
const COMPLAINT_LINES = 5;

/** What to do about a full volume. */
export const FULL = "The volume is full: make backups.volumeGibibytes larger.";

/** What a program runs in. */
export interface ProgramOptions {
  /** Its whole environment. Passwords travel here, never among the arguments, which every user of a machine can read. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end.
 *
 * @returns what it printed
 * @throws Error when it is missing, fails or is ended, with its complaint
 */
export function runProgram(file: string, args: readonly string[], { env, signal }: ProgramOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      file,
      args,
      { env: { ...env }, maxBuffer: OUTPUT_BYTES, ...(signal === undefined ? {} : { signal }) },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        if (signal?.aborted === true) return reject(signal.reason as Error);
        reject(new Error(describe(file, error, stderr), { cause: error }));
      },
    );
  });
}

function describe(file: string, error: ExecFileException, stderr: string): string {
  if (String(error.code) === "ENOENT") return `${file} is not installed. Install PostgreSQL's client programs.`;
  const ending = error.signal ? `ended by ${error.signal}` : `exit code ${error.code ?? "unknown"}`;
  const lines = stderr.trim().split("\n");
  const first = Math.max(
    0,
    lines.findIndex((line) => line.includes("error:")),
  );
  const complaint = lines
    .slice(first, first + COMPLAINT_LINES)
    .map((line) => line.trim())
    .join(" | ");
  const full = error.signal === "SIGXFSZ" || /no space left on device|file too large|disk quota exceeded/i.test(stderr);
  const hint = full ? ` ${FULL}` : "";
  return `${file} failed (${ending})${complaint === "" ? "" : `: ${complaint}`}.${hint}`;
}
