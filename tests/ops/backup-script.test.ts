/** `ops render backup-script`: what it renders is installed and run as on a host without Kubernetes, with a real PostgreSQL and moto's S3. */
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { CronExpressionParser } from "cron-parser";
import { readStackSettings } from "../../ops/access";
import { renderBackupScript } from "../../ops/backup-script";
import { render } from "../../ops/render";
import { type BackupWorld, startBackupWorld } from "../helpers/backup-program";

const SCRIPT = "usr/local/bin/maestroverse_backup.sh";
const [ENVIRONMENT, CRONTAB] = ["etc/maestroverse/backup.env", "etc/maestroverse/backup.crontab"];

let root: string;
const installed = (name: string) => readFileSync(join(root, name), "utf8");
const install = () =>
  promisify(execFile)("bash", [join(root, "rendered.sh"), "--install"], { env: { PATH: process.env["PATH"], DESTDIR: root } });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "backup-script-"));
  writeFileSync(join(root, "rendered.sh"), await render("backup-script", "prod"));
  await install();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("installed", () => {
  it("lies where the runbook has it; nobody else reads the environment and the dumps", () => {
    const modes = [SCRIPT, ENVIRONMENT, CRONTAB, "etc/maestroverse/database-ca.pem", "etc/maestroverse", "backups"].map((name) => [
      name,
      (statSync(join(root, name)).mode & 0o777).toString(8),
    ]);
    expect(Object.fromEntries(modes)).toEqual({
      [SCRIPT]: "755",
      [ENVIRONMENT]: "600",
      [CRONTAB]: "600",
      "etc/maestroverse/database-ca.pem": "600",
      "etc/maestroverse": "700",
      backups: "700",
    });
    expect(installed(SCRIPT)).toBe(installed("rendered.sh"));
  });

  it("has the stack's values in its environment, and an empty place for the password", () => {
    const lines = installed(ENVIRONMENT).split("\n");
    expect(lines.filter((line) => !line.startsWith("#"))).toEqual([
      "PGHOST='db.maestroverse.edu'",
      "PGPORT='5432'",
      "PGDATABASE='maestroverse'",
      "PGUSER='maestro_backup'",
      "PGSSLMODE='verify-full'",
      "PGSSLROOTCERT='/etc/maestroverse/database-ca.pem'",
      "BACKUP_DIRECTORY='/backups'",
      "BACKUP_BUCKET='maestroverse-prod-backups'",
      "BACKUP_PREFIX='postgresql/'",
      "BACKUP_KMS_KEY='arn:aws:kms:us-east-1:111122223333:alias/maestroverse-backup'",
      "BACKUP_RETENTION_DAYS='30'",
      "AWS_REGION='us-east-1'",
      "PGPASSWORD=''",
      "",
    ]);
  });

  it("has the runbook's crontab line, at 02:00 UTC on the nights too on which clocks change", () => {
    const [comment, zone = "", line = "", ...rest] = installed(CRONTAB).split("\n");
    expect([comment?.startsWith("# cronie reads CRON_TZ."), zone, line, rest]).toEqual([
      true,
      "CRON_TZ=UTC",
      "0 2 * * * /usr/local/bin/maestroverse_backup.sh >> /var/log/maestroverse-backup.log 2>&1",
      [""],
    ]);
    const schedule = line.split(" ").slice(0, 5).join(" ");
    for (const day of ["2026-03-29", "2026-10-25"]) {
      const night = CronExpressionParser.parse(schedule, { tz: zone.split("=")[1], currentDate: `${day}T00:00:00Z` });
      expect(night.next().toDate().toISOString()).toBe(`${day}T02:00:00.000Z`);
    }
  });

  it("a second time keeps the environment that somebody has completed", async () => {
    const before = installed(ENVIRONMENT);
    writeFileSync(join(root, ENVIRONMENT), "PGPASSWORD='written'\n");
    const { stdout } = await install();
    expect([stdout.split("\n")[0], installed(ENVIRONMENT)]).toEqual([
      "/etc/maestroverse/backup.env stays as it is",
      "PGPASSWORD='written'\n",
    ]);
    writeFileSync(join(root, ENVIRONMENT), before);
  });
});

