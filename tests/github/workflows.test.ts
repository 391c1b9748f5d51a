/** GitHub's workflows: valid, pinned, with the least permissions; they call only commands that exist, with options that those have. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { readStackSettings } from "../../ops/access";
import { REPOSITORY } from "../../ops/engine";
import { actionlintTool, provide } from "../../toolchain/tools";
import { advertisedCalls, callCheck } from "../helpers/advertised-calls";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
  readonly uses?: string;
  readonly environment?: string;
  readonly "timeout-minutes"?: number;
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = join(REPOSITORY, ".github");
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".yml"));
const texts = Object.fromEntries(files.map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]));
const workflows = Object.entries(texts)
  .filter(([name]) => name.startsWith("workflows/"))
  .map(([name, text]) => [name, parse(text) as Workflow] as const);
const jobs = workflows.flatMap(([name, { jobs: each }]) => Object.entries(each).map(([key, job]) => [`${name} ${key}`, job] as const));
const composites = Object.entries(texts)
  .filter(([name]) => name.startsWith("actions/"))
  .map(([name, text]) => [name, (parse(text) as { runs: { steps: readonly Step[] } }).runs.steps] as const);
const steps = [...composites, ...jobs.map(([name, { steps: each = [] }]) => [name, each] as const)].flatMap(([name, each]) =>
  each.map((step) => [name, step] as const),
);
const scripts = steps.flatMap(([name, { run }]) => (run === undefined ? [] : [[name, run] as const]));

it("are valid", async () => {
  const { path } = await provide(actionlintTool, () => undefined);
  // Not with whatever linter of shell scripts this machine happens to have.
  const { all, exitCode } = await execa(path, ["-shellcheck=", "-pyflakes=", "-no-color"], { cwd: REPOSITORY, reject: false, all: true });
  expect([exitCode, all]).toEqual([0, ""]);
}, 600_000);

it("take every action at a commit, with its version beside it, and each at one alone", () => {
  const uses = Object.entries(texts).flatMap(([name, text]) =>
    [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, used = ""]) => [name, used] as const),
  );
  const foreign = uses.filter(([, used]) => !used.startsWith("./"));
  expect(foreign.length).toBeGreaterThan(10);
  expect(foreign.filter(([, used]) => !/^[\w-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used))).toEqual([]);
  const pins = [...new Set(foreign.map(([, used]) => used))];
  expect(pins.map((pin) => pin.split("@")[0])).toEqual([...new Set(pins.map((pin) => pin.split("@")[0]))]);
});

it("have no permission but those that a job names, and end by themselves", () => {
  expect(workflows.filter(([, { permissions }]) => JSON.stringify(permissions) !== "{}").map(([name]) => name)).toEqual([]);
  const writes = jobs.flatMap(([name, { permissions = {} }]) =>
    Object.entries(permissions).flatMap(([scope, right]) => (right === "write" ? [`${name}: ${scope}`] : [])),
  );
  expect(writes.sort()).toEqual([
    "workflows/backup-image.yml release: id-token",
    "workflows/deploy-stack.yml deploy: id-token",
    "workflows/deploy.yml prod: id-token",
    "workflows/deploy.yml staging: id-token",
    "workflows/preview.yml preview: id-token",
    "workflows/preview.yml preview: pull-requests",
    "workflows/preview.yml preview: security-events",
    "workflows/release.yml image: id-token",
    "workflows/scheduled.yml look: id-token",
    "workflows/scheduled.yml look: issues",
  ]);
  expect(jobs.filter(([, job]) => job.uses === undefined && job["timeout-minutes"] === undefined).map(([name]) => name)).toEqual([]);
});

it("leave no credential behind in the checkout, unless a later step pushes", () => {
  const kept = steps.filter(
    ([, step]) => step.uses?.startsWith("actions/checkout@") === true && step.with?.["persist-credentials"] !== false,
  );
  expect(kept.map(([name]) => name)).toEqual(["workflows/release.yml pull-request"]);
});

it("put nothing that others write into a script, and hold no key of AWS", () => {
  expect(scripts.filter(([, run]) => run.includes("${{")).filter(([, run]) => !/^cosign/.test(run))).toEqual([]);
  expect(Object.entries(texts).filter(([, text]) => /AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)|aws-secret-access-key/.test(text))).toEqual([]);
  const secrets = Object.entries(texts).flatMap(([name, text]) =>
    [...text.replace(/^ *#.*$/gm, "").matchAll(/(?<!steps\.)secrets\.([\w-]+)/g)].map(([, secret]) => `${name}: ${secret}`),
  );
  expect(secrets.sort()).toEqual([
    "workflows/backup-image.yml: OPS_APP_KEY",
    "workflows/release.yml: app-key",
    "workflows/scheduled.yml: MAESTROVERSE_BACKUP_IDENTITY",
  ]);
});

it("call commands that exist, with options that those have", async () => {
  const check = callCheck();
  // Lines that are printed are advice; they are to be right as well.
  const calls = scripts.flatMap(([name, run]) => advertisedCalls(run).map((call) => ({ name, call })));
  expect(calls.length).toBeGreaterThan(7);
  const problems = await Promise.all(calls.map(async ({ name, call }) => ({ name, problem: await check(call, { complete: true }) })));
  expect(problems.filter(({ problem }) => problem !== undefined)).toEqual([]);
});

it("reach the cluster by the name that the settings want", async () => {
  for (const stack of ["staging", "prod"]) expect((await readStackSettings(stack)).cluster.context).toBe(`maestroverse-${stack}`);
  expect(scripts.filter(([, run]) => run.includes("update-kubeconfig")).map(([, run]) => /--alias "(.*)"/.exec(run)?.[1])).toEqual([
    "maestroverse-$STACK",
    "maestroverse-$STACK",
  ]);
});

it.each([
  ["server", "image", "    tag:"],
  ["nightly dump", "backups", "      tag:"],
])("set the image's tag of a release of the %s, and nothing else", async (_, part, key) => {
  const [, script = ""] = scripts.find(([name]) => name === "workflows/release.yml pull-request") ?? [];
  const line = script.split("\n").find((each) => each.startsWith("sed ")) ?? "";
  const folder = mkdtempSync(join(tmpdir(), "release-test-"));
  try {
    for (const stack of ["staging", "prod"]) {
      const file = `Pulumi.${stack}.yaml`;
      copyFileSync(join(REPOSITORY, file), join(folder, file));
      await execa("sh", ["-c", line], { cwd: folder, env: { SETTINGS: part, STACK: stack, TAG: "0d1e2f3" } });
      const before = readFileSync(join(REPOSITORY, file), "utf8").split("\n");
      const after = readFileSync(join(folder, file), "utf8").split("\n");
      const changed = after.filter((text, index) => text !== before[index]);
      expect([relative(folder, join(folder, file)), changed]).toEqual([file, [`${key} "0d1e2f3"`]]);
      const settings = (parse(after.join("\n")) as { config: Record<string, { tag?: string; image?: { tag: string } }> }).config;
      const found = settings[`maestroverse-ops:${part}`];
      expect(found?.image?.tag ?? found?.tag).toBe("0d1e2f3");
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
