/** Probes and handlers: how kubelet asks a container something. */
import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Container, HttpGetAction, Probe } from "./objects";
import type { Sandbox } from "./sandbox";

/** The container that is asked. */
export interface ProbeTarget {
  /** Address that it listens on. */
  readonly address: string;
  readonly container: Container;
  readonly sandbox: Sandbox;
}

/** What came of it. */
export interface ProbeResult {
  readonly success: boolean;
  readonly message: string;
}

/** How many redirects are followed, as kubelet does. */
const REDIRECTS = 10;

/** Asks once. @param timeoutMilliseconds after which it has failed */
export async function runProbe(
  probe: Pick<Probe, "httpGet" | "exec" | "tcpSocket">,
  target: ProbeTarget,
  timeoutMilliseconds: number,
): Promise<ProbeResult> {
  if (probe.exec !== undefined) {
    const { exitCode, output } = await target.sandbox.execute(probe.exec.command ?? [], timeoutMilliseconds);
    return { success: exitCode === 0, message: exitCode === 124 ? "command timed out" : output };
  }
  const signal = AbortSignal.timeout(timeoutMilliseconds);
  try {
    if (probe.httpGet !== undefined) return await askHttp(probe.httpGet, target, signal);
    const { host = target.address, port = 0 } = probe.tcpSocket ?? {};
    await openSocket(host, portNumber(port, target.container), signal);
    return { success: true, message: "" };
  } catch (error) {
    const reason = signal.aborted ? "context deadline exceeded" : error instanceof Error ? error.message : String(error);
    return { success: false, message: reason };
  }
}

/** The number of a port that may be given by name. @throws Error when the container has no port of that name */
function portNumber(port: number | string, { ports = [], name }: Container): number {
  if (typeof port === "number") return port;
  const found = ports.find((each) => each.name === port)?.containerPort;
  if (found === undefined) throw new Error(`container ${name} has no port named ${port}`);
  return found;
}

async function askHttp(action: HttpGetAction, { address, container }: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const scheme = (action.scheme ?? "HTTP").toLowerCase();
  const start = new URL(`${scheme}://${action.host ?? address}:${portNumber(action.port, container)}`);
  const [path = "/", search = ""] = (action.path ?? "/").split(/\?(.*)/s);
  start.pathname = path;
  start.search = search;
  const headers = new Map([
    ["user-agent", "kube-probe/1.36"],
    ["accept", "*/*"],
    ["connection", "close"],
  ]);
  for (const { name, value } of action.httpHeaders ?? []) headers.set(name.toLowerCase(), value);

  let url = start;
  for (let redirect = 0; redirect <= REDIRECTS; redirect++) {
    const response = await get(url, headers, signal);
    const { statusCode = 0 } = response;
    const location = response.headers.location;
    if (statusCode < 300 || statusCode >= 400) {
      return { success: statusCode >= 200 && statusCode < 300, message: `HTTP probe failed with statuscode: ${statusCode}` };
    }
    if (location === undefined) return { success: true, message: "" };
    const next = new URL(location, url);
    // kubelet counts a way out as success and does not go it.
    if (next.hostname !== start.hostname) return { success: true, message: "Probe terminated redirects" };
    // A Host header of the probe's own holds only while the redirect names no host.
    if (/^[a-z]+:|^\/\//i.test(location)) headers.delete("host");
    url = next;
  }
  return { success: false, message: `stopped after ${REDIRECTS} redirects` };
}

function get(url: URL, headers: ReadonlyMap<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    // Certificates are not checked, as by kubelet.
    const options = { headers: Object.fromEntries(headers), signal, agent: false as const, rejectUnauthorized: false };
    request(url, options, (response) => {
      response.destroy();
      resolve(response);
    })
      .on("error", reject)
      .end();
  });
}

function openSocket(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once("error", reject).once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}

/**
 * Asks again and again, and tells when enough answers in a row say the same.
 *
 * @param report told at each change of mind, and of each failure
 */
export async function keepProbing(
  probe: Probe,
  target: ProbeTarget,
  signal: AbortSignal,
  report: { decided(success: boolean): unknown; failed(message: string): void },
): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10, timeoutSeconds = 1, successThreshold = 1, failureThreshold = 3 } = probe;
  let run = { success: false, length: 0 };
  await pause(initialDelaySeconds * 1000, signal);
  while (!signal.aborted) {
    const result = await runProbe(probe, target, timeoutSeconds * 1000);
    if (signal.aborted) return;
    run = { success: result.success, length: run.success === result.success ? run.length + 1 : 1 };
    if (!result.success) report.failed(result.message);
    if (run.length === (result.success ? successThreshold : failureThreshold)) report.decided(result.success);
    await pause(periodSeconds * 1000, signal);
  }
}

/** Waits; ends early when the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
