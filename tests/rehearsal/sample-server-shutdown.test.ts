/**
 * How the sample server ends: at SIGTERM, without losing what was under way. That a pod gets no new requests by then is the drain's part
 * (preStop), and that a request which never ends is cut off is the grace period's.
 */
import { connect } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";
import { issueToken } from "../../rehearsal/sample-server/server/tokens";
import {
  API_HOST,
  makeSecrets,
  runProgram,
  type SampleDatabase,
  type SampleServer,
  startSampleDatabase,
  startSampleServer,
} from "../helpers/sample-server";

const secrets = makeSecrets();
const token = issueToken({ current: secrets["JWT_SECRET"] }, `https://${API_HOST}`, 1, 900);
const headers = { authorization: `Bearer ${token}` };

let database: SampleDatabase;
beforeAll(async () => {
  database = await startSampleDatabase();
  await runProgram("migrate.ts", { DATABASE_URL: database.migratorUrl });
});
afterAll(() => database.stop());

let server: SampleServer;
beforeEach(async () => {
  server = await startSampleServer({ ...secrets, DATABASE_URL: database.appUrl });
});
afterEach(() => server.stop());

/** Holds what readers of courses need. The function lets it go. */
async function blockCourses(): Promise<() => Promise<unknown>> {
  const admin = await database.connect({ database: "maestroverse" });
  await admin.query(`BEGIN; LOCK TABLE "Course"`);
  return () => admin.query("ROLLBACK");
}

/** Waits until so many sessions of the application wait for a lock. */
async function untilBlocked(count: number): Promise<void> {
  const admin = await database.connect();
  const query = `SELECT 1 FROM pg_stat_activity WHERE usename = 'maestro_app' AND wait_event_type = 'Lock'`;
  while ((await admin.query(query)).rowCount !== count) await sleep(10);
}

/** Whether a new connection is taken. */
async function accepts(): Promise<boolean> {
  const socket = connect(server.port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function untilItStops(): Promise<void> {
  while (!server.said.stdout.includes("letting requests end")) await sleep(5);
}

it("answers every request that was under way, takes no new one, closes its connections and exits 0", async () => {
  const unblock = await blockCourses();
  const requests = [1, 2, 3].map(() => server.call("/api/courses", { headers }));
  await untilBlocked(3);
  server.signal("SIGTERM");
  await untilItStops();
  // A second signal, as an impatient supervisor sends it, cuts nothing off.
  server.signal("SIGTERM");
  // Longer than connections without a request get.
  await sleep(1500);
  expect(await accepts()).toBe(false);
  await unblock();
  const answers = await Promise.all(requests);
  expect(answers.map((answer) => [answer.status, answer.body, answer.headers["connection"]])).toEqual(
    [1, 2, 3].map(() => [200, { courses: [] }, "close"]),
  );
  expect(await server.ended).toBe(0);
  expect(server.said.stderr).toBe("");
  expect(server.accessLog().filter((line) => line.includes('"GET /api/courses HTTP/1.1" 200 '))).toHaveLength(3);
  const admin = await database.connect();
  const sessions = await admin.query("SELECT 1 FROM pg_stat_activity WHERE usename = 'maestro_app'");
  expect(sessions.rowCount).toBe(0);
});

it("says that it is not ready to whoever still asks on an open connection", async () => {
  const unblock = await blockCourses();
  const slow = server.call("/api/courses", { headers });
  await untilBlocked(1);
  const health = "GET /health HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\n\r\n";
  const socket = connect(server.port, "127.0.0.1");
  let said = "";
  socket.on("data", (data) => (said += String(data)));
  // Half a request is under way when the signal comes.
  socket.write(health.slice(0, 30));
  await sleep(100);
  server.signal("SIGTERM");
  await untilItStops();
  socket.write(health.slice(30));
  await once(socket, "close");
  expect(said).toMatch(/^HTTP\/1\.1 503 [^]*\r\nConnection: close\r\n[^]*\{"status":"stopping","database":"ok"\}$/);
  await unblock();
  expect((await slow).status).toBe(200);
  expect(await server.ended).toBe(0);
});

it("ends at once when there is nothing to wait for, idle and silent connections or not", async () => {
  await server.call("/health");
  const silent = connect(server.port, "127.0.0.1");
  await once(silent, "connect");
  silent.on("error", () => undefined);
  const started = Date.now();
  server.signal("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(Date.now() - started).toBeLessThan(4000);
  silent.destroy();
});

it.each(["websocket", "polling"])("lets socket.io clients by %s go in a way that makes them connect again", async (transport) => {
  const socket = io(server.origin, { transports: [transport], auth: { token }, extraHeaders: { "x-forwarded-proto": "https" } });
  try {
    await new Promise((resolve) => socket.once("connect", () => resolve(undefined)));
    const reason = new Promise((resolve) => socket.once("disconnect", resolve));
    server.signal("SIGTERM");
    expect(await reason).toMatch(/^transport (close|error)$/);
    // False for a client that was told not to come back.
    expect(socket.active).toBe(true);
    expect(await server.ended).toBe(0);
  } finally {
    socket.disconnect();
  }
});
