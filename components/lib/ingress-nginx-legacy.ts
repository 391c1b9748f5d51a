/**
 * Runbook §4: the edge on the retired ingress-nginx (1.11 or newer), for clusters that still run it. It merges the Ingresses of a host by
 * itself, and its annotations say less: {@link legacyProblems} names what of a limit it cannot express.
 */
import type { IngressAnnotations, IngressArgs } from "./ingress-annotations";
import { accessLogFormat, clientKeyMap, ERROR_LOG_LEVEL, logMaps, MAX_BODY_SIZE, WEBSOCKET_TIMEOUT_SECONDS } from "./nginx-snippets";
import { type RateLimit, REJECT_STATUS } from "./rate-limit";
import { HIDDEN_HEADERS, securityHeaders } from "./security-headers";

/** Prefix of the variables that the ConfigMap defines. */
const PREFIX = "maestroverse";

/** What of a limit ingress-nginx cannot express; empty when it can. Its burst is a multiple of its rate, and it divides nothing. */
export function legacyProblems(limit: Pick<RateLimit, "requestsPerMinute" | "burst">, replicas: number): string[] {
  const { requestsPerMinute, burst } = limit;
  const rate = requestsPerMinute / replicas;
  if (Number.isInteger(rate) && burst > 0 && burst % rate === 0) return [];
  const whole = Math.max(1, Math.floor(rate));
  return [
    `ingressController.kind must be f5 for burst ${burst} at ${requestsPerMinute}/min over ${replicas} replica${replicas === 1 ? "" : "s"}: ` +
      `ingress-nginx takes a whole rate per replica and a burst of ${whole}, ${2 * whole}, ${3 * whole} … only, got ingress-nginx. ` +
      "Install F5's controller, or choose such a limit.",
  ];
}

/** What the Ingresses ask of the controller. Each has the certificate: it knows no Ingress without paths. */
export function buildLegacyAnnotations({ rateLimit, clusterIssuer, replicas, headersConfigMap }: IngressArgs): IngressAnnotations {
  const annotation = (name: string) => `nginx.ingress.kubernetes.io/${name}`;
  const rate = rateLimit.requestsPerMinute / replicas;
  const ofAll = {
    [annotation("ssl-redirect")]: "true",
    [annotation("custom-headers")]: headersConfigMap,
    [annotation("proxy-body-size")]: MAX_BODY_SIZE,
  };
  return {
    host: undefined,
    api: {
      ...ofAll,
      // On one of the two: cert-manager makes a certificate of one Ingress.
      ...(clusterIssuer === undefined ? {} : { "cert-manager.io/cluster-issuer": clusterIssuer }),
      [annotation("limit-rpm")]: String(rate),
      [annotation("limit-burst-multiplier")]: String(rateLimit.burst / rate),
      [annotation("proxy-read-timeout")]: String(WEBSOCKET_TIMEOUT_SECONDS),
      [annotation("proxy-send-timeout")]: String(WEBSOCKET_TIMEOUT_SECONDS),
    },
    exempt: ofAll,
  };
}

/** Data of the ConfigMap that `custom-headers` names. It replaces the application's copies; HSTS is the controller's own. */
export function buildLegacyHeaders({ apiHost, hsts }: Pick<IngressArgs, "apiHost" | "hsts">): Record<string, string> {
  return Object.fromEntries(
    securityHeaders({ authority: apiHost, hsts })
      .filter(({ overHttp }) => overHttp)
      .map(({ name, value }) => [name, value]),
  );
}

/** Data of the controller's ConfigMap: as {@link buildLegacyAnnotations}, what annotations cannot say. */
export function buildLegacyControllerConfig({ apiHost, rateLimit, hsts }: IngressArgs): Record<string, string> {
  const sent = Object.keys(buildLegacyHeaders({ apiHost, hsts }));
  return {
    ...(rateLimit.trustedProxies.length === 0
      ? {}
      : {
          // Not use-forwarded-headers, which would believe anybody's X-Forwarded-Proto.
          "enable-real-ip": "true",
          "forwarded-for-header": "X-Forwarded-For",
          "proxy-real-ip-cidr": rateLimit.trustedProxies.join(","),
        }),
    // Named for connections, but the key of its rate limits too.
    "limit-conn-zone-variable": `$${PREFIX}_client`,
    "limit-req-status-code": String(REJECT_STATUS),
    "http-redirect-code": "301",
    "http-snippet": [clientKeyMap(`${PREFIX}_client`, rateLimit.ipv6PrefixLength), logMaps(PREFIX)].join("\n"),
    "global-allowed-response-headers": sent.join(","),
    "hide-headers": HIDDEN_HEADERS.filter((name) => !sent.includes(name)).join(","),
    hsts: "true",
    "hsts-max-age": String(hsts.ramp.at(-1)?.maxAgeSeconds),
    "hsts-include-subdomains": String(hsts.includeSubDomains),
    "hsts-preload": String(hsts.preload),
    "server-tokens": "false",
    "ssl-protocols": "TLSv1.2 TLSv1.3",
    "use-http2": "true",
    "error-log-level": ERROR_LOG_LEVEL,
    "log-format-escape-json": "true",
    "log-format-upstream": accessLogFormat(PREFIX),
  };
}
