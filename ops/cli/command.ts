/** What a command of `ops` is: a file of ops/commands, loaded only when it is used. */
import type { Command } from "commander";

/** What every command is given. */
export interface CommandContext {
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** A file of ops/commands exports one. */
export interface OpsCommand {
  /** Adds arguments, options, help and the action. Options that others have too come from flags.ts. */
  define(command: Command, context: CommandContext): void;
}

/** A line of the table of commands. */
export interface CommandEntry {
  readonly name: string;
  /** One sentence, for `ops --help`. */
  readonly summary: string;
  load(): Promise<OpsCommand>;
}
