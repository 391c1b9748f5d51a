/**
 * A change of the application's password while pods open new sessions all the time: the component's resources of each step, made by the
 * rehearsal's stand-in, with pods that take the new URL one by one.
 *
 * It does not prove that Kubernetes rolls pods in this order, which the engine waits for.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { ROLE_NAMES } from "../../components/lib/privileges";
import { readStackSettings } from "../../ops/access";
import { type Catalogue, readCatalogue } from "../../ops/database/catalogue";
import { compareCatalogue } from "../../ops/database/compare";
import { runContract, violations, withProbe } from "../../ops/database/contract-run";
import { renderDatabaseRoles } from "../../ops/database/script";
import { terminateOldSessions } from "../../ops/database/sessions";
import { ADMIN, type AppGeneration, BENCHES, DATABASE, DatabaseBench, DEMAND } from "../helpers/database-bench";
import { FIRST_MIGRATION } from "../helpers/database-migrations";

/** Sessions that each pod opens until the rollout goes on. */
const SESSIONS = 5;

/** A pod without a pool: each request opens a session, works, and closes it. */
class Pod {
  private serving = true;
  readonly answered = new Map<string, number>();
  readonly failures: string[] = [];
  private readonly running: Promise<void>;

  constructor(private readonly url: string) {
    this.running = this.serve();
  }

  private async serve(): Promise<void> {
    while (this.serving) {
      const client = new Client({ connectionString: this.url });
      client.on("error", (error) => this.failures.push(error.message));
      try {
        await client.connect();
        const { rows } = await client.query<{ role: string }>(
          `UPDATE "User" SET email = email WHERE id = 1 RETURNING current_user AS role`,
        );
        const role = rows[0]?.role ?? "nobody";
        this.answered.set(role, (this.answered.get(role) ?? 0) + 1);
      } catch (error) {
        this.failures.push((error as Error).message);
      } finally {
        await client.end();
      }
    }
  }

  /** Waits until it has opened some more. */
  async more(): Promise<void> {
    const before = this.count;
    while (this.count < before + SESSIONS && this.failures.length === 0) await sleep(5);
  }

  private get count(): number {
    return [...this.answered.values()].reduce((sum, each) => sum + each, 0);
  }

  async stop(): Promise<void> {
    this.serving = false;
    await this.running;
  }
}

/** The server's words to whoever logs in with it. */
async function refusal(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return "none";
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end();
  }
}

