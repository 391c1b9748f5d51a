/** A real nginx for a test, on free ports of the loopback, in front of an application that behaves badly. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";

import { nginxTool, provide } from "../../toolchain/tools";
import { exchange, sendTo } from "./edge-requests";
import { freePort } from "./free-ports";

/** Ports and files that a configuration is made for. */
export interface EdgePlace {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** `host:port` of the application. */
  readonly upstream: string;
  /** Folder with tls.crt and tls.key, for the host that {@link startEdge} was given. */
  readonly certificateDirectory: string;
}

/** A request to the edge. */
export interface EdgeRequest {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Address that it comes from. @default "127.0.0.1" */
  readonly from?: string;
  /** @default the edge's host */
  readonly host?: string;
  /** Name in the TLS handshake. @default the edge's host */
  readonly serverName?: string;
  /** @default "https" */
  readonly scheme?: "http" | "https";
}

/** What came back. */
export interface EdgeResponse {
  readonly status: number;
  /** Values by name in lower case, as often as they came. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

/** What came of bytes that were sent as they are. */
export interface RawExchange {
  /** All that came back, until the edge closed. */
  readonly text: string;
  /** Statuses of the responses in it. */
  readonly statuses: readonly number[];
  /** Milliseconds until the edge closed; undefined: it had not when the time was up. */
  readonly closedAfter: number | undefined;
}

/** How bytes are sent. */
export interface RawOptions {
  readonly from?: string;
  /** @default "https" */
  readonly scheme?: "http" | "https";
  /** Milliseconds that the edge may take to close. @default 2000 */
  readonly wait?: number;
  /** Sent one by one, as many milliseconds apart. */
  readonly then?: { readonly bytes: string; readonly every: number };
}

/** A running edge. */
export interface EdgeServer extends EdgePlace {
  /** Sends bytes as they are over a connection of their own, and takes what comes. */
  raw(bytes: string, options?: RawOptions): Promise<RawExchange>;
  /** Process id of nginx. */
  readonly pid: number;
  /** What the application was asked so far: `GET /path`. */
  readonly asked: readonly string[];
  /** @throws Error when there is no response */
  send(request?: EdgeRequest): Promise<EdgeResponse>;
  /** Statuses of simultaneous requests, and the milliseconds from the first to the last. */
  flood(count: number, request?: EdgeRequest): Promise<{ readonly statuses: number[]; readonly milliseconds: number }>;
  /** Lines of a file under `logs/`. */
  log(file: string): string[];
  /** Certificate of the edge. */
  readonly certificate: string;
  stop(): Promise<void>;
}

const START_SECONDS = 20;

/**
 * Starts nginx with a configuration, unprivileged, in a folder of its own.
 *
 * @param authority of a certificate that the configuration brings itself. @default that which signed the one that is made here: itself
 * @throws Error with nginx's words when it refuses the configuration
 */
export async function startEdge(host: string, configure: (place: EdgePlace) => string, authority?: () => string): Promise<EdgeServer> {
  const program = (await provide(nginxTool, () => undefined)).path;
  const folder = mkdtempSync(join(tmpdir(), "edge-server-"));
  const asked: string[] = [];
  const application = await startBadApplication(asked);
  const place: EdgePlace = {
    httpPort: await freePort(),
    httpsPort: await freePort(),
    upstream: `127.0.0.1:${(application.address() as AddressInfo).port}`,
    certificateDirectory: folder,
  };
  mkdirSync(join(folder, "logs"));
  writeFileSync(join(folder, "nginx.conf"), configure(place));
  makeCertificate(folder, host);
  const asRoot = process.getuid?.() === 0;
  if (asRoot) execFileSync("chown", ["-R", "nobody:nogroup", folder]);
  const user = asRoot ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] : [];
  const files = ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "logs", "error.log"), "-g", "daemon off;"];
  let words = "";
  // It must not outlive a test runner that is killed.
  const child = spawn("setpriv", [...user, "--pdeathsig", "TERM", program, ...files], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.on("data", (chunk: Buffer) => (words += chunk.toString()));

  const certificate = authority?.() ?? readFileSync(join(folder, "tls.crt"), "utf8");
  const send = (request: EdgeRequest = {}) => sendTo(place, host, certificate, request);
  const stop = async () => {
    await end(child);
    application.closeAllConnections();
    await new Promise((resolve) => application.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(child, () => send({ path: "/health" }));
  } catch (error) {
    await stop();
    throw new Error(`nginx did not start: ${words}`, { cause: error });
  }
  return {
    ...place,
    certificate,
    pid: child.pid ?? 0,
    asked,
    send,
    raw: (bytes, options = {}) => exchange(place, host, certificate, bytes, options),
    flood: async (count, request) => {
      const start = performance.now();
      const responses = await Promise.all(Array.from({ length: count }, () => send(request)));
      return { statuses: responses.map(({ status }) => status), milliseconds: performance.now() - start };
    },
    log: (file) =>
      readFileSync(join(folder, "logs", file), "utf8")
        .split("\n")
        .filter((line) => line !== ""),
    stop,
  };
}

/** What nginx itself says of a configuration; undefined: it accepts it. */
export async function refusalOf(configure: (place: EdgePlace) => string): Promise<string | undefined> {
  const program = (await provide(nginxTool, () => undefined)).path;
  const folder = mkdtempSync(join(tmpdir(), "edge-test-"));
  try {
    mkdirSync(join(folder, "logs"));
    makeCertificate(folder, "edge.test");
    const place = { httpPort: await freePort(), httpsPort: await freePort(), upstream: "127.0.0.1:9", certificateDirectory: folder };
    writeFileSync(join(folder, "nginx.conf"), configure(place));
    execFileSync(program, ["-t", "-q", "-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "logs", "error.log")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    return undefined;
  } catch (error) {
    return (error as { stderr?: Buffer }).stderr?.toString() ?? String(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Answers with what it got, and with weak copies of the edge's headers, each twice. `/status/NNN` answers so, `/drop` breaks the connection,
 * `/garbage` has a header that is none, `/huge` has more headers than the edge takes, `/too-many` refuses with a Retry-After of its own, `/socket.io/` speaks
 * websocket.
 */
async function startBadApplication(asked: string[]): Promise<Server> {
  const server = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url?.split("?")[0] === "/drop") {
      request.socket.destroy();
      return;
    }
    if (request.url === "/garbage") {
      request.socket.end("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
      return;
    }
    if (request.url === "/huge") response.setHeader("X-Huge", "a".repeat(100_000));
    for (const [name, value] of WEAK_HEADERS) response.setHeader(name, [value, value]);
    response.setHeader("X-Of-The-Application", "kept");
    response.statusCode = Number(/^\/status\/(\d+)/.exec(request.url ?? "")?.[1] ?? 200);
    if (request.url === "/too-many") response.writeHead(429, { "Retry-After": "77" });
    request.resume().on("end", () => response.end(JSON.stringify({ url: request.url, headers: request.rawHeaders })));
  });
  const webSocket = new WebSocketServer({ noServer: true });
  webSocket.on("headers", (headers) => headers.push(...WEAK_HEADERS.map(([name, value]) => `${name}: ${value}`)));
  server.on("upgrade", (request, socket, head) => {
    webSocket.handleUpgrade(request, socket, head, (client) => {
      client.on("message", (data: Buffer) => client.send(`${data.toString()} from ${request.headers["x-forwarded-for"] as string}`));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const WEAK_HEADERS = [
  ["Strict-Transport-Security", "max-age=0"],
  ["Content-Security-Policy", "default-src *"],
  ["X-Content-Type-Options", "sniff"],
  ["X-Frame-Options", "ALLOWALL"],
  ["Referrer-Policy", "unsafe-url"],
  ["Permissions-Policy", "geolocation=*"],
  ["Cross-Origin-Opener-Policy", "unsafe-none"],
  ["Cross-Origin-Resource-Policy", "cross-origin"],
  ["X-Powered-By", "Express"],
] as const;

function makeCertificate(folder: string, host: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(folder, "tls.key")];
  const names = ["-subj", "/CN=edge", "-addext", `subjectAltName=DNS:${host}`];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...key, "-out", join(folder, "tls.crt"), ...names], { stdio: "ignore" });
}

async function untilReady(child: ChildProcess, ask: () => Promise<EdgeResponse>): Promise<void> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
