/** Two external nginx that share the traffic: each counts for itself, and the oracle says what becomes of the limit. */
import { setTimeout as sleep } from "node:timers/promises";
import { buildNginxConfig } from "../../../components/lib/nginx-config";
import { mostPasses, overReplicas, type RateLimit } from "../../../components/lib/rate-limit";
import { type EdgeServer, startEdge } from "../../helpers/edge-server";
import { count, HOST, newClient, nginxSettings, RUNBOOK } from "../../helpers/edge-settings";

const REPLICAS = 2;
/** 1 a minute each: what a flood leaves stays as it is. */
const FROZEN: RateLimit = { ...RUNBOOK, requestsPerMinute: REPLICAS };
/** 5 a second each. */
const FAST: RateLimit = { ...RUNBOOK, requestsPerMinute: 600 };

let edges: EdgeServer[] = [];
async function startReplicas(limit: RateLimit): Promise<EdgeServer[]> {
  edges = await Promise.all(
    Array.from({ length: REPLICAS }, () =>
      startEdge(HOST, (place) => {
        const settings = nginxSettings(place, limit);
        return buildNginxConfig({ ...settings, nginx: { ...settings.nginx, replicas: REPLICAS } });
      }),
    ),
  );
  return edges;
}

export function describeReplicas(): void {
  describe("several replicas", () => {
    afterEach(() => Promise.all(edges.map((edge) => edge.stop())));

    it("grant the whole burst each: 21 of a flood that reaches one of them pass, and 42 of one that reaches both evenly", async () => {
      const [first, second] = await startReplicas(FROZEN);
      const { floodPasses } = overReplicas(FROZEN, REPLICAS);
      expect(floodPasses).toEqual({ least: 21, most: 42 });
      expect(count((await first.flood(100, { from: newClient() })).statuses, 200)).toBe(floodPasses.least);
      const from = newClient();
      const both = await Promise.all([first.flood(50, { from }), second.flood(50, { from })]);
      expect(
        count(
          both.flatMap(({ statuses }) => statuses),
          200,
        ),
      ).toBe(floodPasses.most);
      // A refusal's Retry-After is that of the replica: a minute and rounding at 1 a minute.
      expect((await second.send({ from })).headers["retry-after"]).toEqual(["63"]);
    });

    it("share the rate: a client that reaches both evenly has all of it, one that stays with one of them half", async () => {
      const [first, second] = await startReplicas(FAST);
      const perReplica = { requestsPerMinute: overReplicas(FAST, REPLICAS).requestsPerMinutePerReplica, burst: FAST.burst };
      expect([perReplica.requestsPerMinute, overReplicas(FAST, REPLICAS).requestsPerMinute]).toEqual([300, { least: 300, most: 600 }]);
      const clients = [
        { from: newClient(), asks: [first, second] },
        { from: newClient(), asks: [first] },
      ];
      await Promise.all(
        clients.map(async ({ from, asks }) => {
          const start = performance.now();
          const passed = count(
            (await Promise.all(asks.map((edge) => edge.flood(50, { from })))).flatMap(({ statuses }) => statuses),
            200,
          );
          const flooded = performance.now();
          let [more, sent] = [0, flooded];
          while (sent < flooded + 3000) {
            sent = performance.now();
            more += count(await Promise.all(asks.map(async (edge) => (await edge.send({ from })).status)), 200);
            await sleep(20);
          }
          const total = passed + more;
          expect(total).toBeLessThanOrEqual(asks.length * mostPasses(perReplica, performance.now() - start));
          expect(total).toBeGreaterThanOrEqual(asks.length * (mostPasses(perReplica, sent - flooded) - 1));
        }),
      );
    });
  });
}
