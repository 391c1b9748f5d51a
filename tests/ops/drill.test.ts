/**
 * `ops drill` and `ops restore` on the whole environment: a real dump of a real PostgreSQL, its bucket, migrations and server. Does not prove RDS,
 * nor how long a database of the real one's size takes.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { execa } from "execa";
import { join, resolve } from "node:path";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { type Client, escapeLiteral } from "pg";
import { openAccess } from "../../ops/access";
import { manifestName } from "../../ops/backup/dump-files";
import type { Manifest } from "../../ops/backup/manifest";
import type { ClusterAccess } from "../../ops/cluster";
import { listAll, readText, wholeDumps } from "../../ops/recovery/dumps";
import { type Findings, findingsPlace } from "../../ops/recovery/findings";
import { recover, type RecoveryOptions } from "../../ops/recovery/recovery";
import { verify } from "../../ops/verify/run";
import { Systems } from "../../ops/verify/systems";
import { KEEP_TIMEOUT, keepRehearsal, type SharedRehearsal } from "../helpers/kept-rehearsal";

const ROOT = resolve(__dirname, "..", "..");
const PREFIX = "postgresql/";
const TRY_MILLISECONDS = 120_000;
/** Sorts after every dump of these days. */
const [NEWER, NEWEST] = ["maestroverse-20990101-0200.dump", "maestroverse-20990102-0200.dump"];

let rehearsal: SharedRehearsal;
let systems: Systems;
let admin: Client;
let cluster: ClusterAccess;
let s3: S3Client;
let bucket: string;
let good: { readonly key: string; readonly body: Buffer; readonly manifest: Manifest };

beforeAll(async () => {
  rehearsal = await keepRehearsal();
  systems = new Systems(await openAccess("rehearsal"));
  admin = await systems.administrator();
  cluster = await systems.cluster();
  s3 = await systems.s3();
  bucket = rehearsal.settings.backups.bucket;
  const [latest] = wholeDumps(await listAll(s3, { bucket, prefix: PREFIX }));
  const key = latest?.key;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const manifest = JSON.parse(await readText(s3, bucket, manifestName(key))) as Manifest;
  good = { key, body: Buffer.from((await Body?.transformToByteArray()) ?? []), manifest };
}, KEEP_TIMEOUT);

afterAll(async () => {
  await systems?.close();
  rehearsal?.release();
});

const run = (options: Partial<RecoveryOptions> = {}) =>
  recover({
    kind: "drill",
    stack: "rehearsal",
    dumpsOf: "rehearsal",
    show: async (_, work) => (await work(() => undefined)).result,
    signal: AbortSignal.timeout(TRY_MILLISECONDS),
    ...options,
  });

/** Puts dumps into the bucket that are newer than the good one, and takes them away after the work. */
async function withDumps<T>(
  dumps: Readonly<Record<string, { body?: Buffer; manifest?: Partial<Manifest> }>>,
  work: () => Promise<T>,
): Promise<T> {
  const keys: string[] = [];
  const put = async (Key: string, Body: Buffer | string) => {
    keys.push(Key);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  };
  try {
    for (const [file, { body = good.body, manifest = {} }] of Object.entries(dumps)) {
      await put(`${PREFIX}${file}`, body);
      await put(`${PREFIX}${manifestName(file)}`, JSON.stringify({ ...good.manifest, versionId: undefined, file, ...manifest }));
    }
    return await work();
  } finally {
    for (const Key of keys) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  }
}

