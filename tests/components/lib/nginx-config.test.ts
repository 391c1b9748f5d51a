import { connect as connectHttp2 } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import WebSocket from "ws";
import { buildNginxConfig, type NginxConfigArgs } from "../../../components/lib/nginx-config";
import { mostPasses, nextPassMilliseconds, type RateLimit } from "../../../components/lib/rate-limit";
import { hiddenHeaders, securityHeaders } from "../../../components/lib/security-headers";
import { type EdgePlace, type EdgeRequest, type EdgeServer, refusalOf, startEdge } from "../../helpers/edge-server";

const HOST = "api.maestroverse.edu";
const PROXY = "127.0.0.2";
const HSTS = { maxAgeSeconds: 31_536_000, includeSubDomains: true };
const RUNBOOK: RateLimit = { requestsPerMinute: 100, burst: 20, ipv6PrefixLength: 64 };
/** How Node.js sees a connection that was closed without a response. */
const NO_ANSWER = /^(socket hang up|read ECONNRESET)$/;
/** The next request passes after a minute: what a flood leaves is the same on the slowest machine. */
const FROZEN: RateLimit = { ...RUNBOOK, requestsPerMinute: 1 };

const settings = (place: EdgePlace, rateLimit: RateLimit): NginxConfigArgs => ({
  apiHost: HOST,
  rateLimit,
  trustedProxies: [`${PROXY}/32`],
  hsts: HSTS,
  healthPath: "/health",
  nginx: { listenAddress: "127.0.0.1", ...place },
});

let edge: EdgeServer;
beforeAll(async () => {
  edge = await startEdge(HOST, (place) => buildNginxConfig(settings(place, FROZEN)));
});
afterAll(() => edge.stop());

/** Each test has an address of its own, so that none eats another's requests. */
let clients = 0;
const newClient = () => `127.0.1.${++clients}`;
const count = (statuses: readonly number[], status: number) => statuses.filter((each) => each === status).length;
const got = (body: string) => {
  const { headers } = JSON.parse(body) as { headers: string[] };
  return (name: string) => headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);
};

describe("the rate limit", () => {
  it("lets 21 of 200 simultaneous requests of one address pass, and refuses the rest with 429", async () => {
    const { statuses } = await edge.flood(200, { from: newClient() });
    expect([count(statuses, 200), count(statuses, 429)]).toEqual([21, 179]);
  });

  it("counts each address for itself", async () => {
    const { statuses } = await edge.flood(30, { from: newClient() });
    expect(count(statuses, 200)).toBe(21);
    expect((await edge.send({ from: newClient() })).status).toBe(200);
  });

  it("counts the websocket's path in the same bucket", async () => {
    const from = newClient();
    const { statuses } = await edge.flood(15, { from, path: "/socket.io/?EIO=4&transport=polling" });
    const { statuses: others } = await edge.flood(15, { from });
    expect(count([...statuses, ...others], 200)).toBe(21);
  });

  it("never refuses /health", async () => {
    const from = newClient();
    await edge.flood(30, { from });
    const { statuses } = await edge.flood(50, { from, path: "/health" });
    expect(count(statuses, 200)).toBe(50);
  });

  it("refuses in JSON, and says when to come back", async () => {
    const from = newClient();
    await edge.flood(21, { from });
    const { status, headers, body } = await edge.send({ from });
    expect(status).toBe(429);
    expect([headers["retry-after"], headers["content-type"]]).toEqual([["63"], ["application/json"]]);
    expect(JSON.parse(body)).toEqual({ error: "Too Many Requests", retryAfterSeconds: 63 });
  });

  it("leaves a 429 of the application as it is", async () => {
    const { status, headers } = await edge.send({ from: newClient(), path: "/too-many" });
    expect([status, headers["retry-after"], headers["x-of-the-application"]]).toEqual([429, ["77"], ["kept"]]);
  });

  it("logs each refusal, with its client and without its query, in a log of their own", async () => {
    const from = newClient();
    await edge.flood(25, { from, path: "/lesson?token=secret" });
    const refused = edge.log("blocked.log").map((line) => JSON.parse(line) as Record<string, string>);
    expect(refused.filter(({ client }) => client === from).map(({ path, status, limit }) => [path, status, limit])).toEqual(
      Array.from({ length: 4 }, () => ["/lesson", "429", "REJECTED"]),
    );
    const all = edge.log("access.log").map((line) => JSON.parse(line) as Record<string, string>);
    expect(all.filter(({ client }) => client === from)).toHaveLength(25);
    expect(edge.log("access.log").filter((line) => line.includes("secret"))).toEqual([]);
    const warnings = edge.log("error.log").filter((line) => line.includes("limiting requests") && line.includes(`client: ${from},`));
    expect(warnings).toHaveLength(4);
  });
});

