/** Runbook §4: rate limit, HSTS, TLS, the external nginx and AWS WAF. */
import { z } from "zod";
import { HSTS_ACKNOWLEDGEMENTS, HSTS_STAGES } from "../../components/lib/hsts";
import { MANAGED_RULES } from "../../components/lib/waf";
import { cidr, dnsLabel, integer, isoDate, matching, unique } from "./values";

export const edge = z.strictObject({
  rateLimit: z.strictObject({
    /** Sustained requests per minute and client address. */
    requestsPerMinute: integer(1, 60000, "requests per minute"),
    /** Further requests that pass at once. */
    burst: integer(0, 10000, "requests"),
    /** IPv6 clients are one client per prefix of this length. */
    ipv6PrefixLength: z.literal([48, 56, 64, 128], "48, 56, 64 or 128 (bits)"),
    /** Proxies whose X-Forwarded-For is believed. Empty: none, the peer's address counts. */
    trustedProxies: unique(cidr(), 0, 50, "address blocks"),
    /** Paths without a limit, to the letter; `/health` is one. */
    exemptPaths: unique(matching(/^\//, "a path such as /health"), 1, 20, "paths"),
  }),
  hsts: z.strictObject({
    /** Stages so far, the oldest first; the last one is sent. */
    ramp: z
      .array(
        z.strictObject({ maxAgeSeconds: z.literal(HSTS_STAGES, `${HSTS_STAGES.join(", ")} (seconds)`), since: isoDate() }),
        "a list of stages",
      )
      .min(1, "a list of 1 to 3 stages")
      .max(HSTS_STAGES.length, "a list of 1 to 3 stages"),
    includeSubDomains: z.boolean("true or false"),
    preload: z.boolean("true or false"),
    /** What was accepted knowingly. */
    acknowledge: unique(
      z.enum(HSTS_ACKNOWLEDGEMENTS, `one of ${HSTS_ACKNOWLEDGEMENTS.join(", ")}`),
      0,
      HSTS_ACKNOWLEDGEMENTS.length,
      "acknowledgements",
    ),
  }),
  tls: z.strictObject({
    /** Kubernetes Secret (type kubernetes.io/tls) with the certificate. */
    secretName: dnsLabel(),
    /** cert-manager ClusterIssuer that fills it; absent: the Secret is provided by hand. */
    clusterIssuer: dnsLabel().optional(),
  }),
  nginx: z.strictObject({
    /** Address that the external nginx listens on; `::` stands for all of both families. */
    listenAddress: z.union([z.ipv4(), z.ipv6()], "an IP address; 0.0.0.0 for all"),
    httpPort: integer(1, 65535, "port"),
    httpsPort: integer(1, 65535, "port"),
    /** host:port that it passes requests to. */
    upstream: matching(/^[a-z0-9.-]+:\d{1,5}$/, "host:port"),
    /** Folder of tls.crt and tls.key on the nginx host; relative: to the configuration's own folder. */
    certificateDirectory: matching(/^\/?[\w-][\w./-]*$/, "a path without blanks or quotes"),
    /** How many of them share the traffic: the rate is divided among them. */
    replicas: integer(1, 20, "replicas"),
    /** Address blocks from which its requests reach the pods. Empty: none from outside the cluster do. */
    allowedFrom: unique(cidr(), 0, 20, "address blocks"),
    /** DNS server by which the certificate's OCSP responder is found; absent: nothing is stapled. */
    ocspResolver: z.union([z.ipv4(), z.ipv6()], "an IP address").optional(),
  }),
  waf: z.strictObject({
    enabled: z.boolean("true or false"),
    evaluationWindowSeconds: z.literal([60, 120, 300, 600], "60, 120, 300 or 600 (seconds)"),
    /** What AWS's rule groups do with a match. */
    managedRules: z.enum(MANAGED_RULES, MANAGED_RULES.join(" or ")),
    /** Load balancer (ARN) that the WebACL protects; absent: none yet. */
    resourceArn: matching(/^arn:aws[\w-]*:elasticloadbalancing:\S+$/, "the ARN of an application load balancer").optional(),
  }),
});