/** What a drill leaves where it should leave nothing. */
async function leftOver(): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    "SELECT datname::text AS name FROM pg_database WHERE datname LIKE 'maestroverse_drill_%'",
  );
  const { namespace, migrationsNamespace } = rehearsal.settings.cluster;
  const paths = [
    ...["pods", "secrets"].map((kind) => `/api/v1/namespaces/${namespace}/${kind}`),
    `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
    `/api/v1/namespaces/${migrationsNamespace}/secrets`,
    `/apis/batch/v1/namespaces/${migrationsNamespace}/jobs`,
  ];
  const lists = await Promise.all(
    paths.map((path) =>
      cluster.get<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>(`${path}?labelSelector=maestroverse.edu%2Frun`),
    ),
  );
  const objects = lists.flatMap(({ items }) => items.filter(({ metadata }) => metadata.deletionTimestamp === undefined));
  return [...rows.map(({ name }) => name), ...objects.map(({ metadata }) => metadata.name)];
}

it(
  "restores, compares, migrates, tries rights and server, and leaves findings and nothing else",
  async () => {
    const { stdout, exitCode } = await execa(
      process.execPath,
      ["--import", require.resolve("tsx"), join(ROOT, "ops", "main.ts"), "drill", "--stack", "rehearsal", "--json"],
      { cwd: ROOT },
    );
    const findings = JSON.parse(stdout) as Findings;
    expect([exitCode, findings.passed, findings.problems, findings.skipped]).toEqual([0, true, [], []]);
    expect(findings.dump?.location).toBe(`s3://${bucket}/${good.key}`);
    expect(findings.steps.map(({ told }) => told)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\d+ tables, \d+ rows, schema and values are the dump's$/),
        "No pending migrations to apply.",
        expect.stringMatching(/^\d{3} statements, allowed or refused as specified$/),
        "health 200, register 201, login 200, who am I 200, write 201, read back 200, read what was restored 200",
      ]),
    );
    expect(await leftOver()).toEqual([]);
    const stored = (await listAll(s3, findingsPlace(bucket))).flatMap(({ Key = "" }) => (Key.includes(findings.run) ? [Key] : [])).sort();
    expect(stored.map((key) => key.split(".").at(-1))).toEqual(["json", "md"]);
    expect(JSON.parse(await readText(s3, bucket, stored[0]))).toEqual(findings);
    const { probes } = await verify(await openAccess("rehearsal"), { only: ["drill"], signal: AbortSignal.timeout(60_000) });
    expect(probes.map(({ outcome, seen }) => [outcome, seen])).toEqual([
      ["pass", expect.stringMatching(/^0 days ago by \S+ on \S+: data of .+ before, served after \d+ s$/)],
    ]);
  },
  TRY_MILLISECONDS,
);

describe("a newest dump that is no good", () => {
  it(
    "is cut: the one before is restored, and the drill fails for it",
    async () => {
      const findings = await withDumps({ [NEWEST]: { body: good.body.subarray(0, good.body.length / 2) } }, () => run());
      expect(findings.passed).toBe(false);
      expect(findings.skipped).toEqual([
        { key: `${PREFIX}${NEWEST}`, why: `it has ${Math.floor(good.body.length / 2)} bytes, ${good.body.length} were stored` },
      ]);
      expect([findings.dump?.location, findings.problems]).toEqual([`s3://${bucket}/${good.key}`, []]);
      const { probes } = await verify(await openAccess("rehearsal"), { only: ["drill"], signal: AbortSignal.timeout(60_000) });
      expect(probes.map(({ outcome, seen }) => [outcome, seen])).toEqual([["fail", expect.stringContaining(`${NEWEST}: it has`)]]);
    },
    TRY_MILLISECONDS,
  );

  it(
    "was written over since: the version of its manifest is restored, and the drill fails for it",
    async () => {
      const Key = good.key ?? "";
      const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: good.body.subarray(0, 9000) }));
      try {
        const findings = await run();
        expect([findings.passed, findings.dump?.location, findings.problems]).toEqual([false, `s3://${bucket}/${Key}`, []]);
        const { versionId } = good.manifest;
        expect(findings.skipped).toEqual([
          {
            key: `what is newest under ${Key}`,
            why: `9000 bytes were written over it, as version ${VersionId}; used is version ${versionId}, which its manifest names`,
          },
        ]);
      } finally {
        // It is under the bucket's object lock, in governance mode.
        await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId, BypassGovernanceRetention: true }));
      }
    },
    TRY_MILLISECONDS,
  );

  it(
    "is another's bytes, or has no manifest of ours: each is told, and the next is tried",
    async () => {
      const damaged = { [NEWEST]: { body: Buffer.alloc(good.body.length) }, [NEWER]: { manifest: { sha256: "none" } } };
      const findings = await withDumps(damaged, () => run());
      expect(findings.skipped.map(({ why }) => why)).toEqual([
        "its SHA-256 is not the one that was stored",
        expect.stringContaining("its manifest is not one of this program's: sha256"),
      ]);
      expect(findings.problems).toEqual([]);
    },
    TRY_MILLISECONDS,
  );

  it(
    "is like two others: nothing is restored",
    async () => {
      const cut = { body: Buffer.from("PGDMP") };
      const findings = await withDumps({ "maestroverse-20990103-0200.dump": cut, [NEWEST]: cut, [NEWER]: cut }, () => run());
      expect(findings.passed).toBe(false);
      expect(findings.problems).toEqual(["Fetch the newest whole dump: none of the 3 newest dumps is what its manifest says"]);
      expect(findings.steps).toHaveLength(1);
    },
    TRY_MILLISECONDS,
  );

  it(
    "holds other rows than its manifest says",
    async () => {
      const table = Object.keys(good.manifest.contents.tables).find((name) => name.includes("User")) as string;
      const tables = { ...good.manifest.contents.tables, [table]: { rows: 4711, every: 1, sample: "0" } };
      const findings = await withDumps({ [NEWEST]: { manifest: { contents: { ...good.manifest.contents, tables } } } }, () => run());
      expect(findings.problems).toEqual([
        expect.stringMatching(/^rows are missing or too many: public\."User" \(\d+, dumped were 4711\)\.$/),
      ]);
      expect(await leftOver()).toEqual([]);
    },
    TRY_MILLISECONDS,
  );
});

