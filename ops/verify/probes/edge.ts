/** Runbook §4: the rate limit by a flood of one client, and whom the application takes the client for. */
import { setTimeout as sleep } from "node:timers/promises";
import { mostPasses, nextPassMilliseconds, overReplicas, REJECT_STATUS } from "../../../components/lib/rate-limit";
import { securityHeaders } from "../../../components/lib/security-headers";
import { HEALTH_PATH } from "../../../components/lib/web-pod";
import type { EdgeResponse } from "../../edge-client";
import type { FloodEvidence } from "../evidence";
import { compareHeaders, HEADERS_TODO } from "../headers";
import { fail, judge, notApplicable, pass, type Probe, type ProbeContext, undetermined } from "../probe";
import type { Systems } from "../systems";
import { whoAmI } from "../who-am-i";

/** Requests at a time: a browser's six connections, twice. */
const WAVE = 12;
/** Requests of the flood, whatever happens: each one of ten refusals is logged, and 120 refusals without a line are one case of 300,000. */
const MOST_REQUESTS = 150;
/** Requests after the flood, and milliseconds between two: they show that the limit lets one pass every 600 ms. */
const TRICKLE = { requests: 10, milliseconds: 300 };
/** Milliseconds that the edge may take to write its log down: its buffer is flushed every second. */
const LOG_MILLISECONDS = 4000;
/** Address of the documentation (RFC 5737) that nobody has: what a client forges. */
const FORGED = "203.0.113.66";

/** What the flood left for who looks at headers. */
const refusals = new WeakMap<Systems, EdgeResponse>();

const flood: Probe = {
  line: "RB-4.1",
  name: "flood",
  title: `A flood of one client gets ${REJECT_STATUS} beyond the limit, others do not, and it is logged`,
  needs: ["edge"],
  last: true,
  async run(context) {
    const { settings, systems, stack, signal, allowFlood } = context;
    if (settings.environment === "prod" && !allowFlood)
      return undetermined(
        `no flood was sent: ${stack} is prod`,
        `npm run ops -- verify --stack ${stack} --only flood --allow-flood sends up to ${MOST_REQUESTS} requests from this machine's address, which is then limited for a minute.`,
      );
    const limit = settings.edge.rateLimit;
    const replicas = settings.cluster.ingressController.replicas;
    const from = systems.ownAddress();
    // What this machine sent before counts too, where it has only one address.
    if (from === undefined) await sleep((limit.burst + 1) * nextPassMilliseconds(limit), undefined, { signal });
    const started = performance.now();
    const requests: { atMilliseconds: number; passed: boolean }[] = [];
    const send = async () => {
      const answer = await systems.edge({
        path: "/api/whoami",
        headers: { "user-agent": context.run },
        ...(from === undefined ? {} : { from }),
      });
      const refused = answer.status === REJECT_STATUS;
      if (refused) refusals.set(systems, answer);
      if (answer.status >= 500) throw new Error(`the flood was ended: a request was answered with ${answer.status}`);
      requests.push({ atMilliseconds: Math.round(performance.now() - started), passed: !refused });
    };
    const most = () => mostPasses({ ...limit, burst: 0 }, performance.now() - started) - 1 + overReplicas(limit, replicas).floodPasses.most;
    const passed = () => requests.filter((each) => each.passed).length;
    // Ends itself: at the bound, when more has passed than any limit of ours would let, and on the first sign of trouble.
    while (requests.length < MOST_REQUESTS && passed() <= most()) {
      signal.throwIfAborted();
      await Promise.all(Array.from({ length: Math.min(WAVE, MOST_REQUESTS - requests.length) }, send));
    }
    const elapsed = performance.now() - started;
    const range = { least: overReplicas(limit, replicas).floodPasses.least, most: most() };
    const seen = `${passed()} of ${requests.length} requests in ${Math.round(elapsed)} ms passed, ${requests.length - passed()} got ${REJECT_STATUS}`;
    const evidence: FloodEvidence = {
      kind: "flood",
      title: `${limit.requestsPerMinute} requests a minute, burst ${limit.burst}`,
      limit: { requestsPerMinute: limit.requestsPerMinute, burst: limit.burst },
      replicas,
      requests,
    };
    if (passed() < range.least || passed() > range.most)
      return fail(
        `${seen}; ${range.least} to ${range.most} should have passed`,
        "Compare the edge's limit_req with edge.rateLimit (docs/runbook/4-edge.md); more passes than the burst where somebody else uses this address.",
        evidence,
      );
    for (let count = 0; count < TRICKLE.requests; count++) {
      await sleep(TRICKLE.milliseconds, undefined, { signal });
      await send();
    }
    const problems: string[] = [];
    const health = await systems.edge({ path: HEALTH_PATH, ...(from === undefined ? {} : { from }) });
    if (health.status !== 200) problems.push(`${HEALTH_PATH} of the flooding client got ${health.status}: uptime checks would fail`);
    if (from !== undefined) {
      const witness = await whoAmI(context, { from: systems.ownAddress() }).catch((error: unknown) =>
        error instanceof Error ? error : new Error(String(error)),
      );
      if (witness instanceof Error) problems.push(`another client was limited too: ${witness.message}`);
    }
    const logged = await waitForLog(context);
    if (!logged) problems.push("no refused request is in the edge's log");
    return judge(
      problems.map((problem) => `${seen}; ${problem}`),
      `${seen}; ${HEALTH_PATH} and other clients were not limited, and refusals are logged`,
      "Each path and client has a limit of its own, and refusals a log: docs/runbook/4-edge.md.",
      evidence,
    );
  },
};

