/** Runbook §1 and §4, seen by a client: redirect, headers, addresses, rate limit, websocket. */
import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { WebSocket } from "ws";
import { floodPasses, mostPasses, REJECT_STATUS } from "../../components/lib/rate-limit";
import { securityHeaders as headersOf } from "../../components/lib/security-headers";
import { authorityFile } from "../substrates/nginx";
import { logIn } from "./account";
import { type Check, type CheckContext, expected } from "./check";

/** Clients of the loopback, one for each check that counts requests: a budget belongs to an address. */
const [FLOODER, WITNESS, TRAVELLER] = ["127.0.0.20", "127.0.0.21", "127.0.0.22"] as const;
/** Requests of the flood: three times what passes at once. */
const FLOOD = 60;
/** Milliseconds that the websocket's conversation may take. */
const SOCKET_MILLISECONDS = 10_000;

/** RB-1.2 */
export const httpRedirect: Check = {
  title: "http redirect",
  async run({ edge, settings }) {
    const { status, headers } = await edge({ scheme: "http", path: "/health?from=http" });
    const location = headers.location ?? "none";
    const target = URL.canParse(location) ? new URL(location) : undefined;
    expected(
      status === 301 && target?.protocol === "https:" && target.hostname === settings.hosts.api && location.endsWith("/health?from=http"),
      `answered ${status} with Location ${location}`,
    );
    return `${status}, Location: ${location}`;
  },
};

/** RB-1.3 */
export const securityHeaders: Check = {
  title: "security headers",
  async run({ edge, settings }) {
    const { httpsPort } = settings.edge.nginx;
    const authority = `${settings.hosts.api}${httpsPort === 443 ? "" : `:${httpsPort}`}`;
    const wanted = headersOf({ authority, hsts: settings.edge.hsts });
    for (const [path, status] of [
      ["/health", 200],
      ["/no/such/page", 404],
    ] as const) {
      const answer = await edge({ path });
      expected(answer.status === status, `${path} answered ${answer.status}`);
      const values = (name: string) =>
        answer.rawHeaders.filter((_, index) => index % 2 === 1 && answer.rawHeaders[index - 1]?.toLowerCase() === name);
      const wrong = wanted.filter(({ name, value }) => values(name.toLowerCase()).join("\n") !== value);
      const found = wrong.map(({ name }) => `${name}: ${values(name.toLowerCase()).join(" and ") || "nothing"}`);
      expected(wrong.length === 0, `${path} (${status}) answered with ${found.join(", ")}`);
      expected(values("x-powered-by").length === 0, `${path} tells what it is made of (x-powered-by)`);
    }
    return `one each of ${wanted.map(({ name }) => name.toLowerCase()).join(", ")}, on a 200 and a 404`;
  },
};

/** RB-4.1 */
export const rateLimit: Check = {
  title: "rate limit",
  async run({
    edge,
    settings: {
      edge: { rateLimit: limit },
    },
  }) {
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: FLOOD }, () => edge({ path: "/api/whoami", from: FLOODER })));
    const elapsed = performance.now() - started;
    const statuses = answers.map(({ status }) => status);
    const passed = statuses.filter((status) => status === 200).length;
    const rejected = statuses.filter((status) => status === REJECT_STATUS).length;
    const [least, most] = [floodPasses(limit), mostPasses(limit, elapsed)];
    const seen = `${passed} of ${FLOOD} passed in ${Math.round(elapsed)} ms, ${rejected} got ${REJECT_STATUS}`;
    expected(passed + rejected === FLOOD && passed >= least && passed <= most, `${seen}; ${least} to ${most} should have passed`);
    const [witness, health] = [await edge({ path: "/api/whoami", from: WITNESS }), await edge({ path: "/health", from: FLOODER })];
    expected(witness.status === 200, `${seen}, but another client got ${witness.status}`);
    expected(health.status === 200, `${seen}, but its /health got ${health.status}`);
    return `${seen}; another client and /health were not limited`;
  },
};

/** RB-4.2 */
export const clientAddress: Check = {
  title: "client address",
  async run({ edge, settings }) {
    const ask = async (from: string, forwarded: string) => {
      const { status, text } = await edge({ path: "/api/whoami", from, headers: { "x-forwarded-for": forwarded } });
      expected(status === 200, `whoami answered ${status}`);
      return (JSON.parse(text) as { address: string }).address;
    };
    const forged = await ask(TRAVELLER, "203.0.113.66");
    expected(forged === TRAVELLER, `a client at ${TRAVELLER} that forged X-Forwarded-For was seen as ${forged}`);
    const [proxy = ""] = settings.edge.rateLimit.trustedProxies;
    const behind = await ask(proxy.replace(/\/32$/, ""), "203.0.113.66, 203.0.113.7");
    expected(behind === "203.0.113.7", `a client at 203.0.113.7 behind a trusted proxy was seen as ${behind}`);
    return `a forged X-Forwarded-For changed nothing; behind a trusted proxy the client is ${behind}`;
  },
};

/** RB-6.1: what the websocket's uptime check asks. */
export const websocket: Check = {
  title: "websocket",
  async run(context) {
    const { token } = await logIn(context);
    const answer = await converse(context, token);
    expected(answer === '430["rehearsal"]', `the echo was ${answer}`);
    return "a socket.io connection with a token was upgraded and answered";
  },
};

/** Connects as socket.io does (engine.io protocol 4), says who it is and sends one message. @returns the acknowledgement */
async function converse({ settings: { edge, hosts }, directory }: CheckContext, token: string): Promise<string> {
  const { listenAddress, httpsPort } = edge.nginx;
  const socket = new WebSocket(`wss://${hosts.api}:${httpsPort}/socket.io/?EIO=4&transport=websocket`, {
    lookup: (_host, _options, callback) => callback(null, [{ address: listenAddress, family: isIPv6(listenAddress) ? 6 : 4 }]),
    ca: readFileSync(authorityFile(directory)),
    handshakeTimeout: SOCKET_MILLISECONDS,
  });
  try {
    return await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the conversation got no answer")), SOCKET_MILLISECONDS);
      socket.on("close", () => clearTimeout(timer));
      socket.on("error", reject);
      socket.on("message", (data: Buffer) => {
        const text = data.toString();
        if (text.startsWith("0")) socket.send(`40${JSON.stringify({ token })}`);
        else if (text.startsWith("40")) socket.send('420["echo","rehearsal"]');
        else if (text.startsWith("4")) resolve(text);
      });
    });
  } finally {
    socket.terminate();
  }
}