it(
  "is done by an administrator who is no superuser, as RDS's, whom it leaves a member of nothing",
  async () => {
    const file = join(rehearsal.directory, "as-on-rds.yaml");
    const name = rehearsal.settings.database.name;
    const { password } = await systems.database();
    await admin.query(`
      CREATE ROLE as_on_rds LOGIN CREATEDB CREATEROLE PASSWORD ${escapeLiteral(password)};
      GRANT pg_monitor, pg_signal_backend TO as_on_rds; GRANT CONNECT ON DATABASE ${name} TO as_on_rds`);
    try {
      const stackFile = readFileSync(join(ROOT, "Pulumi.rehearsal.yaml"), "utf8");
      writeFileSync(file, stackFile.replace(/adminUser: \S+/, "adminUser: as_on_rds"));
      const findings = await run({ settingsFile: file });
      expect([findings.passed, findings.problems, findings.skipped]).toEqual([true, [], []]);
      const { rows } = await admin.query<{ role: string }>(
        "SELECT roleid::regrole::text AS role FROM pg_auth_members WHERE member = 'as_on_rds'::regrole ORDER BY 1",
      );
      expect(rows.map(({ role }) => role)).toEqual(["pg_monitor", "pg_signal_backend"]);
      expect(await leftOver()).toEqual([]);
    } finally {
      await admin.query("DROP OWNED BY as_on_rds; DROP ROLE as_on_rds");
      rmSync(file, { force: true });
    }
  },
  TRY_MILLISECONDS,
);

it(
  "removes what a run that was killed has left",
  async () => {
    const { namespace } = rehearsal.settings.cluster;
    await admin.query("CREATE DATABASE maestroverse_drill_209901010000_dead");
    await cluster.create(`/api/v1/namespaces/${namespace}/secrets`, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "maestroverse-drill-app-dead", namespace, labels: { "maestroverse.edu/run": "dead" } },
    });
    expect(await leftOver()).toHaveLength(2);
    const findings = await run();
    expect(findings.steps.find(({ name }) => name.startsWith("Remove what killed"))?.told).toBe(
      "maestroverse-drill-app-dead, maestroverse_drill_209901010000_dead",
    );
    expect(await leftOver()).toEqual([]);
  },
  TRY_MILLISECONDS,
);

describe("what is refused before anything is done", () => {
  it("is production", async () => {
    await expect(run({ stack: "prod", dumpsOf: "prod" })).rejects.toThrow("stack prod is production: a drill never touches it.");
  });

  it("is a second one at the same time", async () => {
    const holder = await systems.administrator();
    await holder.query("SELECT pg_advisory_lock(5030826)");
    await expect(run()).rejects.toThrow("another drill or recovery is at work on this server. Nothing was done");
    await holder.query("SELECT pg_advisory_unlock(5030826)");
  });

  it("is a database that exists", async () => {
    const { name } = rehearsal.settings.database;
    await expect(run({ kind: "restore", to: name })).rejects.toThrow(
      `--to must be a new database, got ${name}, which the application uses.`,
    );
    await expect(run({ kind: "restore", to: "postgres" })).rejects.toThrow("Nothing that exists is restored into: choose another name.");
    await expect(run({ kind: "restore", to: "No-Name" })).rejects.toThrow(
      '--to must be a PostgreSQL identifier in lower case, got "No-Name"',
    );
  });

  it("is what the operator does not confirm", async () => {
    await expect(run({ kind: "restore", to: "not_confirmed", confirm: () => Promise.reject(new Error("no")) })).rejects.toThrow("no");
    const { rows } = await admin.query("SELECT FROM pg_database WHERE datname = 'not_confirmed'");
    expect(rows).toEqual([]);
  });
});

it(
  "restores for the real day into a database that stays, and writes nothing of its own into it",
  async () => {
    const to = "maestroverse_restored_by_test";
    try {
      const findings = await run({ kind: "restore", to });
      expect([findings.passed, findings.problems]).toEqual([true, []]);
      const restored = await systems.administrator(to);
      const { rows } = await restored.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM "User"`);
      expect(rows[0]?.rows).toBe(good.manifest.contents.tables['public."User"']?.rows);
      await restored.end();
      expect(await leftOver()).toEqual([]);
    } finally {
      await admin.query(`DROP DATABASE IF EXISTS ${to} WITH (FORCE)`);
    }
  },
  TRY_MILLISECONDS,
);
