/**
 * Runbook §4: the one rate-limit specification, and the oracle of what it does: nginx's own arithmetic (ngx_http_limit_req_module), for the
 * probe, the tests and everything that has to agree with the edge.
 */

/** Limit of the requests of one client: all that the edge's forms are made of. */
export interface RateLimit {
  /** Sustained requests per minute, 1 to 60,000. */
  readonly requestsPerMinute: number;
  /** Requests that pass at once beside the first one, 0 to 10,000. */
  readonly burst: number;
  /** IPv6 clients are one client per prefix of this length (bits): a customer owns a /64 at least. IPv4 clients count by address. */
  readonly ipv6PrefixLength: 48 | 56 | 64 | 128;
  /** Address blocks of the proxies whose X-Forwarded-For says who the client is; empty: the peer is the client. */
  readonly trustedProxies: readonly string[];
  /** Paths, to the letter and without their query, that are not limited; `/health` is one of them. */
  readonly exemptPaths: readonly string[];
}

/** Status of a refused request. */
export const REJECT_STATUS = 429;

/** What several replicas, each of which counts for itself, make of a limit: the rate is divided among them, the burst is not. */
export interface ReplicatedLimit {
  /** Requests per minute that each replica lets pass: the rate over the replicas, rounded down. 0: none could be configured. */
  readonly requestsPerMinutePerReplica: number;
  /** Sustained requests per minute of a client: `least` where all of its connections reach one replica, `most` where they reach all evenly. */
  readonly requestsPerMinute: Range;
  /** Requests of a flood that pass: `least` and `most` likewise. */
  readonly floodPasses: Range;
}

/** What lies between two numbers, both included. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** Thousandths of a request per second, as nginx keeps the rate: rounded down, so that 100 a minute are 1.666 a second. */
function nginxRate({ requestsPerMinute }: Pick<RateLimit, "requestsPerMinute">): number {
  return Math.floor((requestsPerMinute * 1000) / 60);
}

/** How many of a flood of simultaneous requests pass, from a client that was quiet before. */
export function floodPasses({ burst }: Pick<RateLimit, "burst">): number {
  return burst + 1;
}

/** Milliseconds after a flood until the next request passes; 601 for 100 a minute. */
export function nextPassMilliseconds(limit: Pick<RateLimit, "requestsPerMinute">): number {
  return Math.ceil(1_000_000 / nginxRate(limit));
}

/**
 * How many requests of one client pass at most, however many it sends.
 *
 * @param elapsedMilliseconds from its first request to its last
 */
export function mostPasses(limit: Pick<RateLimit, "requestsPerMinute" | "burst">, elapsedMilliseconds: number): number {
  return floodPasses(limit) + Math.floor((nginxRate(limit) * elapsedMilliseconds) / 1_000_000);
}

/** How many requests of one client pass at most in its first minute; 120 for 100 a minute and a burst of 20. */
export function mostInFirstMinute(limit: Pick<RateLimit, "requestsPerMinute" | "burst">): number {
  return mostPasses(limit, 60_000);
}

/** Value of `Retry-After` in seconds: rounded up, so that a client that waits so long passes. */
export function retryAfterSeconds(limit: Pick<RateLimit, "requestsPerMinute">): number {
  return Math.ceil(nextPassMilliseconds(limit) / 1000);
}

/**
 * What becomes of a limit over several replicas. Only the rate is divided: a page asks for all of its parts at once and over one connection,
 * hence of one replica, which has to grant the whole burst.
 *
 * @param replicas of the Ingress controller or of the external nginx
 */
export function overReplicas(limit: Pick<RateLimit, "requestsPerMinute" | "burst">, replicas: number): ReplicatedLimit {
  const perReplica = Math.floor(limit.requestsPerMinute / replicas);
  const passes = floodPasses(limit);
  return {
    requestsPerMinutePerReplica: perReplica,
    requestsPerMinute: { least: perReplica, most: perReplica * replicas },
    floodPasses: { least: passes, most: passes * replicas },
  };
}
