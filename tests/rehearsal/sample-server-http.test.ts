/** What every answer of the sample server has in common: HTTPS only, headers, CORS, limits, health, log. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import {
  API_HOST,
  APP_ORIGIN,
  makeSecrets,
  runProgram,
  type SampleDatabase,
  type SampleServer,
  startSampleDatabase,
  startSampleServer,
} from "../helpers/sample-server";

let database: SampleDatabase;
let server: SampleServer;
let secrets: Record<string, string>;
beforeAll(async () => {
  database = await startSampleDatabase();
  const migrated = await runProgram("migrate.ts", { DATABASE_URL: database.migratorUrl });
  expect(migrated.stderr).toBe("");
  secrets = makeSecrets();
  server = await startSampleServer({ ...secrets, DATABASE_URL: database.appUrl });
});
afterAll(async () => {
  await server.stop();
  await database.stop();
});

/** Sends bytes and returns all that comes back. */
async function raw(text: string): Promise<string> {
  const socket = connect(server.port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const data of socket) answer += String(data);
  return answer;
}

describe("without HTTPS", () => {
  it.each(["/health", "/api/me?x=1&y=%2F", "/socket.io/?EIO=4&transport=polling", "//elsewhere.example/x", "/no/such/path"])(
    "answers %s with 301 to the same path of the public host",
    async (path) => {
      for (const proto of ["http", "https, http", "http,https", "HTTPS"]) {
        const { status, headers, body } = await server.call(path, { headers: { "x-forwarded-proto": proto, host: "evil.example" } });
        expect([proto, status, headers["location"], body]).toEqual([proto, 301, `https://${API_HOST}${path}`, ""]);
      }
    },
  );

  it("redirects a request that names another host in its target to that host's own root", async () => {
    const answer = await raw("GET http://evil.example/x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 301 /);
    expect(/^location: (.*)\r$/im.exec(answer)?.[1]).toBe(`https://${API_HOST}/`);
  });

  it("promises nothing about HTTPS, which browsers must ignore here", async () => {
    const { headers } = await server.call("/health", { headers: { "x-forwarded-proto": "http" } });
    expect(headers["strict-transport-security"]).toBeUndefined();
  });

  it("believes nothing of a request without the header", async () => {
    const { statusCode, headers, body } = await request(`${server.origin}/health`);
    await body.dump();
    expect([statusCode, headers["location"]]).toEqual([301, `https://${API_HOST}/health`]);
  });
});

it.each(["/health", "/api/me", "/no/such/path", "/socket.io/?EIO=4&transport=polling"])(
  "sends each strict header once with %s",
  async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: ${API_HOST}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n`);
    const lines = answer.split("\r\n\r\n")[0].split("\r\n").slice(1);
    const named = lines.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()));
    const ordinary = /^(content-length|content-type|connection|date):/;
    expect(named.filter((line) => !ordinary.test(line)).sort()).toEqual([
      "cache-control: no-store",
      "content-security-policy: default-src 'none';connect-src 'self' wss://api.maestroverse.edu;base-uri 'none';form-action 'none';frame-ancestors 'none'",
      "cross-origin-opener-policy: same-origin",
      "cross-origin-resource-policy: same-origin",
      "origin-agent-cluster: ?1",
      "permissions-policy: camera=(), geolocation=(), microphone=()",
      "referrer-policy: no-referrer",
      "vary: Origin",
      "x-content-type-options: nosniff",
      "x-dns-prefetch-control: off",
      "x-download-options: noopen",
      "x-frame-options: DENY",
      "x-permitted-cross-domain-policies: none",
      "x-xss-protection: 0",
    ]);
  },
);

describe("CORS", () => {
  const preflight = (origin: string, path = "/api/courses") =>
    server.call(path, { method: "OPTIONS", headers: { origin, "access-control-request-method": "PUT" } });
  const cors = (headers: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-")));

  it("lets the pages of the listed origins call, with credentials", async () => {
    const allowed = await preflight(APP_ORIGIN);
    expect([allowed.status, cors(allowed.headers)]).toEqual([
      204,
      {
        "access-control-allow-origin": APP_ORIGIN,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE",
        "access-control-allow-headers": "authorization, content-type, x-csrf-token",
        "access-control-max-age": "7200",
      },
    ]);
    const answer = await server.call("/health", { headers: { origin: "https://admin.maestroverse.edu" } });
    expect(cors(answer.headers)).toEqual({
      "access-control-allow-origin": "https://admin.maestroverse.edu",
      "access-control-allow-credentials": "true",
    });
  });

  it.each(["https://evil.example", `${APP_ORIGIN}.evil.example`, "http://app.maestroverse.edu", "null"])(
    "tells pages of %s nothing",
    async (origin) => {
      for (const path of ["/api/courses", "/socket.io/?EIO=4&transport=polling"]) {
        const refused = await preflight(origin, path);
        expect([path, refused.status, cors(refused.headers)]).toEqual([path, 403, {}]);
      }
      expect(cors((await server.call("/health", { headers: { origin } })).headers)).toEqual({});
    },
  );
});

describe("errors", () => {
  it.each([
    ["a path that does not exist", 404, "not found", "/api/nothing", {}],
    [
      "a body that is no JSON",
      400,
      "bad request",
      "/api/login",
      { method: "POST", body: "{secret", headers: { "content-type": "application/json" } },
    ],
    ["a body of more than 100 kB", 413, "the body is too large", "/api/login", { method: "POST", json: { email: "x".repeat(100_000) } }],
    ["a path with a broken escape", 400, "bad request", "/api/courses/%E0%A4%A", { method: "DELETE" }],
  ] as const)("answers %s in JSON", async (_, status, error, path, call) => {
    const answer = await server.call(path, call);
    expect([answer.status, answer.body]).toEqual([status, { error }]);
  });

  it("keeps what went wrong in the database from the client, and the password and data from the log", async () => {
    const admin = await database.connect({ database: "maestroverse" });
    await admin.query(`ALTER TABLE "User" RENAME TO "Users"`);
    const answer = await server.call("/api/login", { method: "POST", json: { email: "eve@example.com", password: "only-for-this-test" } });
    await admin.query(`ALTER TABLE "Users" RENAME TO "User"`);
    const { errorId, ...rest } = answer.body as { errorId: string };
    expect([answer.status, rest]).toEqual([500, { error: "internal error" }]);
    const line = server.said.stderr.split("\n").find((each) => each.includes(errorId)) as string;
    expect(JSON.parse(line)).toMatchObject({
      level: "error",
      context: `POST /api/login ${errorId}`,
      code: "42P01",
      message: 'relation "User" does not exist',
    });
    expect(server.said.stderr).not.toMatch(/only-for-this-test|eve@example|SELECT|a:p|a%3Ap/);
    for (const secret of Object.values(secrets)) expect(server.said.stderr).not.toContain(secret);
  });
});

describe("/health", () => {
  it("is 200 while the database answers, for GET and HEAD", async () => {
    const get = await server.call("/health");
    expect([get.status, get.body]).toEqual([200, { status: "ok", database: "ok" }]);
    const head = await server.call("/health", { method: "HEAD" });
    expect([head.status, head.body]).toEqual([200, ""]);
  });

  it("is 503 while the database lets nobody in, when other requests are told to come back, and recovers by itself", async () => {
    const admin = await database.connect();
    await admin.query("ALTER ROLE maestro_app CONNECTION LIMIT 0");
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'maestro_app'");
    const down = await server.call("/health");
    const other = await server.call("/api/login", { method: "POST", json: { email: "a@b.c", password: "long enough to be one" } });
    await admin.query("ALTER ROLE maestro_app CONNECTION LIMIT -1");
    expect([down.status, down.body]).toEqual([503, { status: "unavailable", database: "unavailable" }]);
    expect([other.status, other.headers["retry-after"], (other.body as { error: string }).error]).toEqual([
      503,
      "5",
      "unavailable, try again",
    ]);
    expect((await server.call("/health")).status).toBe(200);
  });

  it("is 503 within the kubelet's 3 seconds when the database accepts connections and says nothing, and asks by one connection only", async () => {
    const connections: Socket[] = [];
    const silent = createServer((socket) => connections.push(socket)).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const url = database.appUrl.replace(`:${database.port}/`, `:${port}/`);
    const hung = await startSampleServer({ ...makeSecrets(), DATABASE_URL: url });
    try {
      const started = Date.now();
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => hung.call("/health")));
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
      expect(Date.now() - started).toBeLessThan(2900);
      expect(connections).toHaveLength(1);
    } finally {
      await hung.stop();
      for (const socket of connections) socket.destroy();
      silent.close();
    }
  });
});

describe("the client's address", () => {
  it.each([
    ["the edge's word", "203.0.113.9", "203.0.113.9"],
    ["the edge's word, not the client's own to the left of it", "1.2.3.4, 10.0.0.1, 203.0.113.9", "203.0.113.9"],
    ["an IPv6 address", "2001:db8::7", "2001:db8::7"],
  ])("is %s", async (_, forwarded, address) => {
    const answer = await server.call("/api/whoami", { headers: { "x-forwarded-for": forwarded } });
    expect((answer.body as { address: string }).address).toBe(address);
  });

  it("is counted from the right by as many proxies as there are", async () => {
    const two = await startSampleServer({ ...makeSecrets(), DATABASE_URL: database.appUrl, TRUST_PROXY: "2" });
    try {
      const ask = async (forwarded: string) => (await two.call("/api/whoami", { headers: { "x-forwarded-for": forwarded } })).body;
      expect(await ask("1.2.3.4, 203.0.113.9, 10.0.0.1")).toMatchObject({ address: "203.0.113.9" });
      expect(await ask("203.0.113.9")).toMatchObject({ address: "203.0.113.9" });
    } finally {
      await two.stop();
    }
  });
});

describe("access.log", () => {
  const COMBINED =
    /^(?<client>\S+) - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "(?<line>[A-Z]+ \S+ HTTP\/1\.1)" (?<status>\d{3}) (\d+|-) "(?<referrer>(\\.|[^"\\])*)" "(?<agent>(\\.|[^"\\])*)"$/;

  /** The lines that a marked request leaves. */
  async function logged(mark: string): Promise<string[]> {
    for (const until = Date.now() + 2000; Date.now() < until; await sleep(20)) {
      const lines = server.accessLog().filter((line) => line.includes(mark));
      if (lines.length > 0) return lines;
    }
    return [];
  }

  it("has one line per request in the combined format, with the client's own address", async () => {
    await server.call("/health?mark=one", {
      headers: { "x-forwarded-for": "198.51.100.4", referer: "https://a.example/", "user-agent": "curl/8" },
    });
    const [line, ...others] = await logged("mark=one");
    expect(others).toEqual([]);
    expect(COMBINED.exec(line)?.groups).toEqual({
      client: "198.51.100.4",
      line: "GET /health?mark=one HTTP/1.1",
      status: "200",
      referrer: "https://a.example/",
      agent: "curl/8",
    });
  });

  it("logs redirects and socket.io's polling with the client's address too", async () => {
    await server.call("/health?mark=redirect", { headers: { "x-forwarded-proto": "http", "x-forwarded-for": "198.51.100.5" } });
    await server.call("/socket.io/?EIO=4&transport=polling&mark=polling", { headers: { "x-forwarded-for": "198.51.100.6" } });
    const lines = [...(await logged("mark=redirect")), ...(await logged("mark=polling"))].map((line) => COMBINED.exec(line)?.groups);
    expect(lines.map((groups) => [groups?.["client"], groups?.["status"]])).toEqual([
      ["198.51.100.5", "301"],
      ["198.51.100.6", "200"],
    ]);
  });

  it("stays one line of that format whatever a client calls itself", async () => {
    const authorization = `Basic ${Buffer.from('x" 200 1\n127.0.0.1 - root:y').toString("base64")}`;
    await server.call("/health?mark=forged", { headers: { "user-agent": 'a" 200 "\\', authorization } });
    const lines = await logged("mark=forged");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(COMBINED);
  });

  it("holds nothing but such lines, and stdout nothing but the start", () => {
    expect(server.accessLog().filter((line) => !COMBINED.test(line))).toEqual([]);
    expect(server.said.stdout).toBe(`Listening on 127.0.0.1:${server.port}\n`);
  });
});
