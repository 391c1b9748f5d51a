/**
 * Faults that a nightly backup survives or reports, on a real PostgreSQL and moto's S3: an S3 that is silent or lies, kill -9 at every step, clocks, a
 * full disk, a newer server. Each leaves nothing that looks like a backup and is none.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { CronExpressionParser } from "cron-parser";
import { readStackSettings } from "../../ops/access";
import type { Manifest } from "../../ops/backup/manifest";
import { createS3Client, uploadFile } from "../../ops/backup/upload";
import { BACKUP_PASSWORD, type BackupWorld, startBackupWorld } from "../helpers/backup-program";
import { startDatabaseServer } from "../helpers/database-server";
import { startS3Gateway, type Treatment } from "../helpers/s3-gateway";

let world: BackupWorld;
beforeAll(async () => {
  world = await startBackupWorld();
}, 120_000);
afterAll(() => world.stop());
beforeEach(() => world.reset());

const DUMP = /^maestroverse-\d{8}-\d{4}(-\d+)?\.dump$/;
const CLOCK = `--require=${join(__dirname, "..", "helpers", "fixed-date.js")}`;
/** The program's environment in which it is that moment. */
const at = (moment: string, zone = "UTC") => ({ NODE_OPTIONS: CLOCK, MAESTROVERSE_TEST_TODAY: moment, TZ: zone });
const keys = async () => {
  const { Contents = [] } = await world.s3.send(new ListObjectsV2Command({ Bucket: world.bucket, Prefix: world.prefix() }));
  return Contents.map(({ Key = "" }) => Key.slice(world.prefix().length));
};
const openUploads = async () => {
  const { Uploads = [] } = await world.s3.send(new ListMultipartUploadsCommand({ Bucket: world.bucket }));
  return Uploads.filter(({ Key }) => Key?.startsWith(world.prefix())).length;
};
const dumps = () => world.files().filter((name) => DUMP.test(name));
const PART = "PUT maestroverse-….dump?partNumber=1&uploadId=…";
const COMPLETE = "POST maestroverse-….dump?uploadId=…";
const MANIFEST = "PUT maestroverse-….dump.manifest.json";