describe("the runbook's rate", () => {
  let runbookEdge: EdgeServer;
  beforeAll(async () => {
    runbookEdge = await startEdge(HOST, (place) => buildNginxConfig(settings(place, RUNBOOK)));
  });
  afterAll(() => runbookEdge.stop());

  it("lets no more pass than the oracle says, and the next one as soon as it says", async () => {
    const start = performance.now();
    const from = newClient();
    const { statuses } = await runbookEdge.flood(60, { from });
    const passed = count(statuses, 200);
    expect(passed).toBeGreaterThanOrEqual(21);
    expect(passed).toBeLessThanOrEqual(mostPasses(RUNBOOK, performance.now() - start));
    await sleep(nextPassMilliseconds(RUNBOOK) + 1);
    const { statuses: later } = await runbookEdge.flood(10, { from });
    expect(count(later, 200)).toBeGreaterThanOrEqual(1);
    expect(passed + count(later, 200)).toBeLessThanOrEqual(mostPasses(RUNBOOK, performance.now() - start));
  });
});

describe("the client's address", () => {
  const behindProxy = (forwardedFor: string): EdgeRequest => ({ from: PROXY, headers: { "X-Forwarded-For": forwardedFor } });

  it("is the peer's, whatever headers of its own it sends", async () => {
    const from = newClient();
    const lies = {
      "X-Forwarded-For": "198.51.100.1",
      "X-Real-IP": "198.51.100.1",
      "X-Forwarded-Proto": "http",
      "X-Forwarded-Host": "evil.example",
      Forwarded: "for=198.51.100.1",
      "True-Client-IP": "198.51.100.1",
    };
    const { body } = await edge.send({ from, headers: lies });
    const header = got(body);
    expect(
      ["x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-forwarded-host", "forwarded", "true-client-ip", "host"].map(header),
    ).toEqual([[from], [from], ["https"], [HOST], [], [], [HOST]]);
  });

  it("gains nothing from a forged X-Forwarded-For: the flood stays in its bucket", async () => {
    const from = newClient();
    const statuses = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        edge.send({ from, headers: { "X-Forwarded-For": `198.51.100.${index}` } }).then(({ status }) => status),
      ),
    );
    expect(count(statuses, 200)).toBe(21);
  });

  it("is what a trusted proxy says, from the right", async () => {
    const { body } = await edge.send(behindProxy("198.51.100.66, 203.0.113.50"));
    expect(["x-forwarded-for", "x-real-ip"].map(got(body))).toEqual([["203.0.113.50"], ["203.0.113.50"]]);
  });

  it("is found behind several trusted proxies", async () => {
    const { body } = await edge.send(behindProxy(`198.51.100.66, 203.0.113.52, ${PROXY}`));
    expect(["x-forwarded-for", "x-real-ip"].map(got(body))).toEqual([["203.0.113.52"], ["203.0.113.52"]]);
  });

  it("is behind a trusted proxy not what the client forged to the left", async () => {
    const statuses = await Promise.all(
      Array.from({ length: 40 }, (_, index) => edge.send(behindProxy(`198.51.100.${index}, 203.0.113.51`)).then(({ status }) => status)),
    );
    expect(count(statuses, 200)).toBe(21);
  });

  it("counts by /64 where it is IPv6", async () => {
    await edge.flood(21, behindProxy("2001:db8:1:2::1"));
    expect((await edge.send(behindProxy("2001:db8:1:2:ffff:ffff:ffff:ffff"))).status).toBe(429);
    expect((await edge.send(behindProxy("2001:db8:1:3::1"))).status).toBe(200);
  });

  it("is the IPv4 client's in either form, and not one bucket for all of IPv4", async () => {
    await edge.flood(21, behindProxy("::ffff:203.0.113.60"));
    expect((await edge.send(behindProxy("203.0.113.60"))).status).toBe(429);
    expect((await edge.send(behindProxy("::ffff:203.0.113.61"))).status).toBe(200);
  });
});

