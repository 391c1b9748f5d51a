/** Completion, in a real bash. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { buildCli } from "../../ops/cli/cli";
import { COMMANDS } from "../../ops/cli/commands";
import { completionScript } from "../../ops/cli/completion";

const names = COMMANDS.map(({ name }) => name);
// A path that a shell would take apart.
const repository = mkdtempSync(join(tmpdir(), "it's a clone "));
afterAll(() => rmSync(repository, { recursive: true }));

let script: string;
beforeAll(async () => {
  for (const stack of ["prod", "dev"]) writeFileSync(join(repository, `Pulumi.${stack}.yaml`), "");
  writeFileSync(join(repository, "Pulumi.yaml"), "");
  script = completionScript(await buildCli(names, { signal: new AbortController().signal }), "bash", repository);
});

/** What bash proposes for the last of the words. */
async function proposed(...words: string[]): Promise<string[]> {
  const { stdout } = await execa(
    "bash",
    [
      "--norc",
      "-c",
      `${script}\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _maestroverse_ops; printf '%s\\n' "\${COMPREPLY[@]}"`,
      "bash",
      "ops",
      ...words,
    ],
    { cwd: "/" },
  );
  return stdout.split("\n").filter((word) => word !== "");
}

it.each([
  ["every command", [""], [...names, "--help"]],
  ["commands that begin so", ["re"], ["restore", "render", "rehearse"]],
  ["a command's options", ["drift", "--"], ["--stack", "--settings-file", "--json", "--help"]],
  ["stacks that have a file", ["up", "--stack", ""], ["dev", "prod"]],
  ["a value of several", ["rotate", "--secret", "J"], ["JWT_SECRET"]],
  ["an argument of several", ["render", "data"], ["database-roles"]],
  ["commands of a command", ["rehearse", "st"], ["status"]],
  ["another option after one that takes no value", ["rotate", "--all", "--dry"], ["--dry-run"]],
  ["nothing where it is a file, which bash proposes then", ["up", "--settings-file", ""], []],
  ["nothing of a command that is not there", ["bury", ""], []],
])("proposes %s", async (_, words, wanted) => {
  expect(await proposed(...words)).toEqual(wanted);
});

it("defines the command itself, for every folder", async () => {
  const { stdout } = await execa("bash", ["--norc", "-c", `${script}\ndeclare -f ops`]);
  expect(stdout).toContain("clone ");
});
