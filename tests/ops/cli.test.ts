/** The command line as a whole: every command has help with examples, the same flag means the same everywhere, exit codes are the table's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { execa } from "execa";
import { buildCli } from "../../ops/cli/cli";
import { COMMANDS } from "../../ops/cli/commands";
import { EXIT_MEANINGS } from "../../ops/cli/exit-codes";
import { REPOSITORY } from "../../ops/engine";
import { stackFile } from "../helpers/raw-settings";

const names = COMMANDS.map(({ name }) => name);
let commands: readonly Command[];
beforeAll(async () => {
  ({ commands } = await buildCli(names, { signal: new AbortController().signal }));
});

/** `--help` of a command. */
function helpOf(command: Command): string {
  const said: string[] = [];
  command.configureOutput({ writeOut: (text) => said.push(text) }).outputHelp();
  return said.join("");
}

const ops = (...words: string[]) =>
  execa("npx", ["tsx", "ops/main.ts", ...words], { cwd: REPOSITORY, reject: false, stdin: "ignore", env: { FORCE_COLOR: "1" } });

it.each(names)("%s has help with an example that begins with a command, and the exit codes", (name) => {
  const help = helpOf(commands.find((each) => each.name() === name) as Command);
  expect(help).toMatch(/\nExamples?:\n {2}npm run /);
  for (const [code, meaning] of Object.entries(EXIT_MEANINGS)) expect(help).toContain(`  ${code.padEnd(4)} ${meaning}`);
});

it("has flags that mean the same everywhere", () => {
  const meanings = new Map<string, Set<string>>();
  for (const { flags, description, long } of commands.flatMap(({ options }) => options))
    meanings.set(long ?? flags, (meanings.get(long ?? flags) ?? new Set()).add(`${flags}: ${description}`));
  const several = [...meanings].filter(([, each]) => each.size > 1).map(([flag]) => flag);
  // JUnit XML of two different things.
  expect(several).toEqual(["--junit"]);
});

it("says in its summaries what each is for, in one sentence", () => {
  expect(COMMANDS.filter(({ summary }) => !/^[A-Z][^.]*\.$/.test(summary)).map(({ name }) => name)).toEqual([]);
});

it.each([
  [["bury"], /^error: unknown command 'bury'/],
  [["drift", "--stack", "prod", "--jsn"], /^error: unknown option '--jsn'/],
  [["drift"], /^error: required option '--stack <name>' not specified/],
  [["drift", "--stack", "nowhere"], /^\nthere is no stack nowhere: /],
])(
  "ends with 1 and one clear line after %s",
  async (words, message) => {
    const { exitCode, stdout, stderr } = await ops(...words);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  },
  60_000,
);

it("is quiet when who reads has seen enough", async () => {
  const { stderr, exitCode } = await execa("sh", ["-c", "npx tsx ops/main.ts render policies | head -n 1"], { cwd: REPOSITORY });
  expect([exitCode, stderr]).toEqual([0, ""]);
}, 60_000);

it("takes the settings from another file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cli-test-"));
  try {
    const file = join(folder, "mine.yaml");
    writeFileSync(file, stackFile("prod").replace("api.maestroverse.edu\n", "api.elsewhere.example.org\n"));
    const { stdout } = await ops("render", "edge", "--settings-file", file);
    expect(stdout).toContain("server_name api.elsewhere.example.org;");
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

it("writes the record and nothing else to standard output with --json", async () => {
  const { stdout, stderr } = await ops("doctor", "--json");
  expect(Object.keys(JSON.parse(stdout) as object)).toEqual(["missing", "components"]);
  expect(stderr).not.toBe("");
}, 120_000);