describe("the headers", () => {
  const classes: readonly (readonly [string, number, () => Promise<EdgeRequest>])[] = [
    ["a success", 200, () => Promise.resolve({ from: newClient() })],
    ["the health check", 200, () => Promise.resolve({ from: newClient(), path: "/health" })],
    ["the application's 404", 404, () => Promise.resolve({ from: newClient(), path: "/status/404" })],
    ["the application's 500", 500, () => Promise.resolve({ from: newClient(), path: "/status/500" })],
    ["too large a body", 413, () => Promise.resolve({ from: newClient(), method: "POST", body: Buffer.alloc(1_100_000) })],
    [
      "a refusal",
      429,
      async () => {
        const from = newClient();
        await edge.flood(21, { from });
        return { from };
      },
    ],
    ["a broken application", 502, () => Promise.resolve({ from: newClient(), path: "/drop" })],
  ];

  it.each(classes)("are each there exactly once on %s (%d), with the edge's value", async (_, status, prepare) => {
    const response = await edge.send(await prepare());
    expect(response.status).toBe(status);
    const expected = securityHeaders(HSTS);
    expect(expected.map(({ name }) => [name, response.headers[name.toLowerCase()]])).toEqual(
      expected.map(({ name, value }) => [name, [value]]),
    );
    expect([response.headers["x-powered-by"], response.headers["server"]]).toEqual([undefined, ["nginx"]]);
  });

  it("are there on the redirect too, but for the one that RFC 6797 forbids over plain HTTP", async () => {
    const { headers } = await edge.send({ scheme: "http", from: newClient() });
    const expected = securityHeaders(HSTS);
    expect(expected.map(({ name }) => [name, headers[name.toLowerCase()]])).toEqual(
      expected.map(({ name, value }) => [name, name === "Strict-Transport-Security" ? undefined : [value]]),
    );
  });

  it("of the application pass where the edge owns none of that name", async () => {
    const { headers } = await edge.send({ from: newClient() });
    expect(headers["x-of-the-application"]).toEqual(["kept"]);
    expect(hiddenHeaders(HSTS)).not.toContain("X-Of-The-Application");
  });
});

