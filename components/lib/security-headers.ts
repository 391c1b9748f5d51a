/**
 * Runbook §1: response headers and their one owner. What stands in {@link securityHeaders} belongs to the edge, which puts it on its own answers
 * too (429, 502 …) and hides the application's copy. Every other header belongs to the application.
 */

/** Seconds of `Strict-Transport-Security` below which Mozilla's Observatory counts the header as absent: 180 days. */
export const LEAST_HSTS_SECONDS = 15_552_000;
/** Seconds above which browsers gain nothing: two years. */
export const MOST_HSTS_SECONDS = 63_072_000;

/** Settings of `Strict-Transport-Security`. */
export interface Hsts {
  readonly maxAgeSeconds: number;
  /** Whether subdomains of the API's host are included. */
  readonly includeSubDomains: boolean;
}

/** One header that the edge owns. */
export interface SecurityHeader {
  readonly name: string;
  /** Without comma, colon, `$`, `"` and `\`: the Ingress controller's annotation separates by the first two and refuses the others. */
  readonly value: string;
  /** Whether it is sent over plain HTTP too. */
  readonly overHttp: boolean;
}

/** Headers that say which software answers: hidden, never sent. */
const TELLTALE_HEADERS = ["X-Powered-By"];

/** The headers that the edge owns, each of them exactly once on every response. */
export function securityHeaders(hsts: Hsts): readonly SecurityHeader[] {
  const always = (name: string, value: string): SecurityHeader => ({ name, value, overHttp: true });
  return [
    {
      name: "Strict-Transport-Security",
      // No `preload`: that is a promise for the whole domain, which nobody takes back within months.
      value: `max-age=${hsts.maxAgeSeconds}${hsts.includeSubDomains ? "; includeSubDomains" : ""}`,
      // RFC 6797, section 7.2 forbids it there.
      overHttp: false,
    },
    // An API's answers are no pages: nothing may be loaded by one, and none may be framed.
    always("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    always("X-Content-Type-Options", "nosniff"),
    always("X-Frame-Options", "DENY"),
    always("Referrer-Policy", "no-referrer"),
    // One feature stands for all: a list needs commas, and with the policy above no script is there to ask for any.
    always("Permissions-Policy", "geolocation=()"),
    always("Cross-Origin-Opener-Policy", "same-origin"),
    // Not `same-origin`: the applications on the sibling hosts show the API's images.
    always("Cross-Origin-Resource-Policy", "same-site"),
  ];
}

/** Names of the application's headers that the edge does not pass on. */
export function hiddenHeaders(hsts: Hsts): readonly string[] {
  return [...securityHeaders(hsts).map(({ name }) => name), ...TELLTALE_HEADERS];
}
