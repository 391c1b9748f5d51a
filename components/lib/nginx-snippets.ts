/** Pieces of nginx configuration that the external nginx and the Ingress controller share, and the limits that both set. */

/** Largest request body: nginx's default, which the runbook's snippet left in place. */
export const MAX_BODY_SIZE = "1m";
/** Memory of the rate limit: about 16,000 clients per MiB. When it is full, the clients that were quiet longest are forgotten. */
export const ZONE_SIZE = "10m";

/**
 * A `map` that gives each client its key: IPv4 by address, IPv6 by prefix. It works on the binary address, whose length tells the families
 * apart; an IPv4 address in IPv6 form (::ffff:192.0.2.1) is the IPv4 client that it is, or all of those would share one bucket.
 *
 * @param variable name of the variable that the map defines, without `$`
 */
export function clientKeyMap(variable: string, ipv6PrefixLength: number): string {
  return [
    `map $binary_remote_addr $${variable} {`,
    `  default $binary_remote_addr;`,
    String.raw`  "~^\x00{10}\xff\xff(?<${variable}_ipv4>[\s\S]{4})\z" $${variable}_ipv4;`,
    String.raw`  "~^(?<${variable}_prefix>[\s\S]{${ipv6PrefixLength / 8}})[\s\S]{${16 - ipv6PrefixLength / 8}}\z" $${variable}_prefix;`,
    `}`,
  ].join("\n");
}

/**
 * Access log, one JSON object a line (`escape=json`). The path comes without its query, which may carry tokens.
 *
 * Every value is a string: nginx writes 000 or nothing where there was no response, which is no JSON number.
 */
export const ACCESS_LOG_FORMAT = `{${[
  ["time", "$time_iso8601"],
  ["client", "$remote_addr"],
  ["peer", "$realip_remote_addr"],
  ["host", "$host"],
  ["method", "$request_method"],
  ["path", "$uri"],
  ["protocol", "$server_protocol"],
  ["status", "$status"],
  ["bytes", "$body_bytes_sent"],
  ["seconds", "$request_time"],
  ["upstreamStatus", "$upstream_status"],
  ["upstreamSeconds", "$upstream_response_time"],
  ["limit", "$limit_req_status"],
  ["requestId", "$request_id"],
  ["userAgent", "$http_user_agent"],
]
  .map(([key, variable]) => `"${key}":"${variable}"`)
  .join(",")}}`;