describe("the hosts", () => {
  it.each(["/", "/health", "/lessons/a%20b/../c?x=1&y=%2F&z=//evil.example"])(
    "plain HTTP is redirected with 301 to the same path and query: %s",
    async (path) => {
      const { status, headers } = await edge.send({ scheme: "http", path });
      expect([status, headers["location"]]).toEqual([301, [`https://${HOST}:${edge.httpsPort}${path}`]]);
    },
  );

  it("a redirect on the standard port names none", () => {
    const place = { httpPort: 80, httpsPort: 443, upstream: "127.0.0.1:3000", certificateDirectory: "tls" };
    expect(buildNginxConfig(settings(place, RUNBOOK)).match(/return 301 .*/g)).toEqual([`return 301 https://${HOST}$request_uri;`]);
  });

  it.each(["http", "https"] as const)("any other host gets no answer over %s", async (scheme) => {
    await expect(edge.send({ scheme, host: "evil.example" })).rejects.toThrow(NO_ANSWER);
  });

  it("another host in the request's target gets no answer, though the Host header is right", async () => {
    await expect(edge.send({ scheme: "http", path: "http://evil.example/x" })).rejects.toThrow(NO_ANSWER);
  });

  it("a handshake for another name is refused", async () => {
    await expect(edge.send({ serverName: "evil.example" })).rejects.toThrow(/unrecognized name/);
  });

  it.each([
    ["TLSv1.1", false],
    ["TLSv1.2", true],
    ["TLSv1.3", true],
  ] as const)("speaks %s: %p", async (version, expected) => {
    const spoken = await new Promise<boolean>((resolve) => {
      const ciphers = "DEFAULT@SECLEVEL=0";
      const options = { host: "127.0.0.1", port: edge.httpsPort, servername: HOST, ca: edge.certificate, ciphers };
      const socket = connectTls({ ...options, minVersion: version, maxVersion: version }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    expect(spoken).toBe(expected);
  });

  it("speaks HTTP/2", async () => {
    const session = connectHttp2(`https://127.0.0.1:${edge.httpsPort}`, { ca: edge.certificate, servername: HOST });
    const status = await new Promise((resolve, reject) => {
      session.on("error", reject);
      session.request({ ":path": "/health", ":authority": HOST }).on("response", (headers) => resolve(headers[":status"]));
    });
    session.destroy();
    expect(status).toBe(200);
  });
});

describe("an upgrade", () => {
  it("to websocket reaches the application, with the client's address", async () => {
    const from = newClient();
    const options = { ca: edge.certificate, servername: HOST, localAddress: from, headers: { Host: HOST } };
    const socket = new WebSocket(`wss://127.0.0.1:${edge.httpsPort}/socket.io/?EIO=4&transport=websocket`, options);
    const answer = await new Promise<string>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("open", () => socket.send("hello"));
      socket.on("message", (data: Buffer) => resolve(data.toString()));
    });
    socket.terminate();
    expect(answer).toBe(`hello from ${from}`);
  });

  it("to anything else does not", async () => {
    const { body } = await edge.send({ from: newClient(), headers: { Connection: "Upgrade", Upgrade: "h2c" } });
    expect(["upgrade", "connection"].map(got(body))).toEqual([[], []]);
  });
});

describe("nginx accepts", () => {
  const accepted = (change: (args: NginxConfigArgs) => NginxConfigArgs) =>
    refusalOf((place) => buildNginxConfig(change(settings(place, RUNBOOK))));

  it.each<[string, (args: NginxConfigArgs) => NginxConfigArgs]>([
    ["no burst", (args) => ({ ...args, rateLimit: { ...args.rateLimit, burst: 0 } })],
    ["the largest limit", (args) => ({ ...args, rateLimit: { ...args.rateLimit, requestsPerMinute: 60_000, burst: 10_000 } })],
    ["each IPv6 address by itself", (args) => ({ ...args, rateLimit: { ...args.rateLimit, ipv6PrefixLength: 128 } })],
    ["no trusted proxy", (args) => ({ ...args, trustedProxies: [] })],
    ["trusted proxies of both families", (args) => ({ ...args, trustedProxies: ["10.0.0.0/8", "2001:db8::/32"] })],
    ["an IPv6 address to listen on", (args) => ({ ...args, nginx: { ...args.nginx, listenAddress: "::1" } })],
    ["the longest host name", (args) => ({ ...args, apiHost: [63, 63, 63, 61].map((length) => "a".repeat(length)).join(".") })],
  ])("%s", async (_, change) => {
    expect(await accepted(change)).toBeUndefined();
  });

  it("nothing that is no configuration, as a proof of the proof", async () => {
    expect(await accepted((args) => ({ ...args, apiHost: "a; evil" }))).toContain('unknown directive "evil"');
  });
});
