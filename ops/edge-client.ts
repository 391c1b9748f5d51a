/** Requests to the edge as a client of the internet would send them: by its public name, with its certificate checked. */
import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";

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
  /** Address of this machine that the client has. @default the one that the system chooses */
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

/** Where an edge is. */
export interface EdgeAddress {
  /** The API's public host. */
  readonly host: string;
  /** Address to connect to. @default what DNS says of the host */
  readonly address?: string;
  /** @default 80 */
  readonly httpPort?: number;
  /** @default 443 */
  readonly httpsPort?: number;
  /** File of the authority that signed its certificate. @default Node.js' own authorities */
  readonly authority?: string;
}

/** Sends requests to an edge. */
export type EdgeClient = (request: EdgeRequest) => Promise<EdgeResponse>;

/** A client of that edge. */
export function edgeClient({ host, address, httpPort = 80, httpsPort = 443, authority }: EdgeAddress): EdgeClient {
  return ({ scheme = "https", method = "GET", path, headers = {}, body, from }) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const options = {
        host: address ?? host,
        ...(from === undefined ? {} : { localAddress: from }),
        method,
        path,
        // A connection of its own for each: pooled ones would hide what a new client sees.
        agent: false,
        timeout: TIMEOUT_SECONDS * 1000,
        headers: {
          host,
          ...(payload === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) }),
          ...headers,
        },
      };
      const request =
        scheme === "http"
          ? httpRequest({ ...options, port: httpPort })
          : httpsRequest({ ...options, port: httpsPort, servername: host, ...trust(authority) });
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

/** For a TLS connection. */
function trust(authority: string | undefined): { ca?: Buffer } {
  return authority === undefined ? {} : { ca: readFileSync(authority) };
}

/** For a TLS connection to that edge: options of `tls.connect`. */
export function edgeTls({ host, address, httpsPort = 443, authority }: EdgeAddress) {
  return { host: address ?? host, port: httpsPort, servername: host, ...trust(authority) };
}

/** For a websocket to that edge: its URL and the options of `ws`. */
export function edgeSocket({ host, address, httpsPort = 443, authority }: EdgeAddress, path: string) {
  const family = address !== undefined && isIPv6(address) ? 6 : 4;
  const lookup: LookupFunction = (_host, { all }, callback) =>
    all === true ? callback(null, [{ address: address ?? "", family }]) : callback(null, address ?? "", family);
  return {
    url: `wss://${host}${httpsPort === 443 ? "" : `:${httpsPort}`}${path}`,
    options: { ...trust(authority), ...(address === undefined ? {} : { lookup }), handshakeTimeout: TIMEOUT_SECONDS * 1000 },
  };
}
