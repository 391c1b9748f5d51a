/** The rate limit of an external nginx, seen by its clients. `edge` lets nothing more pass for a minute; `runbook` has the runbook's rate. */
import { setTimeout as sleep } from "node:timers/promises";
import { REFUSALS_PER_LOG_LINE } from "../../../components/lib/nginx-snippets";
import { mostPasses, nextPassMilliseconds } from "../../../components/lib/rate-limit";
import type { EdgeRequest, EdgeServer } from "../../helpers/edge-server";
import { count, got, HOST, newClient, PROXY, RUNBOOK } from "../../helpers/edge-settings";

const behindProxy = (forwardedFor: string): EdgeRequest => ({ from: PROXY, headers: { "X-Forwarded-For": forwardedFor } });
/** Seconds after which nginx has written what it holds back. */
const FLUSH_SECONDS = 1.2;

export function describeLimit(edgeOf: () => EdgeServer, runbookOf: () => EdgeServer): void {
  describe("the rate limit", () => {
    it("lets 21 of 200 simultaneous requests of one address pass, and refuses the rest with 429", async () => {
      const { statuses } = await edgeOf().flood(200, { from: newClient() });
      expect([count(statuses, 200), count(statuses, 429)]).toEqual([21, 179]);
    });

    it("counts each address for itself", async () => {
      const { statuses } = await edgeOf().flood(30, { from: newClient() });
      expect(count(statuses, 200)).toBe(21);
      expect((await edgeOf().send({ from: newClient() })).status).toBe(200);
    });

    it("refuses none of 1,000 addresses that ask once a minute", async () => {
      const statuses: number[] = [];
      for (let block = 0; block < 10; block++)
        statuses.push(
          ...(await Promise.all(
            Array.from({ length: 100 }, (_, index) =>
              edgeOf()
                .send({ from: `127.3.${block}.${index + 1}` })
                .then(({ status }) => status),
            ),
          )),
        );
      expect([statuses.length, count(statuses, 200)]).toEqual([1000, 1000]);
    });

    it("counts the websocket's path in the same bucket", async () => {
      const from = newClient();
      const { statuses } = await edgeOf().flood(15, { from, path: "/socket.io/?EIO=4&transport=polling" });
      const { statuses: others } = await edgeOf().flood(15, { from });
      expect(count([...statuses, ...others], 200)).toBe(21);
    });

    it("refuses in JSON, and says when to come back", async () => {
      const from = newClient();
      await edgeOf().flood(21, { from });
      const { status, headers, body } = await edgeOf().send({ from });
      expect(status).toBe(429);
      expect([headers["retry-after"], headers["content-type"]]).toEqual([["63"], ["application/json"]]);
      expect(JSON.parse(body)).toEqual({ error: "Too Many Requests", retryAfterSeconds: 63 });
    });

    it("leaves a 429 of the application as it is", async () => {
      const { status, headers } = await edgeOf().send({ from: newClient(), path: "/too-many" });
      expect([status, headers["retry-after"], headers["x-of-the-application"]]).toEqual([429, ["77"], ["kept"]]);
    });
  });

  describe("the exempt paths", () => {
    it("never see a 429", async () => {
      const from = newClient();
      await edgeOf().flood(30, { from });
      for (const path of ["/health", "/hooks/payments?id=1"]) {
        const { statuses } = await edgeOf().flood(50, { from, path });
        expect(count(statuses, 200)).toBe(50);
      }
    });

    it("are those paths to the letter: neither what lies below nor another spelling", async () => {
      const from = newClient();
      await edgeOf().flood(21, { from });
      const paths = ["/health/x", "/Health", "/healthz", "/health;a", "/hooks/payments/"];
      const statuses = await Promise.all(paths.map((path) => edgeOf().send({ from, path })));
      expect(statuses.map(({ status }) => status)).toEqual(paths.map(() => 429));
    });

    it("of health checks cost the application a request a second, whoever asks and however, and take no other method", async () => {
      const asks = () => edgeOf().asked.filter((each) => each.startsWith("GET /health")).length;
      const [before, start] = [asks(), performance.now()];
      const statuses: number[] = [];
      for (let index = 0; index < 100; index++)
        statuses.push(
          (await edgeOf().send({ from: newClient(), path: `/health?${index}`, headers: { Origin: `https://${index}.example` } })).status,
        );
      expect(count(statuses, 200)).toBe(100);
      expect(asks() - before).toBeLessThanOrEqual(2 + Math.floor((performance.now() - start) / 1000));
      const post = await edgeOf().send({ from: newClient(), path: "/health", method: "POST", body: Buffer.from("{}") });
      expect([post.status, edgeOf().asked.filter((each) => each.startsWith("POST /health"))]).toEqual([403, []]);
    });
  });

  describe("the runbook's rate", () => {
    it("lets 21 of 200 at once pass and what the time grants, then one every 600 ms", async () => {
      const edge = runbookOf();
      const from = newClient();
      const start = performance.now();
      const { statuses } = await edge.flood(200, { from });
      const flooded = performance.now();
      expect(count(statuses, 200)).toBeGreaterThanOrEqual(21);
      expect(count(statuses, 200)).toBeLessThanOrEqual(mostPasses(RUNBOOK, flooded - start));

      let sent = flooded;
      while (sent < flooded + 5 * nextPassMilliseconds(RUNBOOK)) {
        sent = performance.now();
        statuses.push((await edge.send({ from })).status);
        await sleep(20);
      }
      // The edge's clock began between the first request and the flood's end, and stood between the last request and its answer.
      expect(count(statuses, 200)).toBeGreaterThanOrEqual(mostPasses(RUNBOOK, sent - flooded) - 1);
      expect(count(statuses, 200)).toBeLessThanOrEqual(mostPasses(RUNBOOK, performance.now() - start));
    });
  });

  describe("the client's address", () => {
    it("is the peer's, whatever headers of its own it sends", async () => {
      const from = newClient();
      const lies = {
        "X-Forwarded-For": "198.51.100.1",
        "X-Real-IP": "198.51.100.1",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        X_Forwarded_For: "198.51.100.1",
        Forwarded: "for=198.51.100.1",
        "True-Client-IP": "198.51.100.1",
        "X-Original-URL": "/admin",
      };
      const { body } = await edgeOf().send({ from, headers: lies });
      const names = ["x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-forwarded-host", "host"];
      const gone = ["x_forwarded_for", "forwarded", "true-client-ip", "x-original-url"];
      expect([...names, ...gone].map(got(body))).toEqual([[from], [from], ["https"], [HOST], [HOST], [], [], [], []]);
    });

    it("gains nothing from a forged X-Forwarded-For: the flood stays in its bucket", async () => {
      const from = newClient();
      const statuses = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          edgeOf()
            .send({ from, headers: { "X-Forwarded-For": `198.51.100.${index}` } })
            .then(({ status }) => status),
        ),
      );
      expect(count(statuses, 200)).toBe(21);
    });

    it.each([
      ["from the right", "198.51.100.66, 203.0.113.50", "203.0.113.50"],
      ["through several trusted proxies", `198.51.100.66, 203.0.113.52, ${PROXY}`, "203.0.113.52"],
    ])("is what a trusted proxy says, %s", async (_, forwardedFor, client) => {
      const { body } = await edgeOf().send(behindProxy(forwardedFor));
      expect(["x-forwarded-for", "x-real-ip"].map(got(body))).toEqual([[client], [client]]);
    });

    it("is behind a trusted proxy not what the client forged to the left", async () => {
      const statuses = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          edgeOf()
            .send(behindProxy(`198.51.100.${index}, 203.0.113.51`))
            .then(({ status }) => status),
        ),
      );
      expect(count(statuses, 200)).toBe(21);
    });

    it("is the proxy's own where that says nothing that is an address", async () => {
      const { body } = await edgeOf().send(behindProxy("unknown"));
      expect(got(body)("x-forwarded-for")).toEqual([PROXY]);
    });

    it("counts by /64 where it is IPv6: 64 addresses of one share a budget, the next /64 has its own", async () => {
      const flood = Array.from({ length: 64 }, (_, index) => edgeOf().send(behindProxy(`2001:db8:1:2:${index.toString(16)}::${index}`)));
      const statuses = (await Promise.all(flood)).map(({ status }) => status);
      expect([count(statuses, 200), count(statuses, 429)]).toEqual([21, 43]);
      expect((await edgeOf().send(behindProxy("2001:db8:1:2:ffff:ffff:ffff:ffff"))).status).toBe(429);
      expect((await edgeOf().send(behindProxy("2001:db8:1:3::1"))).status).toBe(200);
    });

    it("is the IPv4 client's in either form, and not one bucket for all of IPv4", async () => {
      await edgeOf().flood(21, behindProxy("::ffff:203.0.113.60"));
      expect((await edgeOf().send(behindProxy("203.0.113.60"))).status).toBe(429);
      expect((await edgeOf().send(behindProxy("::ffff:203.0.113.61"))).status).toBe(200);
    });
  });

  describe("the logs", () => {
    interface Line {
      readonly network: { readonly client: { readonly ip: string }; readonly bytes_written: number };
      readonly http: { readonly method: string; readonly url: string; readonly status_code: number; readonly useragent: string };
      readonly upstream: { readonly status: string };
      readonly limit: string;
      readonly weight: number;
    }
    const linesOf = (file: string, client: string) =>
      edgeOf()
        .log(file)
        .map((line) => JSON.parse(line) as Line)
        .filter(({ network }) => network.client.ip === client);

    it("have the served requests in one, a sample of the refused ones in another, each with its client and none with its query", async () => {
      const from = newClient();
      await edgeOf().flood(421, { from, path: "/lesson?token=secret" });
      await sleep(FLUSH_SECONDS * 1000);
      const served = linesOf("access.log", from);
      expect(served.map(({ http, limit, weight }) => [http.url, http.status_code, limit, weight])).toEqual(
        Array.from({ length: 21 }, () => ["/lesson", 200, "PASSED", 1]),
      );
      const refused = linesOf("blocked.log", from);
      expect(new Set(refused.map(({ http, limit, weight }) => [http.url, http.status_code, limit, weight].join(" ")))).toEqual(
        new Set([`/lesson 429 REJECTED ${REFUSALS_PER_LOG_LINE}`]),
      );
      // 400 refusals, one in ten: outside of this once in ten thousand runs.
      expect(refused.length).toBeGreaterThanOrEqual(18);
      expect(refused.length).toBeLessThanOrEqual(66);
      const all = ["access.log", "blocked.log", "error.log"].flatMap((file) => edgeOf().log(file));
      expect(all.filter((line) => line.includes("secret") || line.includes("limiting requests"))).toEqual([]);
    });

    it("have what the application failed at with its status, and its query nowhere", async () => {
      const from = newClient();
      await edgeOf().send({ from, path: "/drop?token=secret" });
      await sleep(FLUSH_SECONDS * 1000);
      expect(linesOf("access.log", from).map(({ http, upstream }) => [http.url, http.status_code, upstream.status])).toEqual([
        // Each of the connections that nginx kept to the application is tried before a new one.
        ["/drop", 502, expect.stringMatching(/^502(, 502)*$/)],
      ]);
      expect(
        edgeOf()
          .log("error.log")
          .filter((line) => line.includes("secret")),
      ).toEqual([]);
    });

    it("are JSON whatever a client sends, and leave out the health checks", async () => {
      const from = newClient();
      await edgeOf().send({ from, path: "/health" });
      await edgeOf().send({ from, path: "/a%22%0a%5c%e2%80%a8", headers: { "User-Agent": 'a "quoted"\tone\u00e9' } });
      await edgeOf().raw(`GET /%00"\\ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, { from });
      await edgeOf().raw("\x00\x01\r\n\r\n", { from });
      await sleep(FLUSH_SECONDS * 1000);
      expect(linesOf("access.log", from).map(({ http }) => [http.method, http.url, http.status_code])).toEqual([
        ["GET", '/a"\n\\\u2028', 200],
        ["GET", "", 400],
        ["", "", 400],
      ]);
    });
  });
}