describe.each([BENCHES[1], BENCHES[3]].filter((each) => each !== undefined))("$title", ({ edition, adminIsSuperuser }) => {
  let bench: DatabaseBench;
  let admin: Client;
  const folder = mkdtempSync(join(tmpdir(), "database-handover-"));
  const passwords: string[] = [];
  beforeAll(async () => {
    bench = await DatabaseBench.start({ edition, adminIsSuperuser });
    const migrator = await bench.connect("migrator");
    await migrator.query(FIRST_MIGRATION);
    await migrator.query(`INSERT INTO "User" (email) VALUES ('a@example.edu')`);
    await migrator.end();
    await bench.protectMigrationsTable();
    admin = await bench.asAdmin();
  }, 60_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await bench.stop();
  });

  const problems = async (app: AppGeneration) =>
    compareCatalogue(await readCatalogue(admin), { ...DEMAND, roles: { app } }).map(({ problem }) => problem);
  const rolesOf = ({ roles, memberships }: Catalogue) => ({ roles, memberships: memberships.filter(({ effective }) => effective) });
  let atHandover: Catalogue;

  it("refuses nobody at any step, and ends with the old password refused and the other login gone", async () => {
    const first = bench.secret("app")["DATABASE_URL"] ?? "";
    const thief = await bench.connect("app");
    const lost: string[] = [];
    thief.on("error", (error) => lost.push(error.message));
    const all = [new Pod(first), new Pod(first)];
    const urls = [first];
    let serving = [...all];
    let changed = new Date();

    for (const app of [
      { generation: 1, overlap: "next" },
      { generation: 2, overlap: true },
      { generation: 2, overlap: false },
    ] as const) {
      const { url, end } = await bench.up(app);
      if (app.overlap === true) changed = (await admin.query<{ now: Date }>("SELECT clock_timestamp() AS now")).rows[0]?.now;
      if (url !== urls.at(-1)) {
        urls.push(url);
        const next: Pod[] = [];
        for (const old of serving) {
          const pod = new Pod(url);
          all.push(pod);
          next.push(pod);
          await pod.more();
          await old.more();
          await old.stop();
        }
        serving = next;
      }
      const gone = await end();
      for (const pod of serving) await pod.more();
      expect([app, gone]).toEqual([app, app.overlap === false ? ["database-app-handover"] : []]);
      expect([app, await problems(app)]).toEqual([app, []]);
      if (app.overlap === "next") atHandover = await readCatalogue(admin);
      if (app.overlap === true) {
        const ended = await terminateOldSessions(admin, { role: "app", beganBefore: changed });
        expect(ended.filter(({ state }) => state === "idle").length).toBeGreaterThanOrEqual(1);
      }
    }
    for (const pod of serving) await pod.stop();

    expect(all.flatMap(({ failures }) => failures)).toEqual([]);
    expect(all.map(({ answered }) => [...answered.keys()])).toEqual(all.map(() => ["maestro_app"]));
    expect(urls.map((url) => new URL(url).username)).toEqual(["maestro_app", "maestro_app_handover", "maestro_app"]);
    const words = (url: string) => new URL(url).password;
    passwords.push(...urls.map(words));
    expect([passwords[0] === passwords[1], passwords[1] === passwords[2]]).toEqual([false, true]);
    expect(lost[0]).toBe("terminating connection due to administrator command");
    expect(await Promise.all(urls.map(refusal))).toEqual([
      'password authentication failed for user "maestro_app"',
      'password authentication failed for user "maestro_app_handover"',
      "none",
    ]);
  }, 60_000);

  it("gives the other login what maestro_app may do, whatever role it works as, and not a bit more", async () => {
    const { url, end } = await bench.up({ generation: 2, overlap: "next" });
    const app = await bench.server.connect({ connectionString: url });
    const others = { backup: await bench.connect("backup"), migrator: await bench.connect("migrator") };
    const results = await withProbe(others.migrator, async (objects) => {
      const sessions = { ...others, app };
      const asApp = await runContract({ sessions, objects, adminUser: ADMIN });
      await app.query("SET ROLE NONE");
      return [...asApp, ...(await runContract({ sessions, objects, adminUser: ADMIN }))];
    });
    expect(violations(results)).toEqual([]);
    await app.query("RESET ROLE");
    const { rows } = await app.query(
      "SELECT current_user AS works, session_user AS logged_in, current_setting('statement_timeout') AS patience",
    );
    expect(rows).toEqual([{ works: "maestro_app", logged_in: "maestro_app_handover", patience: "30s" }]);
    expect(await problems({ generation: 2, overlap: false })).toEqual([
      "maestro_app_handover is a member of maestro_app",
      "role maestro_app_handover exists, and no password is handed over",
    ]);
    await admin.query("REVOKE maestro_app FROM maestro_app_handover; ALTER ROLE maestro_app_handover RESET role");
    expect(await problems({ generation: 2, overlap: "next" })).toEqual([
      "role maestro_app_handover does not start with role = maestro_app",
      "maestro_app_handover is no member of maestro_app",
    ]);
    await end();
  });

  it("is the same by the script for psql", async () => {
    const app = { generation: 2, rotatedOn: "2026-11-01", overlap: "next" as const };
    const { database, web } = await readStackSettings("staging");
    const file = join(folder, "roles.sql");
    const settings = { ...database, ...DEMAND, name: DATABASE, roles: { ...database.roles, app } };
    const script = renderDatabaseRoles({
      environment: "staging",
      database: settings,
      web: { ...web, ...DEMAND, replicas: { minimum: 1, maximum: DEMAND.maximumPods } },
    });
    writeFileSync(file, script);
    execFileSync(join(bench.server.programs, "psql"), ["--no-psqlrc", "--quiet", "--dbname=postgres", `--file=${file}`], {
      env: { PGHOST: "127.0.0.1", PGPORT: String(bench.server.port), PGUSER: ADMIN, PGPASSWORD: ADMIN },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const found = await readCatalogue(admin);
    expect(rolesOf(found)).toEqual(rolesOf(atHandover));
    expect(found.roles.map(({ name }) => name)).toEqual([...Object.values(ROLE_NAMES), "maestro_app_handover"].sort());
  });
});
