/** What `ops` exits with, for every command alike. */

/** The codes. */
export const EXIT = {
  /** It was done, and nothing is wrong. */
  ok: 0,
  /** It could not be done: bad usage, a missing credential, a server that does not answer. */
  failed: 1,
  /** It was done, and found something wrong: drift, a policy that refuses, a check that failed. */
  found: 2,
  /** There is nothing to say: undetermined, or nothing there to look at. */
  undetermined: 3,
  /** Ctrl-C, or SIGTERM. */
  interrupted: 130,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The codes for people; docs and `--help` have this text. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: "done, and nothing is wrong",
  [EXIT.failed]: "could not be done",
  [EXIT.found]: "found something wrong: drift, a policy that refuses, a check that failed",
  [EXIT.undetermined]: "undetermined, or nothing there",
  [EXIT.interrupted]: "interrupted",
};

/** An error that ends the command with a code of its own. Any other error is {@link EXIT.failed}. */
export class ExitError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
  ) {
    super(message);
    this.name = "ExitError";
  }
}
