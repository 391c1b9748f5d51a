/** Accounts, tokens, sessions and courses of the sample server, and what becomes of them when a secret is rotated (runbook §3). */
import { hostname } from "node:os";
import { createHmac, randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";
import { SECRET_NAMES } from "../../settings/schema";
import {
  type Answer,
  API_HOST,
  makeSecrets,
  runProgram,
  type SampleDatabase,
  type SampleServer,
  startSampleDatabase,
  startSampleServer,
} from "../helpers/sample-server";

const PASSWORD = "correct horse battery staple";

let database: SampleDatabase;
let server: SampleServer;
const secrets = makeSecrets();
const running: SampleServer[] = [];

/** Another server on the same database, as a pod of another generation is. */
async function start(environment: Readonly<Record<string, string>>): Promise<SampleServer> {
  const started = await startSampleServer({ ...environment, DATABASE_URL: database.appUrl });
  running.push(started);
  return started;
}

beforeAll(async () => {
  database = await startSampleDatabase();
  await runProgram("migrate.ts", { DATABASE_URL: database.migratorUrl });
  server = await start(secrets);
});
afterAll(async () => {
  await Promise.all(running.map((each) => each.stop()));
  await database.stop();
});

const register = (email: string, password = PASSWORD) => server.call("/api/register", { method: "POST", json: { email, password } });
const login = (email: string, at = server, password = PASSWORD) => at.call("/api/login", { method: "POST", json: { email, password } });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const me = (token: string, at = server) => at.call("/api/me", { headers: bearer(token) });

/** What a browser keeps of an answer, as its Cookie header. */
function cookies({ headers }: Answer): string {
  return [headers["set-cookie"] ?? []]
    .flat()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

/** A person who is logged in. */
async function person(email: string, at = server): Promise<{ id: number; token: string; cookie: string; csrfToken: string }> {
  const { id } = (await register(email)).body as { id: number };
  const answer = await login(email, at);
  const { token, csrfToken } = answer.body as { token: string; csrfToken: string };
  return { id, token, csrfToken, cookie: cookies(answer) };
}

/** A key's name, computed apart from the server's code. */
const fingerprint = (key: string) => createHmac("sha256", key).update("maestroverse key fingerprint v1").digest("hex").slice(0, 8);

describe("accounts", () => {
  it("registers once, whatever the case of the address, and logs in", async () => {
    const first = await register("Ada@Example.com");
    expect([first.status, first.body]).toEqual([201, { id: expect.any(Number) as number, email: "ada@example.com" }]);
    const again = await register("ada@example.COM");
    expect([again.status, again.body]).toEqual([409, { error: "this e-mail address is registered" }]);
    const { status, body } = await login("ada@example.com");
    expect([status, body]).toEqual([
      200,
      { token: expect.any(String) as string, expiresInSeconds: 900, csrfToken: expect.any(String) as string },
    ]);
    const mine = await me((body as { token: string }).token);
    expect([mine.status, mine.body]).toEqual([200, first.body]);
  });

  it.each([
    ["a short password", { email: "b@example.com", password: "elevenchars" }],
    ["an endless password", { email: "b@example.com", password: "x".repeat(257) }],
    ["no address", { email: "nobody", password: PASSWORD }],
    ["an object for a password", { email: "b@example.com", password: { length: 20 } }],
    ["nothing", undefined],
  ])("refuses %s", async (_, json) => {
    expect((await server.call("/api/register", { method: "POST", json })).status).toBe(400);
  });

  it("says the same of a wrong password and of an unknown address", async () => {
    await register("carl@example.com");
    const answers = [await login("carl@example.com", server, `${PASSWORD}!`), await login("nobody@example.com")];
    expect(answers.map(({ status, body, headers }) => [status, body, headers["set-cookie"]])).toEqual(
      [1, 2].map(() => [401, { error: "wrong e-mail address or password" }, undefined]),
    );
  });

  it("keeps neither passwords nor session ids in the database", async () => {
    const { cookie } = await person("dora@example.com");
    const admin = await database.connect({ database: "maestroverse" });
    const { rows } = await admin.query<{ passwordHash: string }>(`SELECT "passwordHash" FROM "User" WHERE "email" = 'dora@example.com'`);
    expect(rows[0]?.passwordHash).toMatch(
      new RegExp(`^scrypt-hmac-v1\\$${fingerprint(secrets["MAESTROVERSE_PEPPER"])}\\$[\\w-]{22}\\$[\\w-]{43}$`),
    );
    const id = /__Host-session=([\w-]{43})\./.exec(cookie)?.[1] as string;
    const sessions = await admin.query(`SELECT count(*)::int AS n FROM "Session" WHERE "idHash" = encode(sha256($1::bytea), 'hex')`, [id]);
    expect(sessions.rows).toEqual([{ n: 1 }]);
  });
});

describe("tokens", () => {
  const claims = { issuer: `https://${API_HOST}`, subject: "1", expiresIn: 900 } as const;
  const kid = () => fingerprint(secrets["JWT_SECRET"]);
  const forged = () => ({
    "signed by another key": jwt.sign({}, randomBytes(64), { ...claims, keyid: kid() }),
    "that names no key": jwt.sign({}, secrets["JWT_SECRET"], claims),
    "of another issuer": jwt.sign({}, secrets["JWT_SECRET"], { ...claims, issuer: "https://elsewhere.example", keyid: kid() }),
    "that has ended": jwt.sign({}, secrets["JWT_SECRET"], { ...claims, expiresIn: -1, keyid: kid() }),
    "without a signature": jwt.sign({}, "", { ...claims, algorithm: "none", keyid: kid() }),
    "of another algorithm": jwt.sign({}, secrets["JWT_SECRET"], { ...claims, algorithm: "HS512", keyid: kid() }),
    "that is none": "x.y.z",
  });

  it.each(Object.keys(forged()) as (keyof ReturnType<typeof forged>)[])("are refused: one %s", async (kind) => {
    const answer = await me(forged()[kind]);
    expect([answer.status, answer.body]).toEqual([401, { error: "the token is not valid: log in again" }]);
  });

  it("names the key that signed it, which whoami names too", async () => {
    const { token } = await person("emil@example.com");
    expect(jwt.decode(token, { complete: true })?.header).toEqual({ alg: "HS256", typ: "JWT", kid: kid() });
    const whoami = await server.call("/api/whoami");
    expect(whoami.body).toEqual({
      pod: hostname(),
      signedBy: {},
      address: "203.0.113.7",
      keys: Object.fromEntries(SECRET_NAMES.map((name) => [name, { current: fingerprint(secrets[name]) }])),
    });
  });
});

describe("sessions", () => {
  it("gives cookies that only HTTPS to this very host carries, that no script reads and no other site sends", async () => {
    await register("fay@example.com");
    const set = [(await login("fay@example.com")).headers["set-cookie"] ?? []].flat();
    expect(set.map((cookie) => cookie.replace(/=[^;]+/, "=…").replace(/Expires=[^;]+/, "Expires=…"))).toEqual(
      ["session", "csrf"].map((name) => `__Host-${name}=…; Max-Age=43200; Path=/; Expires=…; HttpOnly; Secure; SameSite=Strict`),
    );
  });

  it("reads by the cookie alone, and changes with the CSRF token only", async () => {
    const { cookie, csrfToken, id } = await person("gus@example.com");
    expect((await server.call("/api/me", { headers: { cookie } })).body).toEqual({ id, email: "gus@example.com" });
    const other = await person("hal@example.com");
    const create = (headers: Record<string, string>) => server.call("/api/courses", { method: "POST", json: { title: "Fugue" }, headers });
    const withoutCsrfCookie = cookie.replace(/; __Host-csrf=.*/, "");
    const swapped = `${withoutCsrfCookie}; __Host-csrf=${other.csrfToken}`;
    const refused = [
      await create({ cookie }),
      await create({ cookie, "x-csrf-token": other.csrfToken }),
      await create({ cookie: withoutCsrfCookie, "x-csrf-token": csrfToken }),
      await create({ cookie: swapped, "x-csrf-token": other.csrfToken }),
    ];
    const error = "missing or wrong CSRF token: send that of GET /api/csrf-token as X-CSRF-Token";
    expect(refused.map(({ status, body }) => [status, body])).toEqual([1, 2, 3, 4].map(() => [403, { error }]));
    expect((await create({ cookie, "x-csrf-token": csrfToken })).status).toBe(201);

    const renewed = await server.call("/api/csrf-token", { headers: { cookie: withoutCsrfCookie } });
    const next = (renewed.body as { csrfToken: string }).csrfToken;
    expect((await create({ cookie: `${withoutCsrfCookie}; ${cookies(renewed)}`, "x-csrf-token": next })).status).toBe(201);
  });

  it("ends at logout, and refuses a forged cookie", async () => {
    const { cookie, csrfToken } = await person("ida@example.com");
    const forged = cookie.replace(/session=(.)/, (_, first) => `session=${first === "A" ? "B" : "A"}`);
    expect((await server.call("/api/me", { headers: { cookie: forged } })).status).toBe(401);
    const out = await server.call("/api/logout", { method: "POST", headers: { cookie, "x-csrf-token": csrfToken } });
    expect(out.status).toBe(204);
    expect((await server.call("/api/me", { headers: { cookie } })).status).toBe(401);
  });
});

describe("courses", () => {
  it("are created, read, changed and deleted by their owner, and each change leaves an event", async () => {
    const owner = await person("jan@example.com");
    const stranger = await person("kim@example.com");
    const call = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, json?: unknown, token = owner.token) =>
      server.call(`/api/courses${path}`, { method, json, headers: bearer(token) });
    const title = `Robert'); DROP TABLE "Course"; --`;
    const created = await call("POST", "", { title });
    const { id } = created.body as { id: number };
    const stamp = expect.stringMatching(/^\d{4}-.+Z$/) as string;
    const course = { id, title, ownerId: owner.id, createdAt: stamp, updatedAt: stamp };
    expect([created.status, created.body]).toEqual([201, course]);
    expect((await call("GET", `?after=${id - 1}`, undefined, stranger.token)).body).toEqual({ courses: [course] });

    const changed = await call("PUT", `/${id}`, { title: "Counterpoint" });
    expect([changed.status, changed.body]).toEqual([200, { ...course, title: "Counterpoint" }]);
    const refusals = [
      await call("PUT", `/${id}`, { title: "Mine" }, stranger.token),
      await call("DELETE", `/${id}`, undefined, stranger.token),
      await call("DELETE", "/1;DELETE"),
      await call("DELETE", "/999999999"),
      await call("PUT", `/${id}`, { title: " " }),
      await call("PUT", `/${id}`, { title: "x".repeat(201) }),
      await call("GET", "", undefined, "no token"),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([404, 404, 404, 404, 400, 400, 401]);
    expect((await call("DELETE", `/${id}`)).status).toBe(204);
    expect((await call("GET", `?after=${id - 1}`)).body).toEqual({ courses: [] });

    const admin = await database.connect({ database: "maestroverse" });
    const { rows } = await admin.query(`SELECT "action", "userId" FROM "CourseEvent" WHERE "courseId" = $1 ORDER BY "id"`, [id]);
    expect(rows).toEqual(["created", "updated", "deleted"].map((action) => ({ action, userId: owner.id })));
  });

  it("changes nothing when the event cannot be written", async () => {
    const owner = await person("lea@example.com");
    const admin = await database.connect({ database: "maestroverse" });
    await admin.query(`REVOKE INSERT ON "CourseEvent" FROM maestro_app`);
    const answer = await server.call("/api/courses", { method: "POST", json: { title: "Lost" }, headers: bearer(owner.token) });
    await admin.query(`GRANT INSERT ON "CourseEvent" TO maestro_app`);
    expect(answer.status).toBe(500);
    expect((await admin.query(`SELECT 1 FROM "Course" WHERE "title" = 'Lost'`)).rows).toEqual([]);
  });
});

describe("a rotation of all four secrets", () => {
  const next = makeSecrets();
  const rolling = Object.fromEntries(SECRET_NAMES.map((name) => [`${name}_ROLLING`, secrets[name]]));
  let before: Awaited<ReturnType<typeof person>>;
  let overlap: SampleServer;
  let retired: SampleServer;
  beforeAll(async () => {
    before = await person("mia@example.com");
    await register("ned@example.com");
    overlap = await start({ ...next, ...rolling });
    retired = await start(next);
  });

  const viaCookie = (at: SampleServer, cookie: string, csrfToken: string) =>
    at.call("/api/courses", { method: "POST", json: { title: "Rondo" }, headers: { cookie, "x-csrf-token": csrfToken } });

  it("accepts the old token, cookie and CSRF token while NAME_ROLLING is set, and not after", async () => {
    expect([(await me(before.token, overlap)).status, (await me(before.token, retired)).status]).toEqual([200, 401]);
    const { cookie, csrfToken } = before;
    expect([(await viaCookie(overlap, cookie, csrfToken)).status, (await viaCookie(retired, cookie, csrfToken)).status]).toEqual([
      201, 401,
    ]);
  });

  it("signs with the new secrets from the start, and old pods do not accept that", async () => {
    const token = ((await login("mia@example.com", overlap)).body as { token: string }).token;
    expect(jwt.decode(token, { complete: true })?.header.kid).toBe(fingerprint(next["JWT_SECRET"]));
    expect([(await me(token, overlap)).status, (await me(token, retired)).status, (await me(token)).status]).toEqual([200, 200, 401]);
  });

  it("signs a session's cookie again in the overlap, so that who came by stays logged in", async () => {
    const renewed = await overlap.call("/api/csrf-token", { headers: { cookie: before.cookie } });
    const { csrfToken } = renewed.body as { csrfToken: string };
    expect((await viaCookie(retired, cookies(renewed), csrfToken)).status).toBe(201);
  });

  it("hashes a password again at a login in the overlap; who did not log in then cannot after", async () => {
    expect((await login("ned@example.com", retired)).status).toBe(401);
    const wrong = await login("ned@example.com", overlap, `${PASSWORD}!`);
    expect([wrong.status, (await login("ned@example.com", retired)).status]).toEqual([401, 401]);
    expect([(await login("ned@example.com", overlap)).status, (await login("ned@example.com", retired)).status]).toEqual([200, 200]);
  });

  it("is accepted before it signs: a pod that has the next value as NAME_ROLLING takes what pods with it sign, and signs with the old one", async () => {
    const prepared = await start({ ...secrets, ...Object.fromEntries(SECRET_NAMES.map((name) => [`${name}_ROLLING`, next[name]])) });
    await register("oda@example.com");
    const answer = await login("oda@example.com", overlap);
    const { token, csrfToken } = answer.body as { token: string; csrfToken: string };
    expect((await me(token, prepared)).status).toBe(200);
    expect((await viaCookie(prepared, cookies(answer), csrfToken)).status).toBe(201);
    const own = (await login("oda@example.com", prepared)).body as { token: string };
    expect(jwt.decode(own.token, { complete: true })?.header.kid).toBe(fingerprint(secrets["JWT_SECRET"]));
    expect((await me(own.token, overlap)).status).toBe(200);
  });

  it("is told by whoami of everything that a request carries, without asking the database", async () => {
    const ask = async (at: SampleServer, headers: Record<string, string>) =>
      ((await at.call("/api/whoami", { headers })).body as { signedBy: unknown }).signedBy;
    const all = { ...bearer(before.token), cookie: before.cookie, "x-csrf-token": before.csrfToken };
    const of = (signer: string) => ({ JWT_SECRET: signer, SESSION_SECRET: signer, CSRF_SECRET: signer });
    expect([await ask(server, all), await ask(overlap, all), await ask(retired, all)]).toEqual([of("current"), of("rolling"), of("none")]);
    expect(await ask(overlap, { cookie: before.cookie })).toEqual({ SESSION_SECRET: "rolling" });
  });

  it("is seen from outside by the keys' names alone", async () => {
    const keys = async (at: SampleServer) => ((await at.call("/api/whoami")).body as { keys: Record<string, unknown> }).keys["JWT_SECRET"];
    const [old, current] = [secrets, next].map((each) => fingerprint(each["JWT_SECRET"]));
    expect([await keys(server), await keys(overlap), await keys(retired)]).toEqual([
      { current: old },
      { current, rolling: old },
      { current },
    ]);
  });
});
