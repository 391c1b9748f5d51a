/**
 * A change of the application's password while clients work: the old generation's pods go one by one, the new generation's come, and what is
 * left of the old is ended.
 *
 * The pods stand for Prisma's: a pool that is open and stays open. It does not prove that a pod of the old generation which opens another
 * connection in between gets one: it does not (docs/runbook/2-database.md).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, Pool } from "pg";
import { scramVerifier } from "../../components/lib/scram";
import { terminateOldSessions } from "../../ops/database/sessions";
import { BENCHES, DATABASE, DatabaseBench } from "../helpers/database-bench";
import { FIRST_MIGRATION } from "../helpers/database-migrations";

const NEW_PASSWORD = "the-new-one";
/** Name that pods give their connections. */
const POD = "maestroverse-server";
/** Requests that a pod answers before the rollout goes on. */
const REQUESTS = 20;
/** Connections of one pod. */
const POOL_SIZE = 2;

/** A pod: a pool whose connections are open, and clients that send requests as long as it is in the endpoints. */
class Pod {
  private serving = true;
  answered = 0;
  readonly failures: string[] = [];
  private readonly pool: Pool;
  private clients: Promise<void>[] = [];

  constructor(port: number, password: string) {
    this.pool = new Pool({
      host: "127.0.0.1",
      port,
      database: DATABASE,
      user: "maestro_app",
      password,
      max: POOL_SIZE,
      idleTimeoutMillis: 0,
      application_name: POD,
    });
    this.pool.on("error", (error) => this.failures.push(error.message));
  }

  async start(): Promise<void> {
    const connections = await Promise.all(Array.from({ length: POOL_SIZE }, () => this.pool.connect()));
    for (const connection of connections) connection.release();
    this.clients = Array.from({ length: POOL_SIZE }, async () => {
      while (this.serving)
        await this.pool.query(`UPDATE "User" SET email = email WHERE id = 1`).then(
          () => this.answered++,
          (error: Error) => this.failures.push(error.message),
        );
    });
    while (this.answered < REQUESTS && this.failures.length === 0) await sleep(10);
  }

  /** As a pod that was told to end: requests under way are answered, then the pool is closed. */
  async stop(): Promise<void> {
    this.serving = false;
    await Promise.all(this.clients);
    await this.pool.end();
  }
}

describe.each([BENCHES[0], BENCHES[3]].filter((each) => each !== undefined))("$title", ({ edition, adminIsSuperuser }) => {
  let bench: DatabaseBench;
  let admin: Client;
  beforeAll(async () => {
    bench = await DatabaseBench.start({ edition, adminIsSuperuser });
    const migrator = await bench.connect("migrator");
    await migrator.query(FIRST_MIGRATION);
    await migrator.query(`INSERT INTO "User" (email) VALUES ('a@example.edu')`);
    admin = await bench.asAdmin();
  }, 60_000);
  afterAll(() => bench.stop());

  it("fails no request, and leaves no session of the old password", async () => {
    const { port } = bench.server;
    const oldPassword = decodeURIComponent(new URL(bench.secret("app")["DATABASE_URL"] ?? "").password);
    const pods = [new Pod(port, oldPassword), new Pod(port, oldPassword)];
    for (const pod of pods) await pod.start();
    // Somebody who should not be there, idle; and one in a transaction that takes a moment.
    const [thief, late] = [await bench.connect("app"), await bench.connect("app")];
    await late.query("BEGIN");
    const lost: string[] = [];
    thief.on("error", (error) => lost.push(error.message));

    // What `up` does, step by step: the role, then the pods.
    await admin.query(`ALTER ROLE maestro_app PASSWORD '${scramVerifier(NEW_PASSWORD, Buffer.alloc(16, 7).toString("base64"))}'`);
    const { rows } = await admin.query<{ now: Date }>("SELECT clock_timestamp() AS now");
    const changed = rows[0]?.now;
    const next: Pod[] = [];
    for (const old of pods) {
      const pod = new Pod(port, NEW_PASSWORD);
      await pod.start();
      next.push(pod);
      await old.stop();
    }
    setTimeout(() => void late.query("COMMIT"), 500);
    const ended = await terminateOldSessions(admin, { role: "app", beganBefore: changed });
    await sleep(200);
    for (const pod of next) await pod.stop();

    const all = [...pods, ...next];
    expect(all.map(({ failures }) => failures)).toEqual([[], [], [], []]);
    expect(all.map(({ answered }) => answered >= REQUESTS)).toEqual([true, true, true, true]);
    // The server may not have noticed yet that a pod went.
    const strays = ended.filter(({ application }) => application !== POD);
    expect(strays.map(({ state, address }) => [state, address])).toEqual([
      ["idle", "127.0.0.1"],
      ["idle", "127.0.0.1"],
    ]);
    expect(lost[0]).toBe("terminating connection due to administrator command");
    await expect(thief.query("SELECT 1")).rejects.toThrow("Client has encountered a connection error and is not queryable");
    await expect(bench.connect("app")).rejects.toThrow('password authentication failed for user "maestro_app"');
    const { rows: members } = await admin.query(
      "SELECT FROM pg_auth_members WHERE roleid = 'maestro_app'::regrole AND grantor = current_user::regrole",
    );
    expect(members).toEqual([]);
  });

  it("ends a transaction that outlasts the patience, and leaves other roles and later sessions alone", async () => {
    const stubborn = await bench.connect("migrator");
    await stubborn.query("BEGIN");
    const { rows } = await admin.query<{ now: Date }>("SELECT clock_timestamp() AS now");
    const [later, other] = [await bench.connect("migrator").catch((error: Error) => error.message), await bench.connect("backup")];
    const ended = await terminateOldSessions(admin, { role: "migrator", beganBefore: rows[0]?.now, patienceMilliseconds: 600 });
    expect(ended.map(({ state }) => state).sort()).toEqual(["idle", "idle in transaction"]);
    // The role's third session: its limit is two.
    expect(later).toBe('too many connections for role "maestro_migrator"');
    await other.query("SELECT 1");
    await (await bench.connect("migrator")).query("SELECT 1");
  });
});