const headersOfRefusals: Probe = {
  line: "RB-1.3",
  name: "headers-of-refusals",
  title: `The edge's ${REJECT_STATUS} has the security headers too`,
  needs: ["edge"],
  last: true,
  async run(context) {
    const refusal = refusals.get(context.systems);
    if (refusal === undefined) return notApplicable(`no request was refused: this looks at a ${REJECT_STATUS} of the probe flood`);
    await Promise.resolve();
    const { problems, cells } = compareHeaders(context, refusal, true);
    const names = securityHeaders({ authority: "", hsts: context.settings.edge.hsts }).map(({ name }) => name);
    return judge(
      problems.map((problem) => `${REJECT_STATUS}: ${problem}`),
      `one each of ${names.length} headers on a ${REJECT_STATUS}`,
      HEADERS_TODO,
      {
        kind: "table",
        title: `Headers of a ${REJECT_STATUS}`,
        columns: ["Header", `${REJECT_STATUS} of the edge`],
        rows: names.map((name, row) => [name, cells[row] ?? ""]),
      },
    );
  },
};

/** Whether a refusal of this run is in the edge's log. */
async function waitForLog({ systems, run, signal }: ProbeContext): Promise<boolean> {
  for (const until = performance.now() + LOG_MILLISECONDS; ; await sleep(250, undefined, { signal })) {
    const lines = (await systems.access.refusalLog()).split("\n");
    if (lines.some((line) => line.includes(run) && line.includes('"limit":"REJECTED"'))) return true;
    if (performance.now() > until) return false;
  }
}

const clientAddress: Probe = {
  line: "RB-4.2",
  name: "client-address",
  title: "The application sees the client's own address, whatever the client claims",
  needs: ["edge"],
  async run(context) {
    const { settings, systems } = context;
    const todo = "real_ip_header, set_real_ip_from and the application's TRUST_PROXY: docs/runbook/4-edge.md.";
    const from = systems.ownAddress();
    const forged = await whoAmI(context, { from, headers: { "x-forwarded-for": FORGED } });
    if (forged === undefined)
      return undetermined(
        "the application does not tell whom it sees",
        "/api/whoami should answer with the address: docs/runbook/4-edge.md.",
      );
    if (from === undefined) {
      const plain = await whoAmI(context);
      const isProxy = /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd]|fe80:|::1$)/i.test(forged.address);
      return judge(
        [
          ...(forged.address === FORGED || forged.address !== plain?.address
            ? [`a client that forged X-Forwarded-For was seen as ${forged.address}`]
            : []),
          ...(isProxy ? [`clients are seen as ${forged.address}, an address of a proxy`] : []),
        ],
        `this machine is seen as ${forged.address}; a forged X-Forwarded-For changed nothing`,
        todo,
      );
    }
    if (forged.address !== from) return fail(`a client at ${from} that forged X-Forwarded-For was seen as ${forged.address}`, todo);
    const [proxy] = settings.edge.rateLimit.trustedProxies;
    if (proxy === undefined) return pass(`a client at ${from} was seen as ${from}; a forged X-Forwarded-For changed nothing`);
    const behind = await whoAmI(context, { from: proxy.replace(/\/\d+$/, ""), headers: { "x-forwarded-for": `${FORGED}, 203.0.113.7` } });
    return judge(
      behind?.address === "203.0.113.7"
        ? []
        : [`a client at 203.0.113.7 behind a trusted proxy was seen as ${behind?.address ?? "nobody"}`],
      `a forged X-Forwarded-For changed nothing; behind a trusted proxy the client is ${behind?.address ?? "nobody"}`,
      todo,
    );
  },
};

export const edgeProbes: readonly Probe[] = [flood, headersOfRefusals, clientAddress];
