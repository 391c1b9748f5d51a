/**
 * Throughput of the external nginx with the edge's configuration, over that of a bare `proxy_pass` on nginx's defaults: both end TLS, both
 * stand before the same application, and of neither is a request refused.
 *
 * Requests are divided by the CPU time that serving them took, which is the throughput of a machine that does nothing else, and stays nearly
 * the same on one that does. Clients do not count; they pipeline ready-made requests.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import { buildNginxConfig } from "../components/lib/nginx-config";
import { type EdgePlace, type EdgeServer, startEdge } from "../tests/helpers/edge-server";
import { HOST, nginxSettings, RUNBOOK } from "../tests/helpers/edge-settings";
import { compare, type Row } from "./compare";
import { processorSeconds } from "./processor";

/** Connections, each from an address of its own: a client may ask 1,000 times a second. */
const CONNECTIONS = 16;
/** Requests that each has under way. */
const DEPTH = 8;
/** Milliseconds of each measurement, and how many there are of each configuration, taken in turns. */
const [MEASURE_MILLISECONDS, ROUNDS] = [1000, 9];
/** What is promised of the service as a whole, and of nginx by itself: logging, limiting and headers cost it something. */
const [LEAST_RATIO, LEAST_RATIO_OF_NGINX] = [0.95, 0.75];

/** An API as small as they get: Express, and an answer of 1 KiB. */
const APPLICATION = `
const application = require("express")();
const answer = { courses: Array.from({ length: 16 }, (_, id) => ({ id, title: "a course of about this length", open: true })) };
application.get("/api/courses", (_request, response) => response.json(answer));
application.get("/health", (_request, response) => response.json({ status: "ok" }));
const server = application.listen(0, "127.0.0.1", () => process.stdout.write(String(server.address().port)));
`;

const edgeConfig = (place: EdgePlace) => buildNginxConfig(nginxSettings(place, { ...RUNBOOK, requestsPerMinute: 60_000, burst: 10_000 }));

const bareConfig = (place: EdgePlace) => `
pid logs/nginx.pid;
worker_processes auto;
events { worker_connections 4096; }
http {
  client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
  access_log logs/access.log;
  upstream api { server ${place.upstream}; keepalive 32; }
  server {
    listen 127.0.0.1:${place.httpsPort} ssl http2;
    server_name ${HOST};
    ssl_certificate ${place.certificateDirectory}/tls.crt;
    ssl_certificate_key ${place.certificateDirectory}/tls.key;
    location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`;

/** Starts the application and both nginx, measures in turns, and stops them. */
export async function benchEdge(): Promise<Row[]> {
  const application = spawn(process.execPath, ["-e", APPLICATION], { stdio: ["ignore", "pipe", "inherit"] });
  const servers: EdgeServer[] = [];
  try {
    const upstream = `127.0.0.1:${await firstWords(application)}`;
    for (const configure of [edgeConfig, bareConfig]) servers.push(await startEdge(HOST, (place) => configure({ ...place, upstream })));
    const [edge, bare] = servers as [EdgeServer, EdgeServer];
    const per = (server: EdgeServer, pids: () => number[]) => () => requestsPerCpuSecond(server, pids);
    const ofNginx = ({ pid }: EdgeServer) => childrenOf(pid);
    const ofAll = (server: EdgeServer) => [...ofNginx(server), application.pid ?? 0];
    const compared = (name: string, pidsOf: (server: EdgeServer) => number[], least: number) =>
      compare({ name, of: per(edge, () => pidsOf(edge)), over: per(bare, () => pidsOf(bare)), rounds: ROUNDS, least });
    return [
      await compared("edge: requests per CPU second of nginx and application ÷ bare proxy_pass", ofAll, LEAST_RATIO),
      await compared("edge: of nginx alone ÷ bare proxy_pass", ofNginx, LEAST_RATIO_OF_NGINX),
    ];
  } finally {
    for (const server of servers) await server.stop();
    application.kill("SIGKILL");
  }
}

function firstWords(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", (data: Buffer) => resolve(data.toString()));
    child.once("exit", () => reject(new Error("the application did not start")));
  });
}

/** nginx's workers. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

/** Keeps the connections busy for a while. @throws Error when an answer is not 200 */
async function requestsPerCpuSecond(server: EdgeServer, pids: () => number[]): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => open(server, `127.4.0.${index + 1}`)));
  const request = `GET /api/courses?page=2 HTTP/1.1\r\nHost: ${HOST}\r\nUser-Agent: bench\r\nAccept: application/json\r\n\r\n`;
  const before = processorSeconds(pids());
  const deadline = performance.now() + MEASURE_MILLISECONDS;
  const counts = await Promise.all(sockets.map((socket) => converse(socket, request, deadline)));
  return counts.reduce((sum, each) => sum + each, 0) / (processorSeconds(pids()) - before);
}

function open(server: EdgeServer, localAddress: string): Promise<TLSSocket> {
  const { httpsPort: port, certificate: ca } = server;
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, servername: HOST, ca, localAddress, ALPNProtocols: ["http/1.1"] };
    const socket = connect(options, () => resolve(socket)).once("error", reject);
  });
}

/** Sends DEPTH requests, and as many again when they are answered. @returns answers */
function converse(socket: TLSSocket, request: string, deadline: number): Promise<number> {
  const FIRST_LINE = /HTTP\/1\.1 (\d{3}) /g;
  return new Promise((resolve, reject) => {
    let [answered, pending, tail] = [0, DEPTH, ""];
    socket.once("error", reject);
    socket.once("close", () => resolve(answered));
    socket.on("data", (data: Buffer) => {
      const text = tail + data.toString("latin1");
      const lines = [...text.matchAll(FIRST_LINE)];
      const wrong = lines.find(([, status]) => status !== "200");
      if (wrong !== undefined) return void socket.destroy(new Error(`an answer of ${wrong[1]} where 200 was expected`));
      // A first line may come in two pieces; one that was counted must not be counted again.
      const rest = text.slice((lines.at(-1)?.index ?? -1) + 1);
      tail = rest.slice(-12);
      answered += lines.length;
      pending -= lines.length;
      if (pending > 0) return;
      if (performance.now() >= deadline) return void socket.destroy();
      pending = DEPTH;
      socket.write(request.repeat(DEPTH));
    });
    socket.write(request.repeat(DEPTH));
  });
}
