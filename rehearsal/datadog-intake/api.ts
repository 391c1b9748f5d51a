/** The frame of the API: who may call, how large a body may be, what form an error has. */
import { createHash, timingSafeEqual } from "node:crypto";
import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { invalid, Refusal } from "./errors";
import { type ApiVersion, payloadProblems } from "./payload";
import type { Store } from "./store";

/** Datadog's own limit for a body, unpacked. */
const MOST_BYTES = 5 * 1024 * 1024;

/** Keys that a caller must have. */
export interface Keys {
  readonly apiKey: string;
  readonly appKey: string;
}

/** What a route works with. */
export interface Context {
  readonly store: Store;
  /** Members of the path, for example `{ id }`. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** The body, checked; undefined when the route takes none. */
  readonly body: unknown;
}

/** One route. */
export interface Route {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** For example `/api/v1/monitor/:id`. */
  readonly path: string;
  /** The model that the body must be; `any`: whatever JSON it is. */
  readonly body?: readonly [ApiVersion, string] | "any";
  /** Whether the API key alone will do, as for telemetry. @default false */
  readonly apiKeyOnly?: boolean;
  /** @default 200 */
  readonly status?: number;
  /** What to answer; undefined for no body. A change is on the disk before the answer is sent. */
  answer(context: Context): unknown;
}

/** The application. */
export function createApi(routes: readonly Route[], store: Store, keys: Keys): express.Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.raw({ type: () => true, limit: MOST_BYTES }));
  const router: Router = express.Router();
  for (const route of routes) router[route.method](route.path, (request, response) => serve(route, store, keys, request, response));
  app.use(router);
  app.use((_request, response) => refuse(response, new Refusal(404, ["Not found"])));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => refuse(response, asRefusal(error)));
  return app;
}

function serve(route: Route, store: Store, keys: Keys, request: Request, response: Response): void {
  const allowed = isKey(request.get("dd-api-key"), keys.apiKey);
  if (!allowed || (route.apiKeyOnly !== true && !isKey(request.get("dd-application-key"), keys.appKey)))
    throw new Refusal(403, ["Forbidden"]);
  const body = route.body === undefined ? undefined : parse(request.body);
  if (route.body !== undefined && route.body !== "any") {
    const problems = payloadProblems(...route.body, body);
    if (problems.length > 0) throw invalid(...problems);
  }
  const answer = route.answer({ store, path: request.params as Record<string, string>, query: request.query, body });
  if (request.method !== "GET") store.save();
  response.status(route.status ?? 200);
  if (answer === undefined) response.end();
  else response.json(answer);
}

/** Equal in constant time, whatever the lengths. */
function isKey(given: string | undefined, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(wanted));
}

function parse(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString("utf8") : "") as unknown;
  } catch {
    throw invalid("The body is no JSON");
  }
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { status, type } = error as { status?: unknown; type?: unknown };
  if (status === 413) return new Refusal(413, [`The body is larger than ${MOST_BYTES} bytes`]);
  if (typeof status === "number" && status < 500) return new Refusal(status, [`The body cannot be read: ${String(type)}`]);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return new Refusal(500, ["Internal error"]);
}

function refuse(response: Response, { status, reasons }: Refusal): void {
  response.status(status).json({ errors: reasons });
}
