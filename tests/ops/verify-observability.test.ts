/** The conditions of uptime tests, as `ops verify` reads them from Datadog, and what of the checklist can be asked for by a section's name. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { buildUptimeTests } from "../../components/lib/synthetics";
import { PROBES } from "../../ops/verify/probes";
import { selectProbes } from "../../ops/verify/run";
import { type Answer, ask, type Assertion, failedConditions } from "../../ops/verify/uptime-conditions";
import { PROD, tableOf } from "../helpers/observability";

const tests = buildUptimeTests(tableOf(PROD));
const assertionsOf = (key: string) => tests[key]?.assertions as unknown as Assertion[];

const HEALTHY: readonly (readonly [string, string | number])[] = [
  ["statusCode", 200],
  ["responseTime", 80],
  ["body", '{"status":"ok"}'],
  ["header strict-transport-security", "max-age=31536000; includeSubDomains"],
  ["header content-security-policy", "default-src 'self'"],
  ["header referrer-policy", "no-referrer"],
  ["header x-content-type-options", "nosniff"],
  ["header x-frame-options", "DENY"],
];
const answer = (...changes: readonly (readonly [string, string | number | undefined])[]): Answer =>
  new Map([...HEALTHY, ...changes].filter((entry): entry is [string, string | number] => entry[1] !== undefined));
const without = (name: string): Answer => new Map(HEALTHY.filter(([each]) => each !== name));

describe("the conditions of production's health test", () => {
  it("hold for a healthy answer", () => {
    expect(failedConditions(assertionsOf("health"), answer())).toEqual([]);
  });

  it.each<[string, string | number, string]>([
    ["statusCode", 502, "statusCode is 502, wanted is 200"],
    ["responseTime", 2000, "responseTime is 2000, wanted lessThan 2000"],
    ["body", '{"status":"degraded"}', 'body is "{\\"status\\":\\"degraded\\"}", wanted matches'],
    ["header strict-transport-security", "max-age=60", 'header strict-transport-security is "max-age=60", wanted matches'],
    ["header x-frame-options", "ALLOWALL", 'header x-frame-options is "ALLOWALL", wanted matches'],
  ])("fail where %s is %j", (name, value, problem) => {
    const problems = failedConditions(assertionsOf("health"), answer([name, value]));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it("fail for each header that is missing", () => {
    for (const [name] of HEALTHY)
      expect(failedConditions(assertionsOf("health"), without(name))).toEqual([expect.stringContaining(`${name} is missing`)]);
  });
});

it("takes no condition for granted that it cannot read", () => {
  expect(failedConditions([{ type: "statusCode", operator: "isNot", target: 500 }], answer())).toEqual([
    "statusCode: the operator isNot is not understood",
  ]);
});

describe("asked over a network", () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer((_, response) => response.writeHead(301, { location: "https://api.maestroverse.edu:8443/health?a=1" }).end());
    new WebSocketServer({ server }).on("connection", (socket) => socket.send('0{"sid":"abc"}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => server.close());

  const edge = () => ({ host: "api.maestroverse.edu", address: "127.0.0.1", httpPort: port, httpsPort: 8443 });

  it("a redirect that names the port of an edge behind the public one is the public one's", async () => {
    const test = { config: { request: tests["redirect"]?.request as { url: string }, assertions: assertionsOf("redirect") } };
    const seen = await ask(test, edge());
    expect(seen.get("header location")).toBe("https://api.maestroverse.edu/health?a=1");
    expect(failedConditions(assertionsOf("redirect"), seen)).toEqual([]);
  });

  it("a server that is away is an error that says so", async () => {
    const test = { config: { request: tests["redirect"]?.request as { url: string }, assertions: [] } };
    await expect(ask(test, { ...edge(), httpPort: 1 })).rejects.toThrow("ECONNREFUSED 127.0.0.1:1");
    const socket = { subtype: "websocket", config: { request: { url: "wss://api.maestroverse.edu/socket.io/" }, assertions: [] } };
    await expect(ask(socket, { ...edge(), httpsPort: 1 })).rejects.toThrow("ECONNREFUSED 127.0.0.1:1");
    await expect(ask({ ...socket, subtype: "ssl" }, { ...edge(), httpsPort: 1 })).rejects.toThrow("ECONNREFUSED 127.0.0.1:1");
  });
});

describe("--only", () => {
  const names = (...only: string[]) => selectProbes(PROBES, only).map(({ line }) => line.slice(0, 4));

  it.each([
    ["https", "RB-1"],
    ["database", "RB-2"],
    ["secrets", "RB-3"],
    ["edge", "RB-4"],
    ["backups", "RB-5"],
    ["observability", "RB-6"],
  ])("%s: the probes of that section, and no other", (section, prefix) => {
    expect(new Set(names(section))).toEqual(new Set([prefix]));
    expect(names(section)).toEqual(names(prefix.slice(3)));
  });

  it("names what there is when asked for something else", () => {
    expect(() => selectProbes(PROBES, ["observabilty"])).toThrow(
      "a section (1 to 6, or https, database, secrets, edge, backups, observability) or a probe: pods,",
    );
  });
});
