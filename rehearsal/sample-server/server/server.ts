/** The server as a whole: starts, and ends without losing a request. */
import { once } from "node:events";
import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { buildApp } from "./app";
import { type AccessLog, openAccessLog } from "./access-log";
import { createPool } from "./database";
import type { ServerSettings } from "./environment";
import type { ErrorLog } from "./error-log";
import { allowOrigins, type Middleware, redirectToHttps, securityHeaders } from "./http-headers";
import { attachSockets } from "./sockets";

/** Milliseconds that an idle connection stays open: longer than the edge keeps it (60 s), or the edge would use one that is closing. */
const KEEP_ALIVE_MILLISECONDS = 65_000;
/** Milliseconds in which a request must have arrived in full. */
const REQUEST_MILLISECONDS = 30_000;
/**
 * Milliseconds in which the last answers tell the edge to use its connections no more, before those that are idle are closed: a request that the
 * edge sends into a connection that is closing is lost, and a POST is not sent again.
 */
const FAREWELL_MILLISECONDS = 1000;
/** Milliseconds that connections without a request get to close by themselves when the server ends. */
const LINGER_MILLISECONDS = 1000;

/** A server that answers. */
export interface RunningServer {
  /** Takes no new connection, lets requests end, closes everything. Resolves when all is closed. */
  stop(): Promise<void>;
}

/** @throws Error when the log cannot be written or the port cannot be taken */
export async function startServer(settings: ServerSettings, log: ErrorLog): Promise<RunningServer> {
  const accessLog = await openAccessLog(settings.logDirectory, settings.trustedProxies);
  const pool = createPool(settings.database, (error) => log(error, "idle database connection"));
  const answers = new Answers();
  const middlewares = [
    accessLog.middleware,
    answers.track,
    redirectToHttps(settings.publicUrl),
    securityHeaders(settings.publicUrl),
    allowOrigins(settings.corsOrigins),
  ];
  const app = buildApp({ settings, pool, log, middlewares, stopping: () => answers.last });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS, requestTimeout: REQUEST_MILLISECONDS }, app);
  const io = attachSockets(server, { ...settings, jwtSecret: settings.secrets.JWT_SECRET, middlewares });
  await listen(server, settings, accessLog);
  return {
    stop: async () => {
      const closed = once(server, "close").then(() => true);
      answers.endConnections();
      await sleep(FAREWELL_MILLISECONDS);
      // Closes the HTTP server too. Not disconnectSockets(), which tells clients not to come back: theirs is to connect to another pod.
      void io.close();
      while (!(await Promise.race([closed, sleep(LINGER_MILLISECONDS, false)])) && answers.count > 0);
      // Connections that never sent a request are left, and websockets whose peer is gone.
      server.closeAllConnections();
      await pool.end();
      await accessLog.close();
    },
  };
}

async function listen(server: HttpServer, { port, listenAddress }: ServerSettings, accessLog: AccessLog): Promise<void> {
  try {
    server.listen(port, listenAddress);
    await once(server, "listening");
  } catch (error) {
    await accessLog.close();
    throw error;
  }
}

/** The answers that are under way: from a moment on, each is the last of its connection. */
class Answers {
  /** Whether that moment has come. */
  last = false;
  private readonly underWay = new Set<ServerResponse>();

  get count(): number {
    return this.underWay.size;
  }

  readonly track: Middleware = (request, response, next) => {
    // A websocket is no answer to wait for.
    if (request.headers.upgrade !== undefined) return next();
    if (this.last) close(response);
    this.underWay.add(response);
    response.once("close", () => this.underWay.delete(response));
    next();
  };

  /** Tells clients to use their connections no more. */
  endConnections(): void {
    this.last = true;
    for (const response of this.underWay) close(response);
  }
}

function close(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("Connection", "close");
}
