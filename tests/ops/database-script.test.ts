/** The rendered script of the database roles: it stands in the runbook as it is rendered, and psql does with it what `up` does. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Catalogue, readCatalogue } from "../../ops/database/catalogue";
import { renderDatabaseRoles, RENDERED_SCRIPT } from "../../ops/database/script";
import { readStackSettings } from "../../ops/access";
import { render } from "../../ops/render";
import { ADMIN, BENCHES, createDatabase, DATABASE, DatabaseBench, DEMAND } from "../helpers/database-bench";
import { FIRST_MIGRATION, NEXT_MIGRATION } from "../helpers/database-migrations";
import { startDatabaseServer } from "../helpers/database-server";

it("is in the runbook as it is rendered for prod (after a wanted change: npm run --silent ops -- render database-roles > the file)", async () => {
  expect(readFileSync(RENDERED_SCRIPT, "utf8")).toBe(await render("database-roles", "prod"));
});

it("holds no password, and no place for one on a command line", async () => {
  const script = await render("database-roles", "staging");
  expect(script.split("\n").filter((line) => /password/i.test(line) && !line.startsWith("--"))).toEqual([
    "SET password_encryption = 'scram-sha-256';",
  ]);
});

it("names what it can render when asked for something else", async () => {
  await expect(render("everything", "prod")).rejects.toThrow(/^nothing is called everything\. Render one of .*database-roles/);
  await expect(render("database-roles", "nowhere")).rejects.toThrow(/^there is no stack nowhere: .*Pulumi\.nowhere\.yaml does not exist\./);
});

describe.each([BENCHES[0], BENCHES[3]].filter((each) => each !== undefined))("on $title", ({ edition, adminIsSuperuser }) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "database-script-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The catalogue after the script, and after two migrations. */
  async function byScript(): Promise<[Catalogue, Catalogue]> {
    const server = await startDatabaseServer({ edition });
    try {
      await createDatabase(server, adminIsSuperuser);
      const { database, web } = await readStackSettings("staging");
      const file = join(folder, "roles.sql");
      writeFileSync(
        file,
        renderDatabaseRoles({
          environment: "staging",
          database: { ...database, ...DEMAND, name: DATABASE },
          web: { ...web, ...DEMAND, replicas: { minimum: 1, maximum: DEMAND.maximumPods } },
        }),
      );
      const psql = () =>
        execFileSync(join(server.programs, "psql"), ["--no-psqlrc", "--quiet", "--dbname=postgres", `--file=${file}`], {
          env: { PGHOST: "127.0.0.1", PGPORT: String(server.port), PGUSER: ADMIN, PGPASSWORD: ADMIN },
          stdio: ["ignore", "ignore", "pipe"],
        });
      psql();
      const admin = await server.connect({ user: ADMIN, password: ADMIN, database: DATABASE });
      const before = await readCatalogue(admin);
      const migrator = await server.connect({ database: DATABASE });
      await migrator.query("SET ROLE maestro_migrator");
      await migrator.query(FIRST_MIGRATION);
      psql();
      await migrator.query(NEXT_MIGRATION);
      return [before, await readCatalogue(admin)];
    } finally {
      await server.stop();
    }
  }

  /** The same by `up`. */
  async function byUp(): Promise<[Catalogue, Catalogue]> {
    const bench = await DatabaseBench.start({ edition, adminIsSuperuser });
    try {
      const admin = await bench.asAdmin();
      const before = await readCatalogue(admin);
      const migrator = await bench.connect("migrator");
      await migrator.query(FIRST_MIGRATION);
      await bench.protectMigrationsTable();
      await migrator.query(NEXT_MIGRATION);
      return [before, await readCatalogue(admin)];
    } finally {
      await bench.stop();
    }
  }

  it("gives the same catalogue as `up`, on an empty server and after two migrations", async () => {
    const [[scriptBefore, scriptAfter], [upBefore, upAfter]] = [await byScript(), await byUp()];
    expect(scriptBefore).toEqual(upBefore);
    expect(scriptAfter).toEqual(upAfter);
    expect([upBefore.privileges.length, upAfter.privileges.length]).toEqual([5, 53]);
  }, 60_000);
});
