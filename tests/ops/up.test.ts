/** `ops up`, on the kept rehearsal: what it shows, what it changes, and when it refuses before it does anything. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { EXIT } from "../../ops/cli/exit-codes";
import { REPOSITORY } from "../../ops/engine";
import { changesText, type UpRecord } from "../../ops/up";
import { KEEP_TIMEOUT, keepRehearsal, type SharedRehearsal } from "../helpers/kept-rehearsal";

const folder = mkdtempSync(join(tmpdir(), "up-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** As in CI: nobody is at a terminal. */
const ops = (...args: string[]) =>
  execa(process.execPath, ["--import", require.resolve("tsx"), join(REPOSITORY, "ops", "main.ts"), "up", ...args], {
    cwd: REPOSITORY,
    reject: false,
    stdin: "ignore",
    // No backend of whoever runs the tests.
    env: { PULUMI_HOME: join(folder, "home"), PULUMI_BACKEND_URL: "" },
  });

const resource = (operation: string, type: string, name: string) => ({
  urn: `urn:pulumi:prod::maestroverse-ops::pkg:Parent$${type}::${name}`,
  type,
  operation,
  inputs: {},
});

describe("what has to be confirmed", () => {
  it("names what is updated, replaced and destroyed, the last last, and counts what is created", () => {
    const resources = [
      resource("same", "aws:kms/key:Key", "key"),
      resource("delete", "aws:s3/bucket:Bucket", "dumps"),
      resource("create", "kubernetes:core/v1:ConfigMap", "one"),
      resource("create", "kubernetes:core/v1:ConfigMap", "two"),
      resource("create-replacement", "aws:rds/instance:Instance", "database"),
      resource("replace", "aws:rds/instance:Instance", "database"),
      resource("delete-replaced", "aws:rds/instance:Instance", "database"),
      resource("update", "kubernetes:apps/v1:Deployment", "server"),
    ];
    expect(changesText({ stack: "prod", resources } as unknown as Parameters<typeof changesText>[0]).split("\n")).toEqual([
      "prod: 2 to create, 1 to update, 1 to replace, 1 to delete",
      "  update  kubernetes:apps/v1:Deployment server",
      "  replace aws:rds/instance:Instance database",
      "  delete  aws:s3/bucket:Bucket dumps",
    ]);
  });

  it("is refused at once where nobody can be asked", async () => {
    const { exitCode, stderr, stdout } = await ops("--stack", "prod");
    expect([exitCode, stdout, stderr.trim()]).toEqual([
      EXIT.failed,
      "",
      "prod: this is to be confirmed, and nobody is at a terminal. Give --yes.",
    ]);
  });
});

it("deploys nothing whose state nobody would find again", async () => {
  const { exitCode, stderr } = await ops("--stack", "staging", "--yes");
  expect(exitCode).toBe(EXIT.failed);
  expect(stderr).toContain("staging has no state that is kept (none (thrown away))");
  expect(stderr).toContain("pulumi stack init staging");
}, 60_000);

describe("on the rehearsal", () => {
  let rehearsal: SharedRehearsal;
  beforeAll(async () => {
    rehearsal = await keepRehearsal();
  }, KEEP_TIMEOUT);
  afterAll(() => rehearsal.release());

  const committed = readFileSync(join(REPOSITORY, "Pulumi.rehearsal.yaml"), "utf8");
  const settings = (name: string, from: string, to: string) => {
    expect(committed).toContain(from);
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, committed.replace(from, to));
    return file;
  };
  const record = join(folder, "up.json");
  const deployed = async (settingsFile: string) => {
    const { exitCode, stdout, stderr } = await ops("--stack", "rehearsal", "--settings-file", settingsFile, "--json", record);
    expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
    return { stdout, record: JSON.parse(readFileSync(record, "utf8")) as UpRecord };
  };

  it("makes what a settings file adds, and takes it away again", async () => {
    const startsAt = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 16);
    const entry = `[{ reason: "a new disk", startsAt: "${startsAt}", minutes: 30, timeZone: Etc/UTC }]`;
    const added = await deployed(settings("maintenance", "maintenance: []", `maintenance: ${entry}`));
    expect(added.stdout).toContain("rehearsal: 1 to create, 0 to update, 0 to replace, 0 to delete");
    expect(added.record.changes["create"]).toBe(1);
    expect(added.record.milliseconds).toBeGreaterThan(0);

    const removed = await deployed(join(REPOSITORY, "Pulumi.rehearsal.yaml"));
    expect(removed.stdout).toMatch(/^ {2}delete {2}datadog:/m);
    expect(removed.record.changes["delete"]).toBe(1);
  }, 300_000);

  it("changes nothing that the policies refuse", async () => {
    const { exitCode, stdout, stderr } = await ops(
      "--stack",
      "rehearsal",
      "--settings-file",
      settings("overdue", 'rotatedOn: "2026-11-01"', 'rotatedOn: "2026-01-01"'),
    );
    expect(exitCode).toBe(EXIT.found);
    expect(stdout).toContain("VIOLATION secret-enforce-age");
    expect(stdout).not.toContain("Updating (rehearsal)");
    expect(stderr).toContain("The gate refuses rehearsal");
  }, 120_000);
});