/** The program's way to store a file, with a patience that a test has. */
async function upload(treat: (call: string, before: number) => Treatment, silence: number) {
  const gateway = await startS3Gateway(world, treat);
  const file = join(world.place, "file");
  writeFileSync(file, "a dump");
  Object.assign(process.env, gateway.environment, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
  const client = createS3Client({ region: "eu-central-1" }, silence);
  const target = { bucket: world.bucket, key: `${world.prefix()}maestroverse-20261124-0200.dump`, kmsKey: "alias/maestroverse-backup" };
  const begun = Date.now();
  const outcome = await uploadFile(client, target, file, {}).then(
    () => "stored",
    (error: Error) => error.message.replace(/^cannot store \S+: /, ""),
  );
  await gateway.stop();
  return { outcome, milliseconds: Date.now() - begun, parts: gateway.calls.filter((call) => call === PART).length };
}

describe("an S3 that is silent", () => {
  it("is asked again, and then given up with what to do: a run does not hang", async () => {
    const { outcome, milliseconds, parts } = await upload((call) => ({ stall: call === PART }), 500);
    expect([outcome, parts]).toEqual([
      "TimeoutError: @smithy/node-http-handler - the request socket timed out after 500 ms of inactivity (configured by client requestHandler). The dump is kept on the volume; run the Job again when S3 takes it.",
      5,
    ]);
    expect(milliseconds).toBeLessThan(15_000);
    expect([await keys(), await openUploads()]).toEqual([[], 0]);
  });

  it("and answers the second time, costs the night nothing", async () => {
    const { outcome, parts } = await upload((call, before) => ({ stall: call === PART && before === 0 }), 500);
    expect([outcome, parts, await keys()]).toEqual(["stored", 2, ["maestroverse-20261124-0200.dump"]]);
  });

  it("but only slow, is waited for", async () => {
    const { outcome, parts } = await upload((call) => ({ after: call === PART ? sleep(1500) : Promise.resolve() }), 10_000);
    expect([outcome, parts]).toEqual(["stored", 1]);
  });
});

describe("a checksum that is another in S3", () => {
  const OTHER = createHash("sha256").update("another").digest("base64");

  it.each<[string, string, Treatment, RegExp, string[]]>([
    [
      "says so of bytes that were changed on their way",
      PART,
      { body: flipped },
      /: BadDigest: The SHA256 you specified did not match the calculated checksum\. The dump is kept on the volume/,
      [],
    ],
    [
      "answers another one of a part",
      PART,
      { answerHeaders: { "x-amz-checksum-sha256": OTHER } },
      /: the checksum that S3 gives of part 1 is \S+, the one of what was sent is \S+\. The dump is kept on the volume/,
      [],
    ],
    [
      "answers another one of the whole",
      COMPLETE,
      { answer: (text) => text.replace("</CompleteMultipartUploadResponse>", `<ChecksumSHA256>${OTHER}-1</ChecksumSHA256>$&`) },
      /: the checksum that S3 gives of the object is \S+, the one of what was sent is \S+-1\. The dump is kept on the volume/,
      // It cannot be taken back, as the pod may delete nothing. Without a manifest it does not count.
      ["maestroverse-….dump"],
    ],
  ])("%s: the run fails, and no manifest says that it is whole", async (_, call, treatment, message, left) => {
    const gateway = await startS3Gateway(world, (each) => (each === call ? treatment : {}));
    const { code, line } = await world.run(gateway.environment);
    await gateway.stop();
    expect([code, line.status]).toEqual([1, "error"]);
    expect(line.message).toMatch(message);
    expect((await keys()).map((key) => key.replace(/\d{8}-\d{4}/, "…"))).toEqual(left);
    expect([world.files(), await openUploads()]).toEqual([[".lock", ...dumps()], 0]);
  });
});

/** The last byte is another. */
function flipped(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}

describe("kill -9", () => {
  const HOLD = ': > $PLACE/held; while [ ! -e $PLACE/go ]; do sleep 0.05; done; exec "$REAL" "$@"';
  const notVersion = (script: string) => `case "$1" in --version) exec "$REAL" "$@";; esac; ${script}`;

  /** Every local dump can be read to its end, and every manifest tells the truth about a stored object. */
  async function nothingFalse(): Promise<void> {
    for (const name of dumps())
      execFileSync(join(world.server.programs, "pg_restore"), ["--file=/dev/null", join(world.volume, name)], { stdio: "pipe" });
    for (const key of (await keys()).filter((each) => each.endsWith(".manifest.json"))) {
      const fetched = async (Key: string) => {
        const { Body } = await world.s3.send(new GetObjectCommand({ Bucket: world.bucket, Key: world.prefix() + Key }));
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      };
      const manifest = JSON.parse((await fetched(key)).toString()) as Manifest;
      expect(
        createHash("sha256")
          .update(await fetched(manifest.file))
          .digest("hex"),
      ).toBe(manifest.sha256);
    }
  }

  it.each<[string, { readonly program?: "pg_dump" | "pg_restore"; readonly call?: string }, number]>([
    ["while pg_dump begins", { program: "pg_dump" }, 0],
    ["while the archive is read", { program: "pg_restore" }, 0],
    ["before a part is sent", { call: PART }, 1],
    ["before the upload is completed", { call: COMPLETE }, 1],
    ["before the manifest is stored", { call: MANIFEST }, 1],
  ])("%s leaves nothing false, and the next run succeeds", async (_, { program, call }, left) => {
    if (program !== undefined) world.wrap(program, notVersion(HOLD));
    const never = new Promise(() => undefined);
    const gateway = await startS3Gateway(world, (each, before) => (each === call && before === 0 ? { after: never } : {}));
    const run = world.start(gateway.environment);
    if (program !== undefined) await world.reached("held");
    while (call !== undefined && !gateway.calls.includes(call)) await sleep(20);
    run.process.kill("SIGKILL");
    await run.result;
    writeFileSync(join(world.place, "go"), "");
    expect([dumps().length, world.files().filter((name) => name.endsWith(".manifest.json"))]).toEqual([left, []]);
    await nothingFalse();

    const { code, line } = await world.run(gateway.environment);
    await gateway.stop();
    expect([code, line.status]).toEqual([0, "info"]);
    expect(dumps()).toHaveLength(left + 1);
    expect((await keys()).filter((key) => key.endsWith(".manifest.json"))).toEqual([`${line.manifest?.file}.manifest.json`]);
    await nothingFalse();
  });
});

describe("clocks", () => {
  it("set back by an hour: the dump gets a name of its own, says so, and nothing is removed", async () => {
    mkdirSync(world.volume);
    writeFileSync(join(world.volume, "maestroverse-20260901-0200.dump"), "");
    const before = await world.run(at("2026-11-24T03:00:00Z"));
    writeFileSync(join(world.volume, "maestroverse-20260902-0200.dump"), "");
    const after = await world.run(at("2026-11-24T02:00:00Z"));
    expect([before, after].map(({ code, line }) => [code, line.status, line.removed])).toEqual([
      [0, "info", ["maestroverse-20260901-0200.dump"]],
      [0, "warn", []],
    ]);
    expect(dumps()).toEqual(["maestroverse-20260902-0200.dump", "maestroverse-20261124-0200.dump", "maestroverse-20261124-0300.dump"]);
    expect(after.line.message).toMatch(
      /the clock says 2026-11-24T02:00:\S+, maestroverse-20261124-0300\.dump was begun at \S+: it was set back\./,
    );
  });

  it("of a host whose 02:30 comes twice in autumn: two names, an hour apart, and no doubt about either", async () => {
    const runs = [
      await world.run(at("2026-10-25T00:30:00Z", "Europe/Berlin")),
      await world.run(at("2026-10-25T01:30:00Z", "Europe/Berlin")),
    ];
    expect(runs.map(({ code, line }) => [code, line.status, line.manifest?.file])).toEqual([
      [0, "info", "maestroverse-20261025-0030.dump"],
      [0, "info", "maestroverse-20261025-0130.dump"],
    ]);
  });

  it.each(["prod", "staging"])(
    "of the CronJob of %s know no summer time: one dump each day, 24 hours apart, on both nights",
    async (stack) => {
      const { schedule, timeZone } = (await readStackSettings(stack)).backups;
      const runs = (from: string, tz: string) => {
        const times = CronExpressionParser.parse(schedule, { tz, currentDate: from });
        return [1, 2, 3].map(() => times.next().toDate().toISOString().slice(5, 16));
      };
      expect(runs("2026-03-28T00:00:00Z", timeZone)).toEqual(["03-28T02:00", "03-29T02:00", "03-30T02:00"]);
      expect(runs("2026-10-24T00:00:00Z", timeZone)).toEqual(["10-24T02:00", "10-25T02:00", "10-26T02:00"]);
      // Where 02:00 is not every night an hour: in spring it does not exist, and the night after is 23 hours later or 25.
      expect(runs("2026-03-28T00:00:00Z", "Europe/Berlin")).not.toEqual(["03-28T01:00", "03-29T01:00", "03-30T01:00"]);
    },
  );
});

describe("a disk that is full", () => {
  const PAGE = 4096;
  /** Runs the program with a volume of so many bytes. @returns what it said, and what it left on the volume */
  async function onDiskOf(bytes: number) {
    mkdirSync(world.volume, { recursive: true });
    const left = join(world.place, "left");
    const { code, line } = await world.start({}, [
      ...["bwrap", "--dev-bind", "/", "/", "--size", String(bytes), "--tmpfs", world.volume],
      ...["sh", "-c", `"$@"; code=$?; ls -A ${world.volume} > ${left}; exit $code`, "sh"],
    ]).result;
    return { code, message: line.message, left: readFileSync(left, "utf8").trim().split("\n") };
  }

  it("for the dump: the run says which setting to change, and leaves nothing", async () => {
    const { code, message, left } = await onDiskOf(4 * PAGE);
    expect(code).toBe(1);
    expect(message).toMatch(
      /^backup failed: pg_dump failed \(exit code 1\): .*No space left on device.* The volume is full: make backups\.volumeGibibytes larger\.$/,
    );
    expect([left, await keys()]).toEqual([[".lock"], []]);
  });

  it("for the manifest beside it: the run says that S3 has both, and fails", async () => {
    const { sizeBytes = 0 } = (await world.run()).line.manifest ?? {};
    world.reset();
    const { code, message, left } = await onDiskOf(Math.ceil(sizeBytes / PAGE) * PAGE);
    expect([code, message]).toEqual([
      1,
      `backup failed: the dump is stored, and its manifest cannot be written beside it in ${world.volume}: no space left on device. ` +
        "The volume is full: make backups.volumeGibibytes larger.",
    ]);
    const [name = ""] = (await keys()).sort();
    expect([left, await keys()]).toEqual([
      [".lock", name],
      [name, `${name}.manifest.json`],
    ]);
  });
});

it("a real server that is newer than pg_dump: refused before anything is dumped", async () => {
  const newer = await startDatabaseServer({ edition: "npm" });
  try {
    const root = await newer.connect();
    await root.query(`CREATE ROLE maestro_backup LOGIN PASSWORD '${BACKUP_PASSWORD}'`);
    await root.query("CREATE DATABASE maestroverse");
    const { code, line } = await world.run({ PGPORT: String(newer.port) });
    expect(code).toBe(1);
    expect(line.message).toMatch(
      /^backup failed: pg_dump must be 18 or newer for a server of version 18\.\d+, got 15\.\d+\. Set backups\.image to /,
    );
    expect([world.files(), await keys()]).toEqual([[".lock"], []]);
  } finally {
    await newer.stop();
  }
});
