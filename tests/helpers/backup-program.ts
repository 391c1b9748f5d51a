/** The backup program as the CronJob's pod runs it: a process of its own with the pod's environment, a real PostgreSQL and moto's S3. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { BACKUP_PREFIX } from "../../components/lib/backup-names";
import { buildBackupEnvironment } from "../../components/lib/backup-pod";
import type { Manifest } from "../../ops/backup/manifest";
import { rehearsalPrograms } from "../../rehearsal/programs";
import { RUN_BUNDLE } from "../../toolchain/bundle";
import { type DatabaseServer, startDatabaseServer } from "./database-server";
import { ACCOUNT, type Moto, startMoto } from "./moto";

/** Password of maestro_backup; never to be seen anywhere. */
export const BACKUP_PASSWORD = "only-the-pod-knows-it";
/** How long a run may take to reach a wrapper: a machine with two busy cores takes 5 s. */
const REACH_SECONDS = 20;
const REGION = "eu-central-1";
const BUCKET = "maestroverse-backups-test";

/** What a run ended with. */
export interface RunResult {
  readonly code: number | null;
  /** The line that it logged. */
  readonly line: {
    readonly status: string;
    readonly message: string;
    readonly manifest?: Omit<Manifest, "contents">;
    readonly removed?: string[];
    readonly durationSeconds?: number;
  };
  /** What it wrote beside the dump; undefined: nothing. */
  readonly manifest?: Manifest | undefined;
  /** Everything that it printed. */
  readonly output: string;
}

/** A run that is under way. */
export interface Run {
  readonly process: ChildProcess;
  readonly result: Promise<RunResult>;
}

/** Servers and folders that the runs of a test share. */
export interface BackupWorld {
  readonly server: DatabaseServer;
  readonly s3: S3Client;
  readonly bucket: string;
  /** The `/backups` volume. */
  readonly volume: string;
  /** Starts the program. @param environment other values than the pod's @param through a command that starts it */
  start(environment?: Readonly<Record<string, string>>, through?: readonly string[]): Run;
  run(environment?: Readonly<Record<string, string>>): Promise<RunResult>;
  /**
   * Puts a script before PostgreSQL's program of that name; `$REAL` is the program itself. Its arguments and its environment's names are noted.
   */
  wrap(program: "pg_dump" | "pg_restore", script: string): void;
  /** Takes every wrapper away, empties the volume and goes on under another prefix of the bucket. */
  reset(): void;
  /** Prefix of the objects, for now. */
  prefix(): string;
  /** The pod's environment, for now. */
  environment(): Readonly<Record<string, string>>;
  /** Lines that the wrapped programs were called with. */
  calls(): string[];
  /** Names on the volume, sorted. */
  files(): string[];
  /** Waits until a file of the wrappers' folder exists. */
  reached(name: string): Promise<void>;
  /** Folder of the wrappers: `$PLACE` in their scripts. */
  readonly place: string;
  stop(): Promise<void>;
}

const SCHEMA = `
  CREATE ROLE maestro_migrator; CREATE ROLE maestro_app LOGIN PASSWORD 'app'; CREATE ROLE maestro_backup LOGIN PASSWORD '${BACKUP_PASSWORD}';
  GRANT CREATE, USAGE ON SCHEMA public TO maestro_migrator; GRANT USAGE ON SCHEMA public TO maestro_app, maestro_backup;
  SET ROLE maestro_migrator;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO maestro_app;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO maestro_app;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO maestro_backup;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO maestro_backup;
  CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL UNIQUE);
  CREATE TABLE "Course" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner int REFERENCES "User", title text NOT NULL);
  INSERT INTO "User" (email) SELECT 'student-' || n || '@maestroverse.edu' FROM generate_series(1, 5000) n;
  INSERT INTO "Course" (owner, title) SELECT n, 'Harmonielehre ' || n || ' — ♫' FROM generate_series(1, 300) n;
  RESET ROLE;
`;

/**
 * Starts the servers, and makes the database, its roles and the bucket.
 *
 * @param program the interpreter's arguments. @default the program as it stands in this repository
 * @param interpreter what runs it. @default Node.js
 */
