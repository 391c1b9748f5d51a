/** Pieces of nginx configuration that the external nginx and the Ingress controllers share, and the limits that all of them set. */
import type { SecurityHeader } from "./security-headers";

/** Largest request body: nginx's default, which the runbook's snippet left in place. */
export const MAX_BODY_SIZE = "1m";
/** Memory of the rate limit: about 16,000 clients per MiB. When it is full, the clients that were quiet longest are forgotten. */
export const ZONE_SIZE = "10m";
/** Seconds that a websocket may be silent; socket.io's own ping, every 25 s, finds dead ones long before. */
export const WEBSOCKET_TIMEOUT_SECONDS = 3600;
/** Of so many refused requests one is written down: a flood must not become one of the disk, or of Datadog's bill. */
export const REFUSALS_PER_LOG_LINE = 10;

/**
 * Maps that give each client its key: IPv4 by address, IPv6 by prefix. They work on the binary address; an IPv4 address in IPv6 form
 * (::ffff:192.0.2.1) is the IPv4 client that it is, or all of those would share one bucket. IPv4 takes the short way.
 *
 * @param variable name of the variable that the maps define, without `$`
 */
export function clientKeyMap(variable: string, ipv6PrefixLength: number): string {
  return [
    `map $remote_addr $${variable} { default $binary_remote_addr; "~:" $${variable}_ipv6; }`,
    `map $binary_remote_addr $${variable}_ipv6 {`,
    `  default $binary_remote_addr;`,
    String.raw`  "~^\x00{10}\xff\xff(?<${variable}_ipv4>[\s\S]{4})\z" $${variable}_ipv4;`,
    String.raw`  "~^(?<${variable}_prefix>[\s\S]{${ipv6PrefixLength / 8}})[\s\S]{${16 - ipv6PrefixLength / 8}}\z" $${variable}_prefix;`,
    `}`,
  ].join("\n");
}

/**
 * Maps for the access log. `$<prefix>_status` is a JSON number where nginx writes 000; `$<prefix>_weight` tells for how many requests a
 * line stands; `$<prefix>_served` is 1 for requests that were not refused, `$<prefix>_refused` for the refused ones that are written down.
 */
export function logMaps(prefix: string): string {
  return [
    `map $status $${prefix}_status { default $status; 000 0; "" 0; }`,
    `map $limit_req_status $${prefix}_weight { default 1; REJECTED ${REFUSALS_PER_LOG_LINE}; }`,
    `split_clients $request_id $${prefix}_sample { ${100 / REFUSALS_PER_LOG_LINE}% 1; * 0; }`,
    `map $limit_req_status $${prefix}_served { default 1; REJECTED 0; }`,
    `map $limit_req_status $${prefix}_refused { default 0; REJECTED $${prefix}_sample; }`,
  ].join("\n");
}

/** Level of the error log for requests: at `error`, nginx writes each request that the application failed at with its query. */
export const ERROR_LOG_LEVEL = "crit";

/**
 * Access log, one JSON object a line (`escape=json`), with the names that Datadog gives such attributes. The path comes without its query,
 * which may carry tokens. What nginx may leave empty is a string.
 */
export function accessLogFormat(prefix: string): string {
  const network = `{"client":{"ip":"$remote_addr"},"peer":"$realip_remote_addr","bytes_written":$body_bytes_sent}`;
  const http = `{"method":"$request_method","host":"$host","url":"$uri","status_code":$${prefix}_status,"version":"$server_protocol","useragent":"$http_user_agent","request_id":"$request_id"}`;
  const upstream = `{"status":"$upstream_status","seconds":"$upstream_response_time"}`;
  return `{"timestamp":"$time_iso8601","network":${network},"http":${http},"seconds":$request_time,"upstream":${upstream},"limit":"$limit_req_status","weight":$${prefix}_weight}`;
}

/** Body of a 429. */
export function rejectionBody(retryAfterSeconds: number): string {
  return JSON.stringify({ error: "Too Many Requests", retryAfterSeconds });
}

/** `add_header` for each; an empty value is not sent. */
export function addHeaders(headers: readonly Pick<SecurityHeader, "name" | "value">[]): string {
  return headers.map(({ name, value }) => `add_header ${name} "${value}" always;`).join("\n");
}

/** Indents every line that is not empty. */
export function indent(text: string, levels: number): string {
  return text.replaceAll(/^(?=.)/gm, "  ".repeat(levels));
}
