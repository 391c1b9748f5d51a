/** The HTTP application: what a request passes, in order. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import express, { type ErrorRequestHandler, type Express } from "express";
import type { Pool } from "pg";
import { Callers } from "./accounts";
import { courses } from "./courses";
import { healthCheck, isUnavailable } from "./database";
import type { ServerSettings } from "./environment";
import type { ErrorLog } from "./error-log";
import { HttpError } from "./http-error";
import { clientAddress, type Middleware } from "./http-headers";
import { fingerprint, SECRET_NAMES, type Secrets } from "./keys";

/** Bytes of a request's body. */
const BODY_LIMIT = 100_000;
/** Seconds after which a client may ask again when the database is away. */
const RETRY_SECONDS = 5;

/** What the application needs. */
export interface AppArgs {
  readonly settings: Pick<ServerSettings, "publicUrl" | "secrets" | "tokenSeconds" | "trustedProxies">;
  readonly pool: Pool;
  readonly log: ErrorLog;
  /** What every request passes first. */
  readonly middlewares: readonly Middleware[];
  /** Whether the server is about to end. */
  readonly stopping: () => boolean;
}

/** Builds the application. */
export function buildApp({ settings, pool, log, middlewares, stopping }: AppArgs): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  for (const middleware of middlewares) app.use(middleware);

  const healthy = healthCheck(pool);
  app.get("/health", async (_request, response) => {
    const database = await healthy();
    const status = stopping() ? "stopping" : database ? "ok" : "unavailable";
    response.status(status === "ok" ? 200 : 503).json({ status, database: database ? "ok" : "unavailable" });
  });

  app.use(express.json({ limit: BODY_LIMIT }));
  const callers = new Callers({ ...settings, pool });
  // For operators: which pod this is, and with which keys it works. Tells nothing of a key, and of a signature no more than using it would.
  app.get("/api/whoami", (request, response) => {
    response.json({
      pod: hostname(),
      address: clientAddress(request, settings.trustedProxies),
      keys: describeKeys(settings.secrets),
      signedBy: callers.signers(request),
    });
  });
  app.use("/api", callers.router());
  app.use("/api/courses", courses(pool, callers));
  app.use((_request, response) => {
    response.status(404).json({ error: "not found" });
  });
  app.use(answerErrors(log));
  return app;
}

/** Fingerprint of the key that each secret signs with, and of the one that it still accepts. */
function describeKeys(secrets: Secrets): Record<string, { readonly current: string; readonly rolling?: string }> {
  return Object.fromEntries(
    SECRET_NAMES.map((name) => {
      const { current, rolling } = secrets[name];
      return [name, { current: fingerprint(current), ...(rolling === undefined ? {} : { rolling: fingerprint(rolling) }) }];
    }),
  );
}

/** JSON for every error. What went wrong inside is for the log alone; the client gets its number there. */
function answerErrors(log: ErrorLog): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    if (error instanceof HttpError) return void response.status(error.status).json({ error: error.message });
    const status = clientErrorStatus(error);
    if (status !== undefined) return void response.status(status).json({ error: status === 413 ? "the body is too large" : "bad request" });
    const errorId = randomUUID();
    log(error, `${request.method} ${request.path} ${errorId}`);
    // Half an answer must not look like a whole one.
    if (response.headersSent) return void response.destroy();
    if (isUnavailable(error))
      return void response.status(503).set("Retry-After", String(RETRY_SECONDS)).json({ error: "unavailable, try again", errorId });
    response.status(500).json({ error: "internal error", errorId });
  };
}

/** Status of an error that Express's own parsers blame on the client. */
function clientErrorStatus(error: unknown): number | undefined {
  const { status } = error as { status?: unknown };
  return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
}
