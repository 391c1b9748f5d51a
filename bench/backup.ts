/**
 * The nightly backup, from its start to the manifest in S3, over `pg_dump --format=custom` to a file: the same database, disk and machine, one
 * after the other. And the memory that the job takes, which must not grow with the database.
 *
 * S3 is moto on this machine: it takes CPU time that the real one does not, and no time on a network.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DeleteObjectsCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { bundleBackupProgram } from "../ops/backup-program";
import { BACKUP_PASSWORD, type BackupWorld, startBackupWorld } from "../tests/helpers/backup-program";
import { compare, type Row } from "./compare";
import { peakMemory } from "./memory";

/** MiB of the database, unless told otherwise. */
export const BACKUP_MEBIBYTES = 1024;
/** Pairs of runs. */
const ROUNDS = 3;
/** What is promised: throughput as a share of pg_dump's alone, and MiB of memory at most, whatever the database's size. */
const [LEAST_RATIO, MOST_MEBIBYTES] = [0.9, 200];
/** Memory at the small size over memory at the large one, 20 times as large: what is sampled scatters by some MiB. */
const LEAST_ALIKE = 0.9;
const MEBIBYTE = 1024 ** 2;

/** Rows as a school's are: numbers and times, prose that compresses, digests that do not. About 1 MiB for each 1,000 of the number. */
const MORE_ROWS = `
  INSERT INTO "Progress" (student, course, seconds, at)
    SELECT n % 100003, n % 1009, n % 3600, timestamptz '2026-01-01' + n * interval '7 seconds' FROM generate_series(1, $1 * 4) n;
  INSERT INTO "Submission" (digest, body)
    SELECT sha256(n::text::bytea), jsonb_build_object('title', 'Harmonielehre ' || n, 'key', md5(n::text), 'notes',
           (SELECT string_agg(md5((n * 31 + i)::text) || ' in der Tonart C-Dur, moderato; ', '') FROM generate_series(1, 8) i))
      FROM generate_series(1, $1) n;`;

/** Measures both, and the memory at a tenth and at twice the size. */
export async function benchBackup(mebibytes: number): Promise<Row[]> {
  const place = mkdtempSync(join(tmpdir(), "bench-backup-"));
  const program = join(place, "maestroverse-backup.cjs");
  writeFileSync(program, await bundleBackupProgram());
  const world = await startBackupWorld([program]);
  try {
    const database = await growing(world);
    const sizes = [Math.ceil(mebibytes / 10), mebibytes, mebibytes * 2] as const;
    await database.growTo(sizes[0]);
    const small = await memoryOf(world);
    await database.growTo(sizes[1]);
    const throughput = await compare({
      name: `backup: MiB per second of a whole run ÷ pg_dump alone, database of ${mebibytes} MiB`,
      of: () => rate(mebibytes, () => backup(world)),
      over: () => rate(mebibytes, () => plainDump(world, join(place, "plain.dump"))),
      rounds: ROUNDS,
      least: LEAST_RATIO,
    });
    await database.growTo(sizes[2]);
    const large = await memoryOf(world);
    const once = { rounds: 1 } as const;
    const row = (name: string, of: number, over: number, least: number): Row => ({
      ...once,
      name,
      ratio: of / over,
      quartiles: [of / over, of / over],
      least,
      medians: [of, over],
    });
    return [
      throughput,
      row(`backup: ${MOST_MEBIBYTES} MiB ÷ peak memory of the job, database of ${sizes[2]} MiB`, MOST_MEBIBYTES, large, 1),
      row(`backup: peak memory at ${sizes[0]} MiB ÷ at ${sizes[2]} MiB`, small, large, LEAST_ALIKE),
    ];
  } finally {
    await world.stop();
    rmSync(place, { recursive: true, force: true });
  }
}

/** The database, which grows to a size and is then as a server that runs leaves it: analysed and written to the disk. */
async function growing(world: BackupWorld) {
  const root = await world.server.connect({ database: "maestroverse" });
  await root.query(`
    SET ROLE maestro_migrator;
    CREATE TABLE "Progress" (id bigserial PRIMARY KEY, student int NOT NULL, course int NOT NULL, seconds int, at timestamptz NOT NULL);
    CREATE TABLE "Submission" (id bigserial PRIMARY KEY, digest bytea NOT NULL, body jsonb NOT NULL);
    RESET ROLE`);
  const mebibytes = async () =>
    Number((await root.query<{ size: string }>("SELECT pg_database_size('maestroverse') AS size")).rows[0]?.size) / MEBIBYTE;
  const growTo = async (size: number) => {
    for (let missing = size - (await mebibytes()); missing > 0; missing = size - (await mebibytes()))
      await root.query(MORE_ROWS.replaceAll("$1", String(Math.ceil(Math.min(missing, 256) * 900))));
    await root.query("VACUUM ANALYZE");
    await root.query("CHECKPOINT");
  };
  return { growTo };
}

async function rate(mebibytes: number, work: () => Promise<unknown>): Promise<number> {
  const started = process.hrtime.bigint();
  await work();
  return mebibytes / (Number(process.hrtime.bigint() - started) / 1e9);
}

/** A run of the program into an empty volume. @throws Error with its words when it fails */
async function backup(world: BackupWorld): Promise<void> {
  const { code, output } = await world.run();
  if (code !== 0) throw new Error(`the backup failed: ${output}`);
  await empty(world);
}

/** MiB that a run takes at its peak, all its processes together. */
async function memoryOf(world: BackupWorld): Promise<number> {
  const run = world.start();
  const peak = peakMemory(run.process.pid ?? 0);
  const { code, output } = await run.result;
  const mebibytes = peak.stop() / MEBIBYTE;
  if (code !== 0) throw new Error(`the backup failed: ${output}`);
  await empty(world);
  return mebibytes;
}

/** Takes away what a run left on the volume, and in moto. */
async function empty(world: BackupWorld): Promise<void> {
  const { bucket: Bucket, s3 } = world;
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  const Objects = Versions.map(({ Key, VersionId }) => ({ Key, VersionId }));
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  world.reset();
}

async function plainDump(world: BackupWorld, file: string): Promise<void> {
  mkdirSync(world.volume, { recursive: true });
  await promisify(execFile)(join(world.server.programs, "pg_dump"), ["--format=custom", "--no-password", `--file=${file}`], {
    env: {
      PGHOST: "127.0.0.1",
      PGPORT: String(world.server.port),
      PGDATABASE: "maestroverse",
      PGUSER: "maestro_backup",
      PGPASSWORD: BACKUP_PASSWORD,
    },
  });
  rmSync(file);
}
