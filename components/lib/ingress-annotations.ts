/**
 * Runbook §4: the edge on F5's NGINX Ingress Controller, 5.5 or newer: annotations of the Ingresses, and the controller's ConfigMap.
 *
 * The controller serves a host from one Ingress only: a second one with the same host loses. Hence its mergeable Ingresses: one for the host
 * (TLS, redirect), and one per set of paths, each with a rate limit of its own or none.
 */
import { ACCESS_LOG_FORMAT, clientKeyMap, MAX_BODY_SIZE, ZONE_SIZE } from "./nginx-snippets";
import { type RateLimit, REJECT_STATUS } from "./rate-limit";
import { hiddenHeaders, type Hsts, securityHeaders } from "./security-headers";

/** Annotations of the three Ingresses that make up the host. */
export interface IngressAnnotations {
  /** Of the Ingress with the certificate and no paths: redirect, hidden headers, certificate issuer. */
  readonly host: Readonly<Record<string, string>>;
  /** Of the Ingress for everything but `/health`: headers, websocket, rate limit. */
  readonly api: Readonly<Record<string, string>>;
  /** Of the Ingress for `/health`: headers, no rate limit. */
  readonly health: Readonly<Record<string, string>>;
}

/** Arguments of {@link buildIngressAnnotations}. */
export interface IngressAnnotationsArgs {
  readonly rateLimit: RateLimit;
  readonly hsts: Hsts;
  /** cert-manager's ClusterIssuer; undefined: the certificate is provided by hand. */
  readonly clusterIssuer: string | undefined;
  /** How many replicas of the controller share the traffic. */
  readonly replicas: number;
  /** Service that speaks websocket. */
  readonly serviceName: string;
}

/** Variable with the client's key, which {@link buildControllerConfig} defines. */
const CLIENT_KEY = "maestroverse_client";

/** What the Ingresses ask of the controller. */
export function buildIngressAnnotations(args: IngressAnnotationsArgs): IngressAnnotations {
  const { rateLimit } = args;
  const ofPaths = {
    "nginx.org/mergeable-ingress-type": "minion",
    "nginx.org/add-header": securityHeaders(args.hsts)
      .map(({ name, value }) => `${name}: ${value}: always`)
      .join(", "),
    "nginx.org/client-max-body-size": MAX_BODY_SIZE,
  };
  return {
    host: {
      "nginx.org/mergeable-ingress-type": "master",
      "nginx.org/ssl-redirect": "true",
      "nginx.org/http-redirect-code": "301",
      // Its own header always promises `preload`, and any header of a path's replaces it: add-header sends ours.
      "nginx.org/hsts": "false",
      "nginx.org/proxy-hide-headers": hiddenHeaders(args.hsts).join(","),
      "nginx.org/server-tokens": "false",
      ...(args.clusterIssuer === undefined ? {} : { "cert-manager.io/cluster-issuer": args.clusterIssuer }),
    },
    api: {
      ...ofPaths,
      // The controller's 60 seconds of silence suffice: socket.io pings every 25.
      "nginx.org/websocket-services": args.serviceName,
      "nginx.org/limit-req-rate": `${rateLimit.requestsPerMinute}r/m`,
      "nginx.org/limit-req-key": `\${${CLIENT_KEY}}`,
      "nginx.org/limit-req-zone-size": ZONE_SIZE,
      // nginx knows no burst of 0: its absence is that.
      ...(rateLimit.burst === 0 ? {} : { "nginx.org/limit-req-burst": String(rateLimit.burst) }),
      // Without it a burst queues: its last request would wait for 12 seconds.
      "nginx.org/limit-req-no-delay": "true",
      "nginx.org/limit-req-reject-code": String(REJECT_STATUS),
      "nginx.org/limit-req-log-level": "warn",
      // Each replica counts for itself: divides the rate by their number as it changes (overReplicas says what that leaves).
      "nginx.org/limit-req-scale": String(args.replicas > 1),
    },
    health: ofPaths,
  };
}

/**
 * Data of the controller's ConfigMap: the real client's address, the client's key, and logs. It holds for every host of the controller.
 *
 * @param trustedProxies address blocks whose X-Forwarded-For is believed; empty: the peer is the client
 */
export function buildControllerConfig(trustedProxies: readonly string[], rateLimit: RateLimit): Record<string, string> {
  return {
    ...(trustedProxies.length === 0
      ? {}
      : {
          "real-ip-header": "X-Forwarded-For",
          "set-real-ip-from": trustedProxies.join(","),
          // From the right, to the first address that is no trusted proxy: what a client wrote itself is never reached.
          "real-ip-recursive": "True",
        }),
    "http-snippets": clientKeyMap(CLIENT_KEY, rateLimit.ipv6PrefixLength),
    "server-tokens": "False",
    "ssl-protocols": "TLSv1.2 TLSv1.3",
    http2: "True",
    "log-format-escaping": "json",
    "log-format": ACCESS_LOG_FORMAT,
  };
}
