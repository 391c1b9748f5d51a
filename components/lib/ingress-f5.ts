/**
 * Runbook §4: the edge on F5's NGINX Ingress Controller, 5.4 or newer.
 *
 * The controller serves a host from one Ingress only: a second one with the same host loses. Hence its mergeable Ingresses: one for the host
 * (TLS, redirect), and one per set of paths, each with a rate limit of its own or none.
 */
import type { IngressAnnotations, IngressArgs } from "./ingress-annotations";
import {
  accessLogFormat,
  addHeaders,
  clientKeyMap,
  ERROR_LOG_LEVEL,
  logMaps,
  MAX_BODY_SIZE,
  rejectionBody,
  WEBSOCKET_TIMEOUT_SECONDS,
  ZONE_SIZE,
} from "./nginx-snippets";
import { overReplicas, REJECT_STATUS, retryAfterSeconds } from "./rate-limit";
import { HIDDEN_HEADERS, securityHeaders } from "./security-headers";

/** Prefix of the variables that the ConfigMap defines: other hosts of the controller may have their own. */
const PREFIX = "maestroverse";
/** Variable with the client's key. */
const CLIENT_KEY = `${PREFIX}_client`;

/** What the Ingresses ask of the controller. */
export function buildF5Annotations({ rateLimit, clusterIssuer, replicas, serviceName }: IngressArgs): IngressAnnotations {
  const ofPaths = { "nginx.org/mergeable-ingress-type": "minion", "nginx.org/client-max-body-size": MAX_BODY_SIZE };
  return {
    host: {
      "nginx.org/mergeable-ingress-type": "master",
      "nginx.org/ssl-redirect": "true",
      "nginx.org/http-redirect-code": "301",
      // Its own header always promises `preload`: the ConfigMap sends ours.
      "nginx.org/hsts": "false",
      "nginx.org/proxy-hide-headers": HIDDEN_HEADERS.join(","),
      "nginx.org/server-tokens": "false",
      ...(clusterIssuer === undefined ? {} : { "cert-manager.io/cluster-issuer": clusterIssuer }),
    },
    api: {
      ...ofPaths,
      "nginx.org/websocket-services": serviceName,
      // For all of the API, since a path with a timeout of its own would have a limit of its own.
      "nginx.org/proxy-read-timeout": `${WEBSOCKET_TIMEOUT_SECONDS}s`,
      "nginx.org/proxy-send-timeout": `${WEBSOCKET_TIMEOUT_SECONDS}s`,
      "nginx.org/limit-req-rate": `${rateLimit.requestsPerMinute}r/m`,
      "nginx.org/limit-req-key": `\${${CLIENT_KEY}}`,
      "nginx.org/limit-req-zone-size": ZONE_SIZE,
      // nginx knows no burst of 0: its absence is that.
      ...(rateLimit.burst === 0 ? {} : { "nginx.org/limit-req-burst": String(rateLimit.burst) }),
      // Without it a burst queues: its last request would wait for 12 seconds.
      "nginx.org/limit-req-no-delay": "true",
      "nginx.org/limit-req-reject-code": String(REJECT_STATUS),
      // Not in the error log: the access log has them, sampled.
      "nginx.org/limit-req-log-level": "info",
      // Each replica counts for itself: divides the rate by their number as it changes (overReplicas says what that leaves).
      "nginx.org/limit-req-scale": String(replicas > 1),
    },
    exempt: ofPaths,
  };
}

/**
 * Data of the controller's ConfigMap: the real client's address, the client's key, headers, the 429's body, and logs.
 *
 * Headers stand here, since the annotation for them takes neither colons (`wss:`) nor commas, and knows no Retry-After. For other hosts of the
 * controller they are empty, and an empty header is not sent.
 */
export function buildF5ControllerConfig({ apiHost, rateLimit, hsts, replicas }: IngressArgs): Record<string, string> {
  const { trustedProxies } = rateLimit;
  const retryAfter = retryAfterSeconds({
    requestsPerMinute: overReplicas(rateLimit, replicas).requestsPerMinutePerReplica,
  });
  const headers = securityHeaders({ authority: apiHost, hsts }).map(({ name, value, overHttp }) => {
    const variable = `$${PREFIX}_${name.toLowerCase().replaceAll("-", "_")}`;
    const key = overHttp ? apiHost : `https://${apiHost}`;
    return { name, value: variable, map: `map ${overHttp ? "$host" : '"$scheme://$host"'} ${variable} { default ""; ${key} "${value}"; }` };
  });
  return {
    ...(trustedProxies.length === 0
      ? {}
      : {
          "real-ip-header": "X-Forwarded-For",
          "set-real-ip-from": trustedProxies.join(","),
          // From the right, to the first address that is no trusted proxy: what a client wrote itself is never reached.
          "real-ip-recursive": "True",
        }),
    "http-snippets": [
      clientKeyMap(CLIENT_KEY, rateLimit.ipv6PrefixLength),
      ...headers.map(({ map }) => map),
      `map "$limit_req_status $host" $${PREFIX}_retry_after { default ""; "REJECTED ${apiHost}" ${retryAfter}; }`,
      logMaps(PREFIX),
      `map "$${PREFIX}_served$${PREFIX}_refused" $${PREFIX}_logged { default 1; 00 0; }`,
    ].join("\n"),
    "server-snippets": [
      addHeaders([...headers, { name: "Retry-After", value: `$${PREFIX}_retry_after` }]),
      `access_log /dev/stdout main if=$${PREFIX}_logged;`,
      `error_log stderr ${ERROR_LOG_LEVEL};`,
      `error_page ${REJECT_STATUS} @${PREFIX}_rejected;`,
      `location @${PREFIX}_rejected { default_type application/json; return ${REJECT_STATUS} '${rejectionBody(retryAfter)}\\n'; }`,
    ].join("\n"),
    "server-tokens": "False",
    "ssl-protocols": "TLSv1.2 TLSv1.3",
    http2: "True",
    "log-format-escaping": "json",
    "log-format": accessLogFormat(PREFIX),
  };
}
