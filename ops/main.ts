/** The operator's CLI: `npm run ops -- <command>`. A command's file, and all that it needs, is loaded when that command is used. */
import { buildCli } from "./cli/cli";
import { EXIT, ExitError } from "./cli/exit-codes";
import { interruptSignal } from "../toolchain/interrupt";

const interrupted = interruptSignal("Interrupted: ending what was started");

async function main(): Promise<void> {
  // Whoever reads only the first lines (`| head`) has seen enough.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.failed));
  const words = process.argv.slice(2);
  const cli = await buildCli(words, { signal: interrupted });
  await cli.parseAsync(words, { from: "user" });
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  // At a prompt the terminal gives Ctrl-C to the reader of lines, who sends no signal.
  const wasInterrupted = interrupted.aborted || (error instanceof Error && "code" in error && error.code === "ABORT_ERR");
  process.exitCode = wasInterrupted ? EXIT.interrupted : error instanceof ExitError ? error.exitCode : EXIT.failed;
});