export async function startBackupWorld(program?: readonly string[], interpreter = process.execPath): Promise<BackupWorld> {
  const place = mkdtempSync(join(tmpdir(), "backup-world-"));
  const volume = join(place, "backups");
  const wrappers = join(place, "wrappers");
  const server = await startDatabaseServer();
  let moto: Moto | undefined;
  const runs: ChildProcess[] = [];
  const stop = async () => {
    for (const run of runs) run.kill("SIGKILL");
    await Promise.all([server.stop(), moto?.stop()]);
    rmSync(place, { recursive: true, force: true });
  };
  try {
    moto = await startMoto();
    const root = await server.connect();
    await root.query("CREATE DATABASE maestroverse");
    await (await server.connect({ database: "maestroverse" })).query(SCHEMA);
    const s3 = new S3Client(moto.client(REGION));
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: REGION } }));
    await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: "Enabled" } }));
    mkdirSync(wrappers);
    const path = [wrappers, server.programs, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
    const words = program ?? [RUN_BUNDLE, (await rehearsalPrograms())["maestroverse-backup"]];
    let resets = 0;
    const prefix = () => `${BACKUP_PREFIX}${resets}/`;
    const { endpoint } = moto;
    const podEnvironment = () => ({ ...environmentOf(server, endpoint, volume), BACKUP_PREFIX: prefix() });
    const start = (more: Readonly<Record<string, string>> = {}, through: readonly string[] = []): Run => {
      const [command = "", ...args] = [...through, interpreter, ...words];
      const child = spawn(command, args, {
        env: { ...podEnvironment(), PATH: path, HOME: place, ...more },
        stdio: ["ignore", "pipe", "pipe"],
      });
      runs.push(child);
      const ended = once(child, "close") as Promise<[number | null]>;
      const result = Promise.all([text(child.stdout), text(child.stderr), ended]).then(([out, err, [code]]) => {
        const output = out + err;
        const lines = output.split("\n").filter((line) => line !== "");
        const [line, ...others] = lines
          .map((each) => JSON.parse(each) as RunResult["line"])
          .filter(({ message }) => message.startsWith("backup"));
        if (code !== null && (line === undefined || others.length > 0)) throw new Error(`not one line beside warnings: ${output}`);
        const file = join(more["BACKUP_DIRECTORY"] ?? volume, `${line?.manifest?.file}.manifest.json`);
        const manifest = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Manifest) : undefined;
        return { code, output, line: line ?? { status: "silent", message: "" }, manifest };
      });
      return { process: child, result };
    };
    const callFile = join(place, "calls");
    return {
      server,
      s3,
      bucket: BUCKET,
      volume,
      place,
      prefix,
      environment: podEnvironment,
      start,
      stop,
      run: (more) => start(more).result,
      wrap(program, script) {
        const file = join(wrappers, program);
        const header = `REAL=${join(server.programs, program)}; PLACE=${place}; [ "$1" = --version ] || echo "${program} $*" >> ${callFile}`;
        writeFileSync(file, `#!/bin/sh\n${header}\n${script}\n`);
        chmodSync(file, 0o755);
      },
      reset() {
        for (const folder of [wrappers, volume]) rmSync(folder, { recursive: true, force: true });
        for (const name of readdirSync(place)) rmSync(join(place, name), { recursive: true, force: true });
        mkdirSync(wrappers);
        resets++;
      },
      calls: () => (existsSync(callFile) ? readFileSync(callFile, "utf8").trim().split("\n") : []),
      files: () => (existsSync(volume) ? readdirSync(volume).sort() : []),
      async reached(name) {
        for (let waited = 0; !existsSync(join(place, name)); waited++) {
          if (waited > REACH_SECONDS * 50) throw new Error(`no run reached ${name} within ${REACH_SECONDS} s`);
          await sleep(20);
        }
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function environmentOf(server: DatabaseServer, s3Endpoint: string, volume: string): Record<string, string> {
  return {
    ...buildBackupEnvironment({ bucket: BUCKET, accountId: ACCOUNT, region: REGION, retentionDays: 30, ageRecipients: [], s3Endpoint }),
    BACKUP_DIRECTORY: volume,
    PGHOST: "127.0.0.1",
    PGPORT: String(server.port),
    PGDATABASE: "maestroverse",
    PGUSER: "maestro_backup",
    PGPASSWORD: BACKUP_PASSWORD,
    PGSSLMODE: "disable",
  };
}
