/**
 * The nightly backup as the pod runs it, from a real PostgreSQL to moto's S3. It does not prove that AWS checks what moto checks, nor how long
 * a database of the real one's size takes.
 */
import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { GetObjectCommand, HeadObjectCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { REPOSITORY } from "../../toolchain/versions";
import type { Manifest } from "../../ops/backup/manifest";
import { BACKUP_PASSWORD, type BackupWorld, type RunResult, startBackupWorld } from "../helpers/backup-program";

let world: BackupWorld;
beforeAll(async () => {
  world = await startBackupWorld();
}, 120_000);
afterAll(() => world.stop());
beforeEach(() => world.reset());

const DUMP = /^maestroverse-\d{8}-\d{4}(-\d+)?\.dump$/;
const body = async (key: string) => {
  const { Body } = await world.s3.send(new GetObjectCommand({ Bucket: world.bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
const sha256 = (data: Buffer) => createHash("sha256").update(data);

describe("a run that succeeds", () => {
  it("leaves the dump and its manifest on the volume and in the bucket, alike and with true checksums", async () => {
    const { code, line, manifest } = (await world.run()) as RunResult & { readonly manifest: Manifest };
    expect([code, line.status, line.message, line.removed]).toEqual([0, "info", `backup stored as ${manifest.location}`, []]);
    expect(manifest.file).toMatch(DUMP);
    expect(world.files()).toEqual([".lock", manifest.file, `${manifest.file}.manifest.json`]);

    const local = readFileSync(join(world.volume, manifest.file));
    const key = `${world.prefix()}${manifest.file}`;
    const stored = await body(key);
    expect(stored.equals(local)).toBe(true);
    expect(manifest).toEqual({
      formatVersion: 2,
      file: manifest.file,
      location: `s3://${world.bucket}/${key}`,
      versionId: manifest.versionId,
      sizeBytes: local.length,
      sha256: sha256(local).digest("hex"),
      // Of one part: the checksum of its checksum, and the number of parts.
      s3Checksum: `${createHash("sha256").update(sha256(local).digest()).digest("base64")}-1`,
      database: "maestroverse",
      host: "127.0.0.1",
      serverVersion: manifest.serverVersion,
      pgDumpVersion: manifest.pgDumpVersion,
      systemIdentifier: expect.stringMatching(/^\d+$/) as string,
      contents: {
        schema: manifest.contents.schema,
        migration: null,
        tables: {
          'public."Course"': { rows: 300, every: 1, sample: expect.stringMatching(/^\d+$/) as string },
          'public."User"': { rows: 5000, every: 1, sample: expect.stringMatching(/^\d+$/) as string },
        },
        largeObjects: 0,
      },
      suspicions: [],
      startedAt: manifest.startedAt,
      finishedAt: manifest.finishedAt,
    });
    // A line of log has a largest size, and a database has any number of tables.
    expect({ ...line.manifest, contents: manifest.contents }).toEqual(manifest);
    expect([line.manifest, line.durationSeconds]).toEqual([
      expect.not.objectContaining({ contents: expect.anything() as object }),
      expect.any(Number),
    ]);
    expect(JSON.parse((await body(`${key}.manifest.json`)).toString())).toEqual(manifest);
  });

  it("stores both objects once, under the bucket's key", async () => {
    const { line } = await world.run();
    const key = `${world.prefix()}${line.manifest?.file}`;
    const { Versions = [] } = await world.s3.send(new ListObjectVersionsCommand({ Bucket: world.bucket, Prefix: key }));
    const keys = Versions.map(({ Key }) => Key).sort();
    expect(keys).toEqual([key, `${key}.manifest.json`]);
    expect(Versions.find(({ Key }) => Key === key)?.VersionId).toBe(line.manifest?.versionId);
    const heads = await Promise.all(keys.map((Key) => world.s3.send(new HeadObjectCommand({ Bucket: world.bucket, Key }))));
    const keyArn = "arn:aws:kms:eu-central-1:111122223333:alias/maestroverse-backup";
    expect(heads.map(({ ServerSideEncryption, SSEKMSKeyId }) => [ServerSideEncryption, SSEKMSKeyId])).toEqual([
      ["aws:kms", keyArn],
      ["aws:kms", keyArn],
    ]);
    expect(heads[0]?.Metadata).toEqual({ sha256: line.manifest?.sha256 });
  });

  it("never writes over the dump of the same minute", async () => {
    const first = await world.run();
    const second = await world.run();
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(second.line.manifest?.file).not.toBe(first.line.manifest?.file);
    expect(world.files().filter((name) => DUMP.test(name))).toHaveLength(2);
  });

  it("shows the password neither in its output, nor among the arguments of what it runs, nor on the volume or in the bucket", async () => {
    world.wrap("pg_dump", 'exec "$REAL" "$@"');
    world.wrap("pg_restore", 'exec "$REAL" "$@"');
    const { output, line } = await world.run();
    const file = line.manifest?.file as string;
    const arguments_ = world.calls().map((call) =>
      call
        .replaceAll(world.volume, "/backups")
        .replace(/snapshot=\S+/, "snapshot=…")
        .replace(/\d{8}-\d{4}(-\d+)?/, "…"),
    );
    expect(arguments_).toEqual([
      "pg_dump --format=custom --compress=1 --no-password --lock-wait-timeout=60s --snapshot=… --file=/backups/.partial-maestroverse-….dump",
      "pg_restore --list /backups/.partial-maestroverse-….dump",
      "pg_restore --file=/dev/null /backups/.partial-maestroverse-….dump",
    ]);
    const seen = [output, ...world.files().map((name) => readFileSync(join(world.volume, name), "latin1"))];
    seen.push(
      (await body(`${world.prefix()}${file}`)).toString("latin1"),
      (await body(`${world.prefix()}${file}.manifest.json`)).toString(),
    );
    expect(seen.map((text) => text.includes(BACKUP_PASSWORD))).toEqual(seen.map(() => false));
    // The server logged it once, when this test made the role.
    expect(world.server.log().split(BACKUP_PASSWORD)).toHaveLength(2);
  });

  it("gives PostgreSQL's programs nothing of AWS", async () => {
    world.wrap("pg_dump", 'env | sed "s/=.*//" | sort > $PLACE/names; exec "$REAL" "$@"');
    await world.run();
    const names = readFileSync(join(world.place, "names"), "utf8").trim().split("\n");
    expect(names.filter((name) => /AWS|BACKUP/.test(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith("PG"))).toEqual([
      "PGAPPNAME",
      "PGDATABASE",
      "PGHOST",
      "PGPASSWORD",
      "PGPORT",
      "PGSSLMODE",
      "PGUSER",
    ]);
  });

  it("removes local dumps past their retention, and nothing else", async () => {
    mkdirSync(world.volume);
    const put = (name: string) => writeFileSync(join(world.volume, name), "");
    for (const name of ["maestroverse-20260101-0200.dump", "maestroverse-20260102-0200.dump", "unrelated.dump"]) put(name);
    put("maestroverse-20260101-0200.dump.manifest.json");
    const { line } = await world.run();
    expect(line.removed?.sort()).toEqual(["maestroverse-20260101-0200.dump", "maestroverse-20260102-0200.dump"]);
    const file = line.manifest?.file as string;
    expect(world.files()).toEqual([".lock", file, `${file}.manifest.json`, "unrelated.dump"]);
  });

  it("lets nobody else read the dump", async () => {
    world.wrap("pg_dump", 'umask > $PLACE/umask; exec "$REAL" "$@"');
    await world.run();
    expect(readFileSync(join(world.place, "umask"), "utf8").trim()).toMatch(/^0?077$/);
  });
});

describe("the artefact", () => {
  const ROWS = `SELECT 'User' AS table, id::text, email AS text FROM "User" UNION ALL SELECT 'Course', id::text, title FROM "Course" ORDER BY 1, 2`;

  it("restores into an empty database, with every row, key and right", async () => {
    const { line } = await world.run();
    const file = join(world.place, "fetched.dump");
    writeFileSync(file, await body(`${world.prefix()}${line.manifest?.file}`));
    const root = await world.server.connect();
    await root.query("CREATE DATABASE restored");
    const { user, password } = root;
    await promisify(execFile)(join(world.server.programs, "pg_restore"), ["--exit-on-error", "--dbname=restored", file], {
      env: { PGHOST: "127.0.0.1", PGPORT: String(world.server.port), PGUSER: String(user), PGPASSWORD: String(password) },
    });

    const source = await world.server.connect({ database: "maestroverse" });
    const target = await world.server.connect({ database: "restored" });
    const [before, after] = await Promise.all([source.query(ROWS), target.query(ROWS)]);
    expect(after.rows).toEqual(before.rows);
    expect(after.rows).toHaveLength(5300);
    // The application goes on where it was: its sequence, its keys, its rights and no more.
    const app = await world.server.connect({ database: "restored", user: "maestro_app", password: "app" });
    expect((await app.query(`INSERT INTO "User" (email) VALUES ('new@maestroverse.edu') RETURNING id`)).rows).toEqual([{ id: 5001 }]);
    await expect(app.query(`INSERT INTO "Course" (owner, title) VALUES (999999, 'x')`)).rejects.toThrow(
      'insert or update on table "Course" violates foreign key constraint "Course_owner_fkey"',
    );
    await expect(app.query("CREATE TABLE mine (id int)")).rejects.toThrow("permission denied for schema public");
    await expect(app.query(`DROP TABLE "Course"`)).rejects.toThrow("must be owner of table Course");
  });
});

describe("the runbook's page", () => {
  /** A script of the page, with the indentation of the list that it is in taken away. */
  const script = (start: string) => {
    const page = readFileSync(join(REPOSITORY, "docs", "runbook", "5-backups.md"), "utf8");
    const [, indent, text] = new RegExp(`\\n( *)\`\`\`bash\\n( *${start}[\\s\\S]*?)\\n *\`\`\``).exec(page) ?? [];
    return (text ?? "").replaceAll(new RegExp(`^${indent}`, "gm"), "");
  };
  const bash = (text: string, environment: Readonly<Record<string, string>>) =>
    promisify(execFile)("bash", ["-c", text], {
      env: {
        PATH: [world.server.programs, "/usr/bin", "/bin"].join(":"),
        PGHOST: "127.0.0.1",
        PGPORT: String(world.server.port),
        ...environment,
      },
    });

  it("restores a dump with its commands, and counts the rows", async () => {
    const { line } = await world.run();
    const { user, password } = await world.server.connect();
    const { stdout } = await bash(script("# Restore and count"), {
      PGUSER: String(user),
      PGPASSWORD: String(password),
      DUMP: join(world.volume, line.manifest?.file as string),
      SHA256: line.manifest?.sha256 as string,
    });
    expect(stdout).toBe('"Course"|300\n"User"|5000\n');
  });

  it("stops its drill at a dump that is not the one of the manifest", async () => {
    const { line } = await world.run();
    const DUMP = join(world.volume, line.manifest?.file as string);
    await expect(bash(script("# Restore and count"), { DUMP, SHA256: "0".repeat(64) })).rejects.toThrow(
      "WARNING: 1 computed checksum did NOT match",
    );
  });
});
