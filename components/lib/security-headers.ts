/**
 * Runbook §1: response headers, each with one owner. What the edge owns it puts on every answer, its own ones too (301, 429, 502 …), and the
 * application's copy is hidden. Everything else is the application's.
 */
import { type Hsts, hstsValue } from "./hsts";

/** What the values are made from. */
export interface HeaderArgs {
  /** The API's public host, with its port where that is not 443. */
  readonly authority: string;
  readonly hsts: Hsts;
}

/** One header. */
export interface HeaderOwner {
  readonly name: string;
  readonly owner: "edge" | "application" | "nobody";
  /** What it is there for, or why it is that owner's. */
  readonly why: string;
  /** The edge's value. */
  readonly value?: (args: HeaderArgs) => string;
  /** Whether it stays away from answers over plain HTTP. */
  readonly httpsOnly?: true;
}

/** Who owns which header. A header that stands here under `edge` or `nobody` never reaches a client as the application sent it. */
export const HEADER_OWNERS: readonly HeaderOwner[] = [
  {
    name: "Strict-Transport-Security",
    owner: "edge",
    why: "HTTPS only, for as long as the ramp has come",
    value: ({ hsts }) => hstsValue(hsts),
    // RFC 6797, section 7.2 forbids it there.
    httpsOnly: true,
  },
  {
    name: "Content-Security-Policy",
    owner: "edge",
    why: "an API's answers are no pages: nothing is loaded, framed or posted by one; its own host may be talked to, by websocket too",
    value: ({ authority }) =>
      `default-src 'none'; connect-src 'self' wss://${authority}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  },
  { name: "X-Content-Type-Options", owner: "edge", why: "a body is what its type says", value: () => "nosniff" },
  { name: "X-Frame-Options", owner: "edge", why: "frame-ancestors for browsers that do not know it", value: () => "DENY" },
  { name: "Referrer-Policy", owner: "edge", why: "addresses may carry tokens", value: () => "no-referrer" },
  {
    name: "Permissions-Policy",
    owner: "edge",
    why: "no answer needs a device",
    value: () => "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  },
  { name: "Cross-Origin-Opener-Policy", owner: "edge", why: "no other page holds a handle", value: () => "same-origin" },
  {
    name: "Cross-Origin-Resource-Policy",
    owner: "edge",
    why: "not same-origin: the applications on the sibling hosts show the API's images",
    value: () => "same-site",
  },
  { name: "Server", owner: "edge", why: "`nginx`, without a version" },
  { name: "Retry-After", owner: "application", why: "as it sends it; on a 429 of its own the edge says when" },
  { name: "Cache-Control", owner: "application", why: "only it knows what may be kept" },
  { name: "Vary", owner: "application", why: "belongs to what it answered" },
  { name: "Access-Control-Allow-Origin", owner: "application", why: "it has the list of origins (CORS_ORIGINS)" },
  { name: "Set-Cookie", owner: "application", why: "sessions are its own" },
  { name: "X-Powered-By", owner: "nobody", why: "says which software answers" },
];

/** One header that the edge sends. */
export interface SecurityHeader {
  readonly name: string;
  readonly value: string;
  /** Whether it is sent over plain HTTP too. */
  readonly overHttp: boolean;
}

/** The headers that the edge sends, each of them exactly once on every response. */
export function securityHeaders(args: HeaderArgs): readonly SecurityHeader[] {
  return HEADER_OWNERS.flatMap(({ name, value, httpsOnly }) =>
    value === undefined ? [] : [{ name, value: value(args), overHttp: httpsOnly !== true }],
  );
}

/** Names of the application's headers that the edge does not pass on. nginx replaces `Server` by itself. */
export const HIDDEN_HEADERS: readonly string[] = HEADER_OWNERS.filter(({ owner, value }) => value !== undefined || owner === "nobody").map(
  ({ name }) => name,
);
