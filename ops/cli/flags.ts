/** Options that mean the same in every command. */
import { writeFile } from "node:fs/promises";
import { Option } from "commander";

/** `--stack NAME`, required. */
export const stackOption = () => new Option("--stack <name>", "prod, staging, or another with a Pulumi.<name>.yaml").makeOptionMandatory();

/** `--settings-file FILE`. */
export const settingsFileOption = () => new Option("--settings-file <file>", "the stack's settings @default Pulumi.<stack>.yaml");

/** `--dumps-of STACK`. */
export const dumpsOfOption = () => new Option("--dumps-of <stack>", "the stack whose dump is restored @default the same");

/** `--identity-file FILE`. */
export const identityFileOption = () =>
  new Option("--identity-file <file>", "where the identity of age is that opens an encrypted dump @default asked for at a terminal");

/** `--identity-env NAME`. */
export const identityEnvOption = () => new Option("--identity-env <name>", "the variable of the environment that holds that identity");

/** `--json [file]`; {@link writeRecord} writes it. */
export const jsonOption = () =>
  new Option(
    "--json [file]",
    "the machine-readable record, to this file as well; without a file, to standard output and nothing else there",
  );

/** `--dry-run`. */
export const dryRunOption = () => new Option("--dry-run", "tell what would be done, and change nothing").default(false);

/** `--yes`. */
export const yesOption = () => new Option("--yes", "ask nothing: what would be asked is answered with yes").default(false);

/** Value of {@link jsonOption}: a file, or true for standard output. */
export type JsonTarget = string | true | undefined;

/** Where text for people goes: standard output, unless the record does. */
export function textWriter(json?: JsonTarget): (text: string) => void {
  const stream = json === true ? process.stderr : process.stdout;
  return (text) => void stream.write(text);
}

/** Writes a command's record where `--json` says. */
export async function writeRecord(json: JsonTarget, record: unknown): Promise<void> {
  if (json === undefined) return;
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  if (json === true) process.stdout.write(text);
  else await writeFile(json, text);
}

/** Help's last part: examples, one a line. */
export function examples(...lines: readonly string[]): string {
  return `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
