/** Settings of the edge for tests: the runbook's, as small as they may be. */
import type { NginxConfigArgs } from "../../components/lib/nginx-config";
import type { Hsts } from "../../components/lib/hsts";
import type { RateLimit } from "../../components/lib/rate-limit";
import type { EdgePlace } from "./edge-server";

export const HOST = "api.maestroverse.edu";
/** The one trusted proxy. */
export const PROXY = "127.0.0.2";

export const HSTS: Hsts = {
  ramp: [
    { maxAgeSeconds: 300, since: "2026-11-01" },
    { maxAgeSeconds: 86_400, since: "2026-11-08" },
    { maxAgeSeconds: 31_536_000, since: "2026-11-22" },
  ],
  includeSubDomains: true,
  preload: false,
  acknowledge: [],
};

export const RUNBOOK: RateLimit = {
  requestsPerMinute: 100,
  burst: 20,
  ipv6PrefixLength: 64,
  trustedProxies: [`${PROXY}/32`],
  exemptPaths: ["/health", "/hooks/payments"],
};

/** The next request passes after a minute: what a flood leaves is the same on the slowest machine. */
export const FROZEN: RateLimit = { ...RUNBOOK, requestsPerMinute: 1 };

/** Arguments of an external nginx at a place. */
export function nginxSettings(place: EdgePlace, rateLimit: RateLimit): NginxConfigArgs {
  return { apiHost: HOST, rateLimit, hsts: HSTS, healthPath: "/health", nginx: { listenAddress: "127.0.0.1", replicas: 1, ...place } };
}

/** How many statuses are this one. */
export const count = (statuses: readonly number[], status: number) => statuses.filter((each) => each === status).length;

let clients = 0;
/** An address of its own for each test, so that none eats another's requests. */
export const newClient = () => `127.0.1.${++clients}`;

/** Values of a request's header as the application got them. */
export function got(body: string): (name: string) => string[] {
  const { headers } = JSON.parse(body) as { headers: string[] };
  return (name) => headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);
}
