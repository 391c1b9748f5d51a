/** socket.io on /socket.io/: by websocket and by polling, for those who have a token, from the listed origins only. */
import type { Server as HttpServer } from "node:http";
import { Server } from "socket.io";
import type { Middleware } from "./http-headers";
import type { Secret } from "./keys";
import { verifyToken } from "./tokens";

/** Bytes of one message. */
const MESSAGE_BYTES = 100_000;

/** What the sockets need. */
export interface SocketsArgs {
  readonly corsOrigins: readonly string[];
  readonly jwtSecret: Secret;
  /** Issuer of tokens. */
  readonly publicUrl: string;
  /** What every request passes first, as Express's do. */
  readonly middlewares: readonly Middleware[];
}

/** Puts socket.io before a server's other listeners. */
export function attachSockets(server: HttpServer, args: SocketsArgs): Server {
  const io = new Server(server, {
    path: "/socket.io/",
    serveClient: false,
    maxHttpBufferSize: MESSAGE_BYTES,
    // CORS does not hold for websockets: a page of any origin may open one. Programs send no Origin.
    allowRequest: ({ headers: { origin } }, decide) => decide(null, origin === undefined || args.corsOrigins.includes(origin)),
  });
  for (const middleware of args.middlewares) io.engine.use(middleware);
  io.use((socket, next) => {
    const { token } = socket.handshake.auth as Record<string, unknown>;
    const identity = typeof token === "string" ? verifyToken(args.jwtSecret, args.publicUrl, token) : undefined;
    if (identity === undefined) return next(new Error("unauthorized"));
    // A connection does not outlive the token that opened it.
    const end = setTimeout(() => socket.disconnect(true), identity.expiresAt * 1000 - Date.now());
    socket.on("disconnect", () => clearTimeout(end));
    next();
  });
  io.on("connection", (socket) => {
    socket.on("echo", (message: unknown, acknowledge: unknown) => {
      if (typeof acknowledge === "function") (acknowledge as (answer: unknown) => void)(message);
    });
  });
  return io;
}
