/** What the edge accepts. Every text that becomes nginx configuration or an annotation has an alphabet without nginx's syntax. */
import { isIP, isIPv4 } from "node:net";
import type { EdgeArgs } from "../edge";
import { overReplicas } from "./rate-limit";
import { LEAST_HSTS_SECONDS, MOST_HSTS_SECONDS } from "./security-headers";
import { LEAST_WAF_LIMIT, WAF_WINDOWS_SECONDS, wafLimit, wafName } from "./waf";

const HOST = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const UPSTREAM = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?:(\d{1,5})$/;
const DIRECTORY = /^\/?[\w-][\w.-]*(\/[\w-][\w.-]*)*$/;
const LOAD_BALANCER_ARN = /^arn:aws[\w-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/app\/[\w/-]+$/;

/** Largest trusted address block: 10.0.0.0/8, the largest private one. */
const LEAST_PREFIX_IPV4 = 8;
/** Largest trusted IPv6 block: a registry hands out no larger ones to providers. */
const LEAST_PREFIX_IPV6 = 19;

/** Problems of the arguments, one line each; empty when there is none. */
export function validateEdge(args: Omit<EdgeArgs, "namespace" | "labels">): string[] {
  const problems: string[] = [];
  const must = (holds: boolean, argument: string, rule: string, got: unknown, fix: string) => {
    if (!holds) problems.push(`${argument} must be ${rule}, got ${JSON.stringify(got)}. ${fix}`);
  };
  const whole = (value: number, least: number, most: number) => Number.isInteger(value) && value >= least && value <= most;
  const { rateLimit, hsts, tls, ingressController, nginx, waf } = args;

  must(HOST.test(args.apiHost), "apiHost", "a DNS host name in lower case", args.apiHost, "Give the API's public host.");
  const limitIsSound = whole(rateLimit.requestsPerMinute, 1, 60_000) && whole(rateLimit.burst, 0, 10_000);
  must(
    whole(rateLimit.requestsPerMinute, 1, 60_000),
    "rateLimit.requestsPerMinute",
    "1 to 60000",
    rateLimit.requestsPerMinute,
    "Change it.",
  );
  must(whole(rateLimit.burst, 0, 10_000), "rateLimit.burst", "0 to 10000", rateLimit.burst, "Change it.");
  must(
    [48, 56, 64, 128].includes(rateLimit.ipv6PrefixLength),
    "rateLimit.ipv6PrefixLength",
    "48, 56, 64 or 128 (bits)",
    rateLimit.ipv6PrefixLength,
    "64 is the least that a customer has.",
  );
  for (const [index, block] of args.trustedProxies.entries()) problems.push(...validateBlock(`trustedProxies[${index}]`, block));
  must(
    new Set(args.trustedProxies).size === args.trustedProxies.length,
    "trustedProxies",
    "a list without repetitions",
    args.trustedProxies,
    "Name each address block once.",
  );
  must(
    whole(hsts.maxAgeSeconds, LEAST_HSTS_SECONDS, MOST_HSTS_SECONDS),
    "hsts.maxAgeSeconds",
    `${LEAST_HSTS_SECONDS} to ${MOST_HSTS_SECONDS}`,
    hsts.maxAgeSeconds,
    "31536000 is a year.",
  );
  must(DNS_LABEL.test(tls.secretName), "tls.secretName", "the name of a Secret", tls.secretName, "Name the certificate's Secret.");
  must(
    tls.clusterIssuer === undefined || DNS_LABEL.test(tls.clusterIssuer),
    "tls.clusterIssuer",
    "the name of a ClusterIssuer",
    tls.clusterIssuer,
    "Name it, or leave it out and fill the Secret by hand.",
  );

  for (const key of ["namespace", "configMap"] as const)
    must(
      DNS_LABEL.test(ingressController[key]),
      `ingressController.${key}`,
      "a DNS label",
      ingressController[key],
      "Give the controller's as it is installed.",
    );
  const { replicas } = ingressController;
  must(whole(replicas, 1, 1000), "ingressController.replicas", "1 to 1000", replicas, "Give the number of the controller's pods.");
  if (limitIsSound && whole(replicas, 1, 1000))
    must(
      overReplicas(rateLimit, replicas).requestsPerMinutePerReplica >= 1,
      "ingressController.replicas",
      `at most rateLimit.requestsPerMinute (${rateLimit.requestsPerMinute}): the rate is divided by it and would be 0`,
      replicas,
      "Raise the limit, or run fewer replicas.",
    );

  must(
    isIP(nginx.listenAddress) !== 0 && !nginx.listenAddress.includes("%"),
    "nginx.listenAddress",
    "an IP address",
    nginx.listenAddress,
    "0.0.0.0 listens on all.",
  );
  must(whole(nginx.httpPort, 1, 65_535), "nginx.httpPort", "1 to 65535", nginx.httpPort, "80 is the usual one.");
  must(whole(nginx.httpsPort, 1, 65_535), "nginx.httpsPort", "1 to 65535", nginx.httpsPort, "443 is the usual one.");
  must(nginx.httpPort !== nginx.httpsPort, "nginx.httpsPort", "another port than nginx.httpPort", nginx.httpsPort, "Change one of them.");
  const port = Number(UPSTREAM.exec(nginx.upstream)?.[2]);
  must(whole(port, 1, 65_535), "nginx.upstream", "host:port", nginx.upstream, "Say where the application listens.");
  must(
    DIRECTORY.test(nginx.certificateDirectory),
    "nginx.certificateDirectory",
    "a path of letters, digits and _ . - whose parts begin with no dot",
    nginx.certificateDirectory,
    "Name the folder of tls.crt and tls.key.",
  );

  if (waf.enabled) {
    const windowIsSound = WAF_WINDOWS_SECONDS.includes(waf.evaluationWindowSeconds);
    must(
      windowIsSound,
      "waf.evaluationWindowSeconds",
      `one of ${WAF_WINDOWS_SECONDS.join(", ")}`,
      waf.evaluationWindowSeconds,
      "AWS WAF knows no others.",
    );
    if (limitIsSound && windowIsSound) {
      const limit = wafLimit(rateLimit, waf.evaluationWindowSeconds);
      must(
        limit >= LEAST_WAF_LIMIT,
        "waf.evaluationWindowSeconds",
        `long enough for ${LEAST_WAF_LIMIT} requests, AWS WAF's least limit`,
        limit,
        "Lengthen the window, or set waf.enabled: false.",
      );
    }
    must(
      waf.resourceArn === undefined || LOAD_BALANCER_ARN.test(waf.resourceArn),
      "waf.resourceArn",
      "the ARN of an application load balancer",
      waf.resourceArn,
      "Give it, or leave it out.",
    );
    must(
      wafName(args.apiHost).length <= 128,
      "apiHost",
      "at most 128 characters, since the WebACL is named after it",
      args.apiHost,
      "Shorten it, or set waf.enabled: false.",
    );
  }
  return problems;
}

/** An address block must be one, and no larger than the largest network that somebody could own. */
function validateBlock(argument: string, block: string): string[] {
  const [address = "", length = ""] = block.split("/", 2);
  const [least, most] = isIPv4(address) ? [LEAST_PREFIX_IPV4, 32] : [LEAST_PREFIX_IPV6, 128];
  // An address with a scope ("fe80::1%eth0") is one to Node.js, but not to nginx.
  const sound = isIP(address) !== 0 && !address.includes("%") && block === `${address}/${length}` && /^(0|[1-9]\d{0,2})$/.test(length);
  if (!sound || Number(length) > most)
    return [`${argument} must be an address block in CIDR notation, got ${JSON.stringify(block)}. For example 10.0.0.0/16.`];
  if (Number(length) >= least) return [];
  return [
    `${argument} must be /${least} or smaller, got ${JSON.stringify(block)}: strangers in it could forge the client's address. Name the proxies.`,
  ];
}
