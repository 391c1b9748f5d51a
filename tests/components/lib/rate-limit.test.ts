import fc from "fast-check";
import {
  floodPasses,
  mostInFirstMinute,
  mostPasses,
  nextPassMilliseconds,
  overReplicas,
  retryAfterSeconds,
} from "../../../components/lib/rate-limit";

const RUNBOOK = { requestsPerMinute: 100, burst: 20 };

/** ngx_http_limit_req_lookup() of nginx 1.22, for one client: which of the requests at these times (ms, ascending) pass. */
function nginx(limit: typeof RUNBOOK, times: readonly number[]): boolean[] {
  const rate = Math.trunc((limit.requestsPerMinute * 1000) / 60);
  let excess = 0;
  let last: number | undefined;
  return times.map((now) => {
    const elapsed = last === undefined ? 0 : now - last;
    const next = last === undefined ? 0 : Math.max(0, excess - Math.trunc((rate * elapsed) / 1000) + 1000);
    if (next > limit.burst * 1000) return false;
    excess = next;
    if (last === undefined || elapsed > 0) last = now;
    return true;
  });
}
const count = (passes: readonly boolean[]) => passes.filter(Boolean).length;
const limits = fc.record({ requestsPerMinute: fc.integer({ min: 1, max: 60_000 }), burst: fc.integer({ min: 0, max: 200 }) });

describe("the runbook's 100 a minute with a burst of 20", () => {
  it("lets 21 of a flood pass, the next one after 601 ms, and 120 in the first minute", () => {
    expect([floodPasses(RUNBOOK), nextPassMilliseconds(RUNBOOK), mostInFirstMinute(RUNBOOK), retryAfterSeconds(RUNBOOK)]).toEqual([
      21, 601, 120, 1,
    ]);
  });

  it.each([
    [1, { requestsPerMinutePerReplica: 100, requestsPerMinute: { least: 100, most: 100 }, floodPasses: { least: 21, most: 21 } }],
    [2, { requestsPerMinutePerReplica: 50, requestsPerMinute: { least: 50, most: 100 }, floodPasses: { least: 21, most: 42 } }],
    [3, { requestsPerMinutePerReplica: 33, requestsPerMinute: { least: 33, most: 99 }, floodPasses: { least: 21, most: 63 } }],
    [101, { requestsPerMinutePerReplica: 0, requestsPerMinute: { least: 0, most: 0 }, floodPasses: { least: 21, most: 2121 } }],
  ])("becomes over %d replicas %j", (replicas, expected) => {
    expect(overReplicas(RUNBOOK, replicas)).toEqual(expected);
  });
});

describe("the oracle agrees with nginx's arithmetic", () => {
  it("on a flood, and to the millisecond on the request after it", () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const flood = Array.from({ length: limit.burst + 10 }, () => 0);
        expect(count(nginx(limit, flood))).toBe(floodPasses(limit));
        const next = nextPassMilliseconds(limit);
        expect(nginx(limit, [...flood, next - 1]).at(-1)).toBe(false);
        expect(nginx(limit, [...flood, next]).at(-1)).toBe(true);
      }),
    );
  });

  it("on the most that passes, whenever the requests come", () => {
    fc.assert(
      fc.property(limits, fc.array(fc.nat(5000), { minLength: 1, maxLength: 300 }), (limit, gaps) => {
        let now = 0;
        const times = [0, ...gaps.map((gap) => (now += gap))];
        expect(count(nginx(limit, times))).toBeLessThanOrEqual(mostPasses(limit, now));
      }),
    );
  });

  it("on a client that keeps to Retry-After: it passes", () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const flood = Array.from({ length: limit.burst + 2 }, () => 0);
        expect(nginx(limit, [...flood, retryAfterSeconds(limit) * 1000]).at(-1)).toBe(true);
      }),
    );
  });
});
