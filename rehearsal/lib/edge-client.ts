/** Requests to the edge as a client of the internet would send them: by its public name, with its certificate checked. */
import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Settings } from "../../config";

/** A request. */
export interface EdgeRequest {
  /** @default "https" */
  readonly scheme?: "http" | "https";
  /** @default "GET" */
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Address of the loopback that the client has. @default 127.0.0.1 */
  readonly from?: string;
}

/** What came back. */
export interface EdgeResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they were sent, each copy of a repeated header by itself. */
  readonly rawHeaders: readonly string[];
  readonly text: string;
}

/** Seconds that an answer may take. */
const TIMEOUT_SECONDS = 20;

/** Sends requests to the rehearsal's edge. */
export type EdgeClient = (request: EdgeRequest) => Promise<EdgeResponse>;

/** @param authority file of the certificate that signed the edge's */
export function edgeClient({ edge, hosts }: Pick<Settings, "edge" | "hosts">, authority: string): EdgeClient {
  const { listenAddress, httpPort, httpsPort } = edge.nginx;
  return ({ scheme = "https", method = "GET", path, headers = {}, body, from = "127.0.0.1" }) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const options = {
        host: listenAddress,
        localAddress: from,
        method,
        path,
        // A connection of its own for each: pooled ones would hide what a new client sees.
        agent: false,
        timeout: TIMEOUT_SECONDS * 1000,
        headers: {
          host: hosts.api,
          ...(payload === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) }),
          ...headers,
        },
      };
      const request =
        scheme === "http"
          ? httpRequest({ ...options, port: httpPort })
          : httpsRequest({ ...options, port: httpsPort, servername: hosts.api, ca: readFileSync(authority) });
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            text: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      });
      request.on("timeout", () => request.destroy(new Error(`no answer within ${TIMEOUT_SECONDS} s`)));
      request.on("error", reject);
      request.end(payload);
    });
}