it("is bash without an error", () => {
  expect(spawnSync("bash", ["-n", join(root, "rendered.sh")], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
});

// Not every machine has it.
(spawnSync("shellcheck", ["--version"]).status === 0 ? it : it.skip)("is bash that shellcheck finds nothing in", () => {
  expect(spawnSync("shellcheck", [join(root, "rendered.sh")], { encoding: "utf8" })).toMatchObject({ status: 0, stdout: "" });
});

it("is refused for a stack that makes no dumps", async () => {
  const settings = await readStackSettings("prod");
  await expect(renderBackupScript({ ...settings, backups: { ...settings.backups, method: "rds" } })).rejects.toThrow(
    "stack prod makes no dumps: backups.method is rds. Set it to pg_dump or both, or leave the backups to RDS.",
  );
});

describe("run", () => {
  let world: BackupWorld;
  let file: string;
  beforeAll(async () => {
    world = await startBackupWorld([join(root, SCRIPT)], "bash");
  }, 120_000);
  afterAll(() => world.stop());
  beforeEach(() => {
    world.reset();
    file = join(world.place, "backup.env");
  });

  /** Starts the script as cron does, which knows nothing of the pod's environment: all of it comes from the file, as it is completed on the host. */
  function start(more: Readonly<Record<string, string>> = {}) {
    const values = { ...world.environment(), ...more };
    const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
    writeFileSync(file, lines.join(""), { mode: 0o600 });
    const forget = Object.keys(values).flatMap((name) => ["--unset", name]);
    return world.start({ MAESTROVERSE_BACKUP_ENVIRONMENT: file }, ["env", ...forget]);
  }

  it("dumps, checks, and stores the dump and its manifest in S3 as the pod does", async () => {
    const { code, line } = await start().result;
    const name = line.manifest?.file ?? "";
    expect([code, line.status, world.files()]).toEqual([0, "info", [".lock", name, `${name}.manifest.json`]]);
    const head = await world.s3.send(new HeadObjectCommand({ Bucket: world.bucket, Key: `${world.prefix()}${name}` }));
    expect([head.ContentLength, head.Metadata]).toEqual([line.manifest?.sizeBytes, { sha256: line.manifest?.sha256 }]);
    expect(statSync(join(world.volume, name)).mode & 0o777).toBe(0o600);
  });

  it("fails with the program's words, and leaves nothing", async () => {
    const { code, line } = await start({ PGPASSWORD: "this-is-not-it" }).result;
    expect(code).toBe(1);
    expect(line.message).toMatch(/password authentication failed for user "maestro_backup"\.$/);
    expect(world.files()).toEqual([".lock"]);
  });

  it("ends at a signal as the program does: it is the program, not a shell that waits for it", async () => {
    world.wrap("pg_dump", 'case "$1" in --version) exec "$REAL" "$@";; esac; "$REAL" "$@"; : > $PLACE/held; exec sleep 60');
    const run = start();
    await world.reached("held");
    run.process.kill("SIGTERM");
    const { code, line } = await run.result;
    expect([code, line.message]).toEqual([1, "backup failed: ended by SIGTERM before it was done. Nothing partial was left."]);
    expect(world.files()).toEqual([".lock"]);
  });

  it("refuses an environment that others may read, or that is not there, before it is read", () => {
    const script = (path: string) =>
      spawnSync("bash", [join(root, SCRIPT)], {
        env: { PATH: process.env["PATH"], MAESTROVERSE_BACKUP_ENVIRONMENT: path },
        encoding: "utf8",
      });
    writeFileSync(file, "");
    chmodSync(file, 0o640);
    expect(script(file)).toMatchObject({
      status: 1,
      stderr: `${file} holds a password, and others than its owner may read it. Run: chmod 600 ${file}\n`,
    });
    expect(script("/no/such.env")).toMatchObject({
      status: 1,
      stderr: `/no/such.env cannot be read. Install it with: sudo bash ${join(root, SCRIPT)} --install\n`,
    });
    expect(world.files()).toEqual([]);
  });
});
