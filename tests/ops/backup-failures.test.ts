/** Backups that go wrong, against a real PostgreSQL and moto's S3: what is left then, and what is said. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { uploadFile } from "../../ops/backup/upload";
import { BACKUP_PASSWORD, type BackupWorld, startBackupWorld } from "../helpers/backup-program";
import { freePort } from "../helpers/free-ports";
import { ACCESS_DENIED, startS3Gateway } from "../helpers/s3-gateway";

let world: BackupWorld;
beforeAll(async () => {
  world = await startBackupWorld();
}, 120_000);
afterAll(() => world.stop());
beforeEach(() => world.reset());

const DUMP = /^maestroverse-\d{8}-\d{4}(-\d+)?\.dump$/;
const objects = async () => {
  const { Contents = [] } = await world.s3.send(new ListObjectsV2Command({ Bucket: world.bucket, Prefix: world.prefix() }));
  return Contents.map(({ Key }) => Key?.replace(/\d{8}-\d{4}/, "…").slice(world.prefix().length));
};
const openUploads = async () => {
  const { Uploads = [] } = await world.s3.send(new ListMultipartUploadsCommand({ Bucket: world.bucket }));
  return Uploads.filter(({ Key }) => Key?.startsWith(world.prefix())).length;
};
const dumps = () => world.files().filter((name) => DUMP.test(name));

const startGateway = (refuse: (call: string) => boolean, xml?: string) =>
  startS3Gateway(world, (call) => (refuse(call) ? { refuse: xml ?? ACCESS_DENIED } : {}));

describe("a database that cannot be dumped leaves nothing in the volume and in the bucket", () => {
  const nothingLeft = async () => expect([world.files(), await objects(), await openUploads()]).toEqual([[".lock"], [], 0]);
  const address = () => `maestroverse on 127.0.0.1:${world.server.port} as maestro_backup`;

  it("for a wrong password, which is not said", async () => {
    const { code, line, output } = await world.run({ PGPASSWORD: "this-is-not-it" });
    expect([code, line.status, line.message]).toEqual([
      1,
      "error",
      `backup failed: cannot ask database ${address()}: password authentication failed for user "maestro_backup".`,
    ]);
    expect(output).not.toContain("this-is-not-it");
    await nothingLeft();
  });

  it("for a server that is not there", async () => {
    const port = String(await freePort());
    const { code, line } = await world.run({ PGPORT: port });
    expect([code, line.message]).toEqual([
      1,
      `backup failed: cannot ask database maestroverse on 127.0.0.1:${port} as maestro_backup: connect ECONNREFUSED 127.0.0.1:${port}.`,
    ]);
    await nothingLeft();
  });

  it("for a database that is not there", async () => {
    const { code, line } = await world.run({ PGDATABASE: "gone" });
    expect([code, line.message]).toEqual([
      1,
      `backup failed: cannot ask database gone on 127.0.0.1:${world.server.port} as maestro_backup: database "gone" does not exist.`,
    ]);
    await nothingLeft();
  });

  it("for a certificate file that is not there", async () => {
    const { code, line } = await world.run({ PGSSLMODE: "verify-full", PGSSLROOTCERT: "/no/such.pem" });
    expect([code, line.message]).toEqual([
      1,
      `backup failed: cannot ask database ${address()}: ENOENT: no such file or directory, open '/no/such.pem'.`,
    ]);
    await nothingLeft();
  });

  it("for a session that the server ends in the middle of the dump", async () => {
    const [holder, watcher] = [await world.server.connect({ database: "maestroverse" }), await world.server.connect()];
    await holder.query(`BEGIN; LOCK TABLE "Course" IN ACCESS EXCLUSIVE MODE`);
    const run = world.start();
    const WAITING = "SELECT pid FROM pg_stat_activity WHERE application_name = 'maestroverse-backup' AND wait_event_type = 'Lock'";
    while ((await watcher.query(WAITING)).rowCount !== 1) await sleep(50);
    await watcher.query(`SELECT pg_terminate_backend(pid) FROM (${WAITING}) AS waiting`);
    const { code, line } = await run.result;
    await holder.query("ROLLBACK");
    expect(code).toBe(1);
    expect(line.message).toMatch(
      /^backup failed: pg_dump failed \(exit code 1\): pg_dump: error: .*terminating connection due to administrator command/,
    );
    await nothingLeft();
  });

  it("for a pg_dump that is older than the server", async () => {
    world.wrap("pg_dump", 'echo "pg_dump (PostgreSQL) 14.9"');
    const { code, line } = await world.run();
    const { rows } = await (await world.server.connect()).query<{ server_version: string }>("SHOW server_version");
    const version = rows[0]?.server_version ?? "";
    const major = version.split(".")[0];
    expect([code, line.message]).toEqual([
      1,
      `backup failed: pg_dump must be ${major} or newer for a server of version ${version}, got 14.9. ` +
        `Set backups.image to one with PostgreSQL's client programs of version ${major} or newer.`,
    ]);
    await nothingLeft();
  });

  it.each([
    [
      "cut in half, which pg_restore --list accepts",
      '"$REAL" "$@" && for a; do f=${a#--file=}; done && truncate -s $(($(stat -c %s "$f") / 2)) "$f"',
      "pg_restore failed (exit code 1): pg_restore: error: could not read from input file: end of file.",
    ],
    ["empty", 'case "$1" in --version) exec "$REAL" "$@";; esac; for a; do f=${a#--file=}; done; : > "$f"', "the dump is empty (0 bytes)."],
    [
      "no archive",
      'case "$1" in --version) exec "$REAL" "$@";; esac; for a; do f=${a#--file=}; done; echo hello > "$f"',
      "pg_restore failed (exit code 1): pg_restore: error: input file does not appear to be a valid archive (too short?).",
    ],
  ])("for a dump that is %s", async (_, script, complaint) => {
    world.wrap("pg_dump", script.startsWith("case") ? script : `case "$1" in --version) exec "$REAL" "$@";; esac; ${script}`);
    const { code, line } = await world.run();
    expect([code, line.message]).toEqual([1, `backup failed: ${complaint}`]);
    await nothingLeft();
  });

  it("for a volume that is full", async () => {
    world.wrap("pg_dump", 'ulimit -f 8; trap "" XFSZ; exec "$REAL" "$@"');
    const { code, line } = await world.run();
    expect(code).toBe(1);
    expect(line.message).toMatch(/^backup failed: pg_dump failed \(exit code 1\): .*File too large/);
    expect(line.message.endsWith(" The volume is full: make backups.volumeGibibytes larger.")).toBe(true);
    await nothingLeft();
  });

  it("for settings that are wrong, all of them told at once and no value of a secret", async () => {
    const { code, line } = await world.run({ PGPASSWORD: "", PGPORT: "0", BACKUP_RETENTION_DAYS: "ten" });
    expect([code, line.message, world.files()]).toEqual([
      1,
      'backup failed: 3 problems in the environment; nothing was done: PGPORT must be a TCP port, 1 to 65535, got "0". ' +
        'PGPASSWORD must be that role\'s password, got (hidden). BACKUP_RETENTION_DAYS must be 1 to 3650 (days), got "ten".',
      [],
    ]);
  });
});

describe("an S3 that does not take the dump", () => {
  it("refuses: the dump stays on the volume without a manifest, and the bucket has nothing, not even parts", async () => {
    const gateway = await startGateway((call) => call.startsWith("PUT ") && call.includes("partNumber"));
    const { code, line } = await world.run(gateway.environment);
    await gateway.stop();
    const [name] = dumps();
    expect([code, line.message]).toEqual([
      1,
      `backup failed: cannot store s3://${world.bucket}/${world.prefix()}${name}: AccessDenied: Access Denied. ` +
        "The dump is kept on the volume; run the Job again when S3 takes it.",
    ]);
    expect(world.files()).toEqual([".lock", name]);
    expect([await objects(), await openUploads()]).toEqual([[], 0]);
    expect(gateway.calls.map((call) => call.split("?")[0])).toEqual([
      "POST maestroverse-….dump",
      "PUT maestroverse-….dump",
      "DELETE maestroverse-….dump",
    ]);
  });

  it("refuses the manifest: the run fails, and the local dump does not count as verified", async () => {
    const gateway = await startGateway((call) => call === "PUT maestroverse-….dump.manifest.json");
    const { code, line } = await world.run(gateway.environment);
    await gateway.stop();
    expect([code, line.status]).toEqual([1, "error"]);
    expect(world.files()).toEqual([".lock", ...dumps()]);
    expect(await objects()).toEqual(["maestroverse-….dump"]);
  });

  it("is asked for the manifest last, when all of the dump is there", async () => {
    const gateway = await startGateway(() => false);
    expect((await world.run(gateway.environment)).code).toBe(0);
    await gateway.stop();
    expect(gateway.calls).toEqual([
      "POST maestroverse-….dump?uploads",
      "PUT maestroverse-….dump?partNumber=1&uploadId=…",
      "POST maestroverse-….dump?uploadId=…",
      "PUT maestroverse-….dump.manifest.json",
    ]);
  });

  it("does not know the key: nothing of it is repeated", async () => {
    const xml =
      "<Error><Code>InvalidAccessKeyId</Code><Message>The key does not exist</Message><AWSAccessKeyId>AKIAREPEATED</AWSAccessKeyId></Error>";
    const gateway = await startGateway(() => true, xml);
    const { code, output } = await world.run({ ...gateway.environment, AWS_SECRET_ACCESS_KEY: "secret-of-the-key" });
    await gateway.stop();
    expect(code).toBe(1);
    expect(["AKIAREPEATED", "secret-of-the-key", BACKUP_PASSWORD].filter((secret) => output.includes(secret))).toEqual([]);
  });

  it("has no such bucket", async () => {
    const { code, line } = await world.run({ BACKUP_BUCKET: "no-such-bucket" });
    expect(code).toBe(1);
    expect(line.message).toBe(
      `backup failed: cannot store s3://no-such-bucket/${world.prefix()}${dumps()[0]}: NoSuchBucket: The specified bucket does not exist. ` +
        "The dump is kept on the volume; run the Job again when S3 takes it.",
    );
  });

  it("has an object of that name already: it stays as it is", async () => {
    const file = join(world.place, "file");
    const target = { bucket: world.bucket, key: `${world.prefix()}one.dump`, kmsKey: "alias/maestroverse-backup" };
    writeFileSync(file, "first");
    await uploadFile(world.s3, target, file, {});
    writeFileSync(file, "second");
    await expect(uploadFile(world.s3, target, file, {})).rejects.toThrow(
      "An object of that name is there already and stays as it is; run again in the next minute.",
    );
    expect([await objects(), await openUploads()]).toEqual([["one.dump"], 0]);
  });
});

describe("a run that is ended in the middle of the dump", () => {
  /** Writes the whole dump under its temporary name, says so, and waits. */
  const HELD =
    'case "$1" in --version) exec "$REAL" "$@";; esac; "$REAL" "$@"; : > $PLACE/held; i=0; while [ ! -e $PLACE/go ] && [ $((i += 1)) -lt 1200 ]; do sleep 0.05; done';
  const letGo = () => writeFileSync(join(world.place, "go"), "");

  it("by kill -9 leaves nothing that bears a dump's name, and the next run removes what it left", async () => {
    world.wrap("pg_dump", HELD);
    const run = world.start();
    await world.reached("held");
    run.process.kill("SIGKILL");
    expect((await run.result).code).toBe(null);
    expect(world.files().map((name) => name.replace(/\d{8}-\d{4}/, "…"))).toEqual([".lock", ".partial-maestroverse-….dump"]);
    expect(await objects()).toEqual([]);
    letGo();
    // And what was left in other minutes: a run of this one would write over its own.
    for (const name of [".partial-maestroverse-20200101-0200.dump", ".partial-maestroverse-20200101-0200.dump.manifest.json"])
      writeFileSync(join(world.volume, name), "");

    const { code, line } = await world.run();
    expect(code).toBe(0);
    const file = line.manifest?.file as string;
    expect(world.files()).toEqual([".lock", file, `${file}.manifest.json`]);
  });

  it("by SIGTERM says so, and leaves nothing", async () => {
    world.wrap("pg_dump", HELD);
    const run = world.start();
    await world.reached("held");
    run.process.kill("SIGTERM");
    letGo();
    const { code, line } = await run.result;
    expect([code, line.message]).toEqual([1, "backup failed: ended by SIGTERM before it was done. Nothing partial was left."]);
    expect([world.files(), await objects()]).toEqual([[".lock"], []]);
  });

  it("does not hinder the next, as its lock ends with it; but while it runs, another is refused and does nothing", async () => {
    world.wrap("pg_dump", HELD);
    const first = world.start();
    await world.reached("held");
    const second = await world.run();
    expect([second.code, second.line.message]).toEqual([
      1,
      `backup failed: another backup is running in ${world.volume}. Nothing was done; wait for it to end.`,
    ]);
    expect(world.files().map((name) => name.replace(/\d{8}-\d{4}/, "…"))).toEqual([".lock", ".partial-maestroverse-….dump"]);
    letGo();
    expect((await first.result).code).toBe(0);
    expect((await world.run()).code).toBe(0);
    expect(dumps()).toHaveLength(2);
  });
});

it("keeps expired dumps when a run fails", async () => {
  mkdirSync(world.volume);
  writeFileSync(join(world.volume, "maestroverse-20200101-0200.dump"), "");
  writeFileSync(join(world.volume, "maestroverse-20200102-0200.dump"), "");
  expect((await world.run({ PGPASSWORD: "this-is-not-it" })).code).toBe(1);
  expect(dumps()).toEqual(["maestroverse-20200101-0200.dump", "maestroverse-20200102-0200.dump"]);
});

it("says what is missing where there is no pg_dump", async () => {
  const empty = join(world.place, "empty");
  mkdirSync(empty);
  for (const program of ["flock"]) execFileSync("ln", ["-s", `/usr/bin/${program}`, join(empty, program)]);
  expect(existsSync(join(empty, "pg_dump"))).toBe(false);
  const { code, line } = await world.run({ PATH: empty });
  expect([code, line.message]).toEqual([1, "backup failed: pg_dump is not installed. Install PostgreSQL's client programs."]);
});
