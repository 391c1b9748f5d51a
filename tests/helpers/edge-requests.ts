/** How a test's clients speak to its edge: by HTTP, or by bytes that are sent as they are. */
import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { EdgePlace, EdgeRequest, EdgeResponse, RawExchange, RawOptions } from "./edge-server";

/** Seconds that an answer may take. */
const ANSWER_SECONDS = 20;

/** Sends one request over a connection of its own. */
export function sendTo(place: EdgePlace, host: string, certificate: string, request: EdgeRequest): Promise<EdgeResponse> {
  const secure = request.scheme !== "http";
  const options = {
    host: "127.0.0.1",
    port: secure ? place.httpsPort : place.httpPort,
    localAddress: request.from ?? "127.0.0.1",
    path: request.path ?? "/",
    method: request.method ?? "GET",
    headers: { Host: request.host ?? host, Connection: "close", ...request.headers },
    servername: request.serverName ?? host,
    ca: certificate,
    agent: false,
    timeout: ANSWER_SECONDS * 1000,
  } as const;
  return new Promise((resolve, reject) => {
    const take = (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const headers: Record<string, string[]> = {};
        for (let index = 0; index < response.rawHeaders.length; index += 2)
          (headers[response.rawHeaders[index].toLowerCase()] ??= []).push(response.rawHeaders[index + 1]);
        resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString() });
      });
    };
    const sent = secure ? httpsRequest(options, take) : httpRequest(options, take);
    sent.on("timeout", () => sent.destroy(new Error("no response in time")));
    sent.on("error", reject);
    sent.end(request.body);
  });
}

/** Sends bytes as they are over a connection of their own. */
export async function exchange(place: EdgePlace, host: string, ca: string, bytes: string, options: RawOptions): Promise<RawExchange> {
  const { scheme = "https", from = "127.0.0.1", wait = 2000, then } = options;
  const start = performance.now();
  const to = { host: "127.0.0.1", localAddress: from };
  const socket =
    scheme === "http"
      ? connect({ ...to, port: place.httpPort })
      : connectTls({ ...to, port: place.httpsPort, servername: host, ca, ALPNProtocols: ["http/1.1"] });
  let text = "";
  socket.on("data", (data: Buffer) => (text += data.toString("latin1")));
  socket.on("error", () => undefined);
  const closed = new Promise<number>((resolve) => socket.once("close", () => resolve(performance.now() - start)));
  socket.once(scheme === "http" ? "connect" : "secureConnect", () => socket.write(bytes, "latin1"));
  let rest = then?.bytes ?? "";
  const drip = setInterval(() => {
    if (rest !== "" && socket.writable) socket.write(rest.slice(0, 1));
    rest = rest.slice(1);
  }, then?.every ?? 1000);
  const closedAfter = await Promise.race([closed, sleep(wait).then(() => undefined)]);
  clearInterval(drip);
  socket.destroy();
  return { text, statuses: [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)), closedAfter };
}
