import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { WebSocket } from "ws";
import { securityHeaders } from "../../../components/lib/security-headers";
import { HOST, HSTS } from "../../helpers/edge-settings";
import {
  buildUptimeTests,
  minimumFailureSeconds,
  REQUEST_TIMEOUT_SECONDS,
  SECURITY_HEADERS,
  SOCKET_OPENED,
  SOCKET_PATH,
} from "../../../components/lib/synthetics";
import { PROD, tableOf } from "../../helpers/observability";

const tests = buildUptimeTests(tableOf(PROD));

/**
 * Second at which a test alerts, by Datadog's rule: it has failed without a break for `minimum` seconds. Runs start every `interval` seconds and
 * take `durations` of it; `failed` says which fail.
 */
function alertsAt(
  interval: number,
  minimum: number,
  runs: readonly { readonly failed: boolean; readonly seconds: number }[],
): number | undefined {
  let failingSince: number | undefined;
  for (const [index, { failed, seconds }] of runs.entries()) {
    const ended = index * interval + seconds;
    if (failingSince !== undefined && failingSince + minimum <= ended) return failingSince + minimum;
    failingSince = failed ? (failingSince ?? ended) : undefined;
  }
  return failingSince === undefined ? undefined : failingSince + minimum;
}

describe.each([
  [30, 2],
  [60, 2],
  [30, 3],
])("with a run every %i seconds and %i consecutive failures", (intervalSeconds, consecutiveFailures) => {
  const minimum = minimumFailureSeconds({ ...PROD.uptime, intervalSeconds, consecutiveFailures });
  const run = (failed: boolean, seconds: number) => ({ failed, seconds });
  const quick = 0.05;

  it.each([
    [quick, quick],
    [quick, REQUEST_TIMEOUT_SECONDS],
    [REQUEST_TIMEOUT_SECONDS, quick],
    [REQUEST_TIMEOUT_SECONDS, REQUEST_TIMEOUT_SECONDS - quick],
  ])("one failure fewer never alerts (a failure takes %d s, the success after it %d s)", (failure, success) => {
    const runs = [...Array.from({ length: consecutiveFailures - 1 }, () => run(true, failure)), run(false, success)];
    expect(alertsAt(intervalSeconds, minimum, runs)).toBeUndefined();
  });

  it("that many alert before the next run could end, less than 2 minutes after the first", () => {
    for (const seconds of [quick, REQUEST_TIMEOUT_SECONDS]) {
      const at = alertsAt(
        intervalSeconds,
        minimum,
        Array.from({ length: consecutiveFailures }, () => run(true, seconds)),
      );
      expect(at).toBe(seconds + minimum);
      expect(at).toBeLessThan(consecutiveFailures * intervalSeconds + seconds);
    }
    expect(minimum).toBeLessThan(120);
  });
});

it("asks what the runbook asks, as often as the settings say, from two locations at once", () => {
  expect(
    Object.fromEntries(Object.entries(tests).map(([key, { subtype, request, options }]) => [key, { subtype, request, options }])),
  ).toEqual({
    health: {
      subtype: "http",
      request: { method: "GET", url: "https://api.maestroverse.edu/health", timeout: 20 },
      options: options(60, 80, 1, "API answers /health over HTTPS", { followRedirects: false }),
    },
    websocket: {
      subtype: "websocket",
      request: { url: "wss://api.maestroverse.edu/socket.io/?EIO=4&transport=websocket", message: "3", timeout: 20 },
      options: options(60, 80, 1, "API opens a websocket"),
    },
    redirect: {
      subtype: "http",
      request: { method: "GET", url: "http://api.maestroverse.edu/health", timeout: 20 },
      options: options(3600, 0, 3, "http:// redirects to https://", { followRedirects: false }),
    },
    certificate: {
      subtype: "ssl",
      request: { host: "api.maestroverse.edu", port: "443", timeout: 20 },
      options: options(3600, 0, 3, "Certificate of the API"),
    },
  });
});

function options(tickEvery: number, minFailureDuration: number, monitorPriority: number, title: string, more: object = {}): object {
  return {
    tickEvery,
    minFailureDuration,
    minLocationFailed: 2,
    retry: { count: 0, interval: 300 },
    monitorName: `[prod] ${title}`,
    monitorPriority,
    monitorOptions: { renotifyInterval: 60 },
    ...more,
  };
}

it("takes for healthy what the edge sends: each security header that the test asks for, at each stage of HSTS", () => {
  for (const stage of HSTS.ramp) {
    const headers = securityHeaders({ authority: HOST, hsts: { ...HSTS, ramp: [stage] } });
    const sent = new Map(headers.map(({ name, value }) => [name.toLowerCase(), value]));
    for (const [name, pattern] of Object.entries(SECURITY_HEADERS))
      expect([name, sent.get(name)]).toEqual([name, expect.stringMatching(pattern)]);
  }
});

it("does not take HSTS that is off or no stage, an embeddable page or a leaking referrer for healthy", () => {
  const passes = (name: string, value: string) => new RegExp(SECURITY_HEADERS[name]).test(value);
  expect([
    passes("strict-transport-security", "max-age=0"),
    passes("strict-transport-security", "max-age=3000"),
    passes("x-frame-options", "ALLOWALL"),
    passes("referrer-policy", "unsafe-url"),
    passes("content-security-policy", "upgrade-insecure-requests"),
  ]).toEqual([false, false, false, false, false]);
});

it("takes for healthy what a real socket.io server sends first, and does not upset it by the test's own message", async () => {
  const http = createServer();
  const io = new Server(http);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const socket = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}${SOCKET_PATH}`);
  try {
    const received: string[] = [];
    socket.on("message", (data: Buffer) => received.push(data.toString()));
    const closed = new Promise<string>((resolve) => socket.once("close", () => resolve("closed")));
    await new Promise<void>((resolve, reject) => {
      socket.once("message", () => resolve());
      socket.once("error", reject);
    });
    socket.send(tests["websocket"]?.request.message as string);
    const still = new Promise<string>((resolve) => setTimeout(() => resolve("open"), 300));
    expect(await Promise.race([closed, still])).toBe("open");
    expect(received).toEqual([expect.stringMatching(SOCKET_OPENED)]);
  } finally {
    socket.terminate();
    await io.close();
  }
});

it("takes no other host's redirect for the API's own", () => {
  const target = tests["redirect"]?.assertions.find(({ type }) => type === "header")?.target as string;
  const passes = (location: string) => new RegExp(target).test(location);
  expect([
    passes("https://api.maestroverse.edu/health"),
    passes("https://api.maestroverse.edu:443/health"),
    passes("http://api.maestroverse.edu/health"),
    passes("https://api.maestroverse.edu.example.com/health"),
    passes("https://apixmaestroverse.edu/health"),
  ]).toEqual([true, true, false, false, false]);
});

it.each(Object.entries(tests))("%s says what to do, where to read on, and pages the team", (key, { message, locations }) => {
  const lines = message.split("\n");
  expect(lines.slice(2, 5).map((line) => line.slice(0, 4))).toEqual(["1. `", "2. `", "3. `"]);
  expect(lines).toContain(`Runbook: https://example.com/docs/runbook/6-observability.md#uptime-${key}`);
  expect(message.match(/@\S+/g)).toEqual(["@oncall-maestroverse-ops"]);
  expect(message).not.toContain("{{");
  expect(locations).toEqual(PROD.uptime.locations);
});
