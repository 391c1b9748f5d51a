/** Runbook §4: rate limit, trusted proxies, TLS, the external nginx and AWS WAF. */
import { z } from "zod";
import { cidr, dnsLabel, integer, matching, unique } from "./values";

export const edge = z.strictObject({
  rateLimit: z.strictObject({
    /** Sustained requests per minute and client address. */
    requestsPerMinute: integer(1, 60000, "requests per minute"),
    /** Further requests that pass at once. */
    burst: integer(0, 10000, "requests"),
    /** IPv6 clients are one client per prefix of this length. */
    ipv6PrefixLength: z.literal([48, 56, 64, 128], "48, 56, 64 or 128 (bits)"),
  }),
  /** Proxies whose X-Forwarded-For is believed. Empty: none, the peer's address counts. */
  trustedProxies: unique(cidr(), 0, 50, "address blocks"),
  hsts: z.strictObject({ maxAgeSeconds: integer(15552000, 63072000, "seconds"), includeSubDomains: z.boolean("true or false") }),
  tls: z.strictObject({
    /** Kubernetes Secret (type kubernetes.io/tls) with the certificate. */
    secretName: dnsLabel(),
    /** cert-manager ClusterIssuer that fills it; absent: the Secret is provided by hand. */
    clusterIssuer: dnsLabel().optional(),
  }),
  nginx: z.strictObject({
    /** Address that the external nginx listens on. */
    listenAddress: z.union([z.ipv4(), z.ipv6()], "an IP address; 0.0.0.0 for all"),
    httpPort: integer(1, 65535, "port"),
    httpsPort: integer(1, 65535, "port"),
    /** host:port that it passes requests to. */
    upstream: matching(/^[a-z0-9.-]+:\d{1,5}$/, "host:port"),
    /** Folder of tls.crt and tls.key on the nginx host; relative: to the configuration's own folder. */
    certificateDirectory: matching(/^\/?[\w-][\w./-]*$/, "a path without blanks or quotes"),
  }),
  waf: z.strictObject({
    enabled: z.boolean("true or false"),
    evaluationWindowSeconds: z.literal([60, 120, 300, 600], "60, 120, 300 or 600 (seconds)"),
    /** Load balancer (ARN) that the WebACL protects; absent: none yet. */
    resourceArn: matching(/^arn:aws[\w-]*:elasticloadbalancing:\S+$/, "the ARN of an application load balancer").optional(),
  }),
});
