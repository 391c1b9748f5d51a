/** Runs an uptime test from here as Datadog would, by what Datadog has recorded of it: its request, and the conditions of its answer. */
import { connect } from "node:tls";
import { WebSocket } from "ws";
import { DAY_MILLISECONDS } from "../../components/lib/zoned-time";
import { type EdgeAddress, edgeClient, edgeSocket, edgeTls } from "../edge-client";

/** A condition, as Datadog's API has it. */
export interface Assertion {
  readonly type: string;
  readonly operator: string;
  readonly target?: unknown;
  /** Of a header its name. */
  readonly property?: string;
}

/** An uptime test, as Datadog's API has it. */
export interface RecordedTest {
  readonly subtype?: string;
  readonly config: {
    readonly request: { readonly method?: string; readonly url?: string; readonly message?: string };
    readonly assertions: readonly Assertion[];
  };
}

/** What an answer has, by what an assertion asks of: `statusCode`, `responseTime`, `body`, `header strict-transport-security`… */
export type Answer = ReadonlyMap<string, string | number>;

/** Conditions that do not hold, a line each; one that nobody here can read is none that holds. */
export function failedConditions(assertions: readonly Assertion[], answer: Answer): string[] {
  return assertions.flatMap(({ type, operator, target, property }) => {
    const asked = property === undefined ? type : `${type} ${property.toLowerCase()}`;
    const value = answer.get(asked);
    const wanted = String(target);
    if (value === undefined) return [`${asked} is missing, wanted ${operator} ${wanted}`];
    const holds = COMPARISONS[operator]?.(value, wanted);
    if (holds === undefined) return [`${asked}: the operator ${operator} is not understood`];
    return holds ? [] : [`${asked} is ${JSON.stringify(value).slice(0, 120)}, wanted ${operator} ${wanted}`];
  });
}

const COMPARISONS: Readonly<Record<string, (value: string | number, wanted: string) => boolean>> = {
  is: (value, wanted) => String(value) === wanted,
  matches: (value, wanted) => new RegExp(wanted).test(String(value)),
  lessThan: (value, wanted) => Number(value) < Number(wanted),
  isInMoreThan: (value, wanted) => Number(value) > Number(wanted),
  moreThanOrEqual: (value, wanted) => Number(value) >= Number(wanted),
};

/**
 * Sends a test's request to the edge.
 *
 * @param from address of this machine that the client has
 * @throws Error that says why there was no answer
 */
export async function ask(test: RecordedTest, edge: EdgeAddress, from?: string): Promise<Answer> {
  const begun = performance.now();
  const { subtype = "http", config } = test;
  const own = from === undefined ? {} : { from };
  const told =
    subtype === "websocket"
      ? await askSocket(config.request.url ?? "", edge, from)
      : subtype === "ssl"
        ? await askCertificate(edge)
        : await askHttp(config.request, edge, own);
  return new Map([...told, ["responseTime", Math.round(performance.now() - begun)]]);
}

async function askHttp(
  { method = "GET", url = "" }: RecordedTest["config"]["request"],
  edge: EdgeAddress,
  own: { readonly from?: string },
): Promise<[string, string | number][]> {
  const { protocol, pathname, search } = new URL(url);
  const scheme = protocol === "http:" ? "http" : "https";
  const { status, headers, text } = await edgeClient(edge)({ scheme, method, path: pathname + search, ...own });
  // An edge that is reached at another port stands for the public one: its redirects name the port.
  const publicly = (value: string) =>
    edge.httpsPort === undefined ? value : value.replace(`//${edge.host}:${edge.httpsPort}/`, `//${edge.host}/`);
  const named = Object.entries(headers).map(([name, value]): [string, string] => [`header ${name}`, publicly(String(value))]);
  return [["statusCode", status], ["body", text], ...named];
}

async function askSocket(address: string, edge: EdgeAddress, from: string | undefined): Promise<[string, string | number][]> {
  const { pathname, search } = new URL(address);
  const { url, options } = edgeSocket(edge, pathname + search);
  const socket = new WebSocket(url, { ...options, ...(from === undefined ? {} : { localAddress: from }) });
  try {
    const message = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no message within 10 s")), SOCKET_MILLISECONDS);
      socket.once("message", (data: Buffer) => resolve(data.toString()));
      socket.once("error", reject);
      socket.once("close", () => {
        clearTimeout(timer);
        reject(new Error("closed before a message came"));
      });
    });
    return [["receivedMessage", message]];
  } finally {
    socket.terminate();
  }
}

/** Milliseconds in which a websocket has to say something. */
const SOCKET_MILLISECONDS = 10_000;

/** The certificate has been checked against its authority and the host's name when there is an answer. */
async function askCertificate(edge: EdgeAddress): Promise<[string, string | number][]> {
  const socket = connect(edgeTls(edge));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.setTimeout(SOCKET_MILLISECONDS, () => reject(new Error("no TLS within 10 s")));
    });
    const days = (Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / DAY_MILLISECONDS;
    return [
      ["certificate", Math.floor(days)],
      ["minTlsVersion", socket.getProtocol()?.replace("TLSv", "") ?? ""],
    ];
  } finally {
    socket.destroy();
  }
}
