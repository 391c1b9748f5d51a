/**
 * What a manifest says of the database, on a real PostgreSQL: it is true of the dump's own moment, equal after a restore, and unlike after any change.
 * And dumps that are whole and yet not what they should be.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type DatabaseContents, readContents } from "../../ops/backup/contents";
import type { Manifest } from "../../ops/backup/manifest";
import { type BackupWorld, startBackupWorld } from "../helpers/backup-program";

let world: BackupWorld;
beforeAll(async () => {
  world = await startBackupWorld();
}, 120_000);
afterAll(() => world.stop());
beforeEach(() => world.reset());

/** Does something in the database, and takes it back after the work. */
async function changed<T>(change: string, undo: string, work: () => Promise<T>): Promise<T> {
  const root = await world.server.connect({ database: "maestroverse" });
  await root.query(change);
  try {
    return await work();
  } finally {
    await root.query(undo);
  }
}

async function contentsOf(database: string, like: DatabaseContents): Promise<DatabaseContents> {
  const session = await world.server.connect({ database });
  await session.query("BEGIN READ ONLY");
  try {
    return await readContents(session, like);
  } finally {
    await session.query("ROLLBACK");
  }
}

/** Puts the manifest of a night before on the volume. */
function nightBefore(manifest: Partial<Manifest>): void {
  mkdirSync(world.volume, { recursive: true });
  const file = "maestroverse-20200101-0200.dump";
  writeFileSync(join(world.volume, file), "");
  writeFileSync(join(world.volume, `${file}.manifest.json`), JSON.stringify({ ...manifest, file, startedAt: "2020-01-01T02:00:00.000Z" }));
}

