/** What every answer has in common, of Express and of socket.io alike: HTTPS only, strict headers, CORS by an allow-list. */
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";

/** Middleware that Express and socket.io's engine both take. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Seconds that a browser remembers a preflight's answer: what Chromium allows at most. */
const PREFLIGHT_SECONDS = 7200;
const METHODS = "GET, HEAD, POST, PUT, DELETE";
const HEADERS = "authorization, content-type, x-csrf-token";

/** 301 to the same path under the public URL unless the edge says that the client came by HTTPS. The Host header is never asked. */
export function redirectToHttps(publicUrl: string): Middleware {
  return (request, response, next) => {
    if (request.headers["x-forwarded-proto"] === "https") return next();
    const target = originalUrl(request);
    // An absolute-form target ("GET http://elsewhere/ HTTP/1.1") would change the host.
    response.setHeader("Location", `${publicUrl}${target.startsWith("/") ? target : "/"}`);
    response.statusCode = 301;
    response.end();
  };
}

/** helmet for an API that serves no page. The websocket goes to its own host alone. */
export function securityHeaders(publicUrl: string): Middleware {
  const none = ["'none'"];
  const strict = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: none,
        connectSrc: ["'self'", `wss://${new URL(publicUrl).host}`],
        baseUri: none,
        formAction: none,
        frameAncestors: none,
      },
    },
    // The edge's: a year from here would outlast the stage that its ramp has come to.
    strictTransportSecurity: false,
    frameguard: { action: "deny" },
  });
  return (request, response, next) => {
    response.setHeader("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    // Tokens and people's data are in nobody's cache.
    response.setHeader("Cache-Control", "no-store");
    strict(request, response, next);
  };
}

/** Lets pages of the listed origins, and no others, call with credentials. */
export function allowOrigins(origins: readonly string[]): Middleware {
  return (request, response, next) => {
    const { origin } = request.headers;
    const allowed = origin !== undefined && origins.includes(origin);
    response.setHeader("Vary", "Origin");
    if (allowed) {
      response.setHeader("Access-Control-Allow-Origin", origin);
      response.setHeader("Access-Control-Allow-Credentials", "true");
    }
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return next();
    if (allowed) {
      response.setHeader("Access-Control-Allow-Methods", METHODS);
      response.setHeader("Access-Control-Allow-Headers", HEADERS);
      response.setHeader("Access-Control-Max-Age", PREFLIGHT_SECONDS);
    }
    response.statusCode = allowed ? 204 : 403;
    response.end();
  };
}

/**
 * The client's address: the entry of X-Forwarded-For that the outermost trusted proxy wrote. What stands to the left of it is the client's
 * own word.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const header = request.headers["x-forwarded-for"] ?? "";
  const forwarded = String(header)
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const chain = [...forwarded, request.socket.remoteAddress ?? ""];
  return chain[Math.max(0, chain.length - 1 - trustedProxies)] ?? "";
}

/** The request's target as the client sent it: routers shorten `url`. */
function originalUrl(request: IncomingMessage): string {
  return (request as { originalUrl?: string }).originalUrl ?? request.url ?? "/";
}