describe("a restored database", () => {
  let dumped: DatabaseContents;
  const restored = "restored_for_contents";
  beforeAll(async () => {
    const { manifest } = await world.run();
    const { user, password, ...root } = await world.server.connect();
    dumped = (manifest as Manifest).contents;
    await (await world.server.connect()).query(`CREATE DATABASE ${restored}`);
    expect(root).toBeDefined();
    await promisify(execFile)(
      join(world.server.programs, "pg_restore"),
      ["--exit-on-error", `--dbname=${restored}`, join(world.volume, String(manifest?.file))],
      { env: { PGHOST: "127.0.0.1", PGPORT: String(world.server.port), PGUSER: String(user), PGPASSWORD: String(password) } },
    );
  }, 60_000);

  it("holds what its manifest says", async () => {
    expect(await contentsOf(restored, dumped)).toEqual(dumped);
  });

  it.each([
    ["a row is missing", `DELETE FROM "Course" WHERE id = 7`, (c: DatabaseContents) => c.tables['public."Course"']],
    ["a value is another", `UPDATE "Course" SET title = 'x' WHERE id = 7`, (c: DatabaseContents) => c.tables['public."Course"']?.sample],
    ["a column is missing", `ALTER TABLE "Course" DROP COLUMN title`, (c: DatabaseContents) => c.schema["columns"]],
    ["a key is missing", `ALTER TABLE "Course" DROP CONSTRAINT "Course_owner_fkey"`, (c: DatabaseContents) => c.schema["constraints"]],
    ["an index is missing", `ALTER TABLE "User" DROP CONSTRAINT "User_email_key"`, (c: DatabaseContents) => c.schema["indexes"]],
    ["a function is new", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", (c: DatabaseContents) => c.schema["routines"]],
    ["a view is new", "CREATE VIEW v AS SELECT 1 AS one", (c: DatabaseContents) => c.schema["views"]],
    ["a type is new", "CREATE TYPE mood AS ENUM ('major', 'minor')", (c: DatabaseContents) => c.schema["types"]],
    ["a table is gone", `DROP TABLE "Course"`, (c: DatabaseContents) => Object.keys(c.tables)],
  ])("is found to be another when %s", async (_, change, part) => {
    const session = await world.server.connect({ database: restored });
    await session.query(`BEGIN; ${change}`);
    const after = await readContents(session, dumped);
    await session.query("ROLLBACK");
    expect(part(after)).not.toEqual(part(dumped));
  });
});

it("is of the dump's own moment: what others write meanwhile is in neither", async () => {
  // The snapshot is taken, and the dump has not begun.
  world.wrap(
    "pg_dump",
    'case "$1" in --version) exec "$REAL" "$@";; esac; : > $PLACE/held; while [ ! -e $PLACE/go ]; do sleep 0.05; done; exec "$REAL" "$@"',
  );
  const run = world.start();
  await world.reached("held");
  const manifest = await changed(
    `INSERT INTO "User" (email) VALUES ('late@maestroverse.edu')`,
    `DELETE FROM "User" WHERE email = 'late@maestroverse.edu'`,
    async () => {
      writeFileSync(join(world.place, "go"), "");
      return (await run.result).manifest as Manifest;
    },
  );
  expect(manifest.contents.tables['public."User"']?.rows).toBe(5000);
  const text = await promisify(execFile)(
    join(world.server.programs, "pg_restore"),
    ["--data-only", "--file=-", join(world.volume, manifest.file)],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  expect(text.stdout).toContain("student-5000@maestroverse.edu");
  expect(text.stdout).not.toContain("late@maestroverse.edu");
});

describe("a database of which no dump is made", () => {
  it("is empty: another than the one that is to be kept", async () => {
    const root = await world.server.connect();
    await root.query("CREATE DATABASE hollow");
    const { code, line } = await world.run({ PGDATABASE: "hollow" });
    expect([code, line.message]).toEqual([
      1,
      "backup failed: database hollow has no table. It is another than the one that is to be kept, or somebody has dropped everything: the dumps before stay.",
    ]);
    expect(world.files()).toEqual([".lock"]);
  });

  it("has row-level security that would hide rows from the dump", async () => {
    const { code, line } = await changed(
      `ALTER TABLE "Course" ENABLE ROW LEVEL SECURITY`,
      `ALTER TABLE "Course" DISABLE ROW LEVEL SECURITY`,
      () => world.run(),
    );
    expect(code).toBe(1);
    expect(line.message).toMatch(/row-level security policy for table "Course"/);
    expect(world.files()).toEqual([".lock"]);
  });

  it("has a large object that the role may not read", async () => {
    const { code, line } = await changed("SELECT lo_from_bytea(4711, 'x')", "SELECT lo_unlink(4711)", () => world.run());
    expect(code).toBe(1);
    expect(line.message).toMatch(/permission denied for large object 4711/);
    expect(world.files()).toEqual([".lock"]);
  });
});

describe("a dump that is whole, and unlike the one before", () => {
  let known: Manifest;
  beforeAll(async () => {
    known = (await world.run()).manifest as Manifest;
  });
  const tables = (rows: number) => ({ ...known.contents, tables: { 'public."User"': { rows, every: 1, sample: "0" } } });

  it.each<[string, () => Partial<Manifest>, RegExp]>([
    ["smaller", () => ({ sizeBytes: known.sizeBytes * 3 }), /^size in bytes: \d+, maestroverse-20200101-0200\.dump had \d+: 6\d % less\.$/],
    ["of fewer rows", () => ({ contents: tables(20_000) }), /^rows: 5300, maestroverse-20200101-0200\.dump had 20000: 74 % less\.$/],
    [
      "without a table",
      () => ({ contents: { ...known.contents, tables: { ...known.contents.tables, "public.gone": { rows: 1, every: 1, sample: "0" } } } }),
      /^tables that maestroverse-20200101-0200\.dump had are gone: public\.gone\.$/,
    ],
    [
      "of another database",
      () => ({ database: "other" }),
      /^it is of database maestroverse, maestroverse-20200101-0200\.dump is of other\.$/,
    ],
    ["of another server", () => ({ systemIdentifier: "1" }), /^it is of server \d+, maestroverse-20200101-0200\.dump is of 1: /],
  ])("for it is %s, is stored and says so, and no older one is removed for it", async (_, before, suspicion) => {
    nightBefore({ ...known, ...before() });
    // Expired, and for a dump that is as it should be it would go.
    writeFileSync(join(world.volume, "maestroverse-20200102-0200.dump"), "");
    const { code, line } = await world.run();
    const { suspicions } = line.manifest as Manifest;
    expect([code, line.status, suspicions.length, line.removed]).toEqual([0, "warn", 1, []]);
    expect(suspicions[0]).toMatch(suspicion);
    expect(line.message).toContain(suspicions[0]);
    expect(world.files()).toContain("maestroverse-20200102-0200.dump");
  });

  it("is no reason to stop when the manifest of the one before cannot be read", async () => {
    nightBefore(known);
    writeFileSync(join(world.volume, "maestroverse-20200101-0200.dump.manifest.json"), "{");
    expect((await world.run()).code).toBe(0);
  });
});

it("keeps both dumps of an hour that the clock went through twice, and says that it was set back", async () => {
  const first = await world.run();
  const file = first.line.manifest?.file as string;
  const path = join(world.volume, `${file}.manifest.json`);
  // The one before was begun an hour later than it is now.
  const later = new Date(Date.now() + 3_600_000).toISOString();
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as Manifest), startedAt: later }));
  const { code, line } = await world.run();
  expect([code, line.status]).toEqual([0, "warn"]);
  expect(line.message).toMatch(/the clock says \S+, \S+ was begun at \S+: it was set back\./);
  expect(world.files()).toEqual(expect.arrayContaining([file, line.manifest?.file]));
  expect(line.manifest?.file).not.toBe(file);
});
