/** What the edge accepts. Every text that becomes nginx configuration or an annotation has an alphabet without nginx's syntax. */
import { isIP, isIPv4 } from "node:net";
import type { EdgeArgs } from "../edge";
import { validateHsts } from "./hsts";
import { INGRESS_CONTROLLERS } from "./ingress-annotations";
import { legacyProblems } from "./ingress-nginx-legacy";
import { overReplicas } from "./rate-limit";
import { LEAST_WAF_LIMIT, MANAGED_RULES, WAF_WINDOWS_SECONDS, wafLimit, wafName } from "./waf";
import { HEALTH_PATH } from "./web-pod";

const HOST = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const UPSTREAM = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?:(\d{1,5})$/;
const DIRECTORY = /^\/?[\w-][\w.-]*(\/[\w-][\w.-]*)*$/;
/** A path as Ingress (`Exact`) and nginx (`location =`) take it alike, without the variables, escapes and traversals of either. */
const EXEMPT_PATH = /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/;
/** Under it socket.io upgrades connections: not to be had without a limit. */
const SOCKET_PATH = /^\/socket\.io(\/|$)/;
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
  problems.push(
    ...validateBlocks("rateLimit.trustedProxies", rateLimit.trustedProxies, "strangers in it could forge the client's address"),
  );
  must(
    rateLimit.exemptPaths.includes(HEALTH_PATH),
    "rateLimit.exemptPaths",
    `a list with ${HEALTH_PATH}, which the uptime checks ask`,
    rateLimit.exemptPaths,
    "Add it.",
  );
  for (const [index, path] of rateLimit.exemptPaths.entries())
    must(
      EXEMPT_PATH.test(path) && !SOCKET_PATH.test(path) && rateLimit.exemptPaths.indexOf(path) === index,
      `rateLimit.exemptPaths[${index}]`,
      "a path of letters, digits and ._~-, named once, not under /socket.io",
      path,
      `For example ${HEALTH_PATH}.`,
    );
  problems.push(...validateHsts(hsts));
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
  must(
    INGRESS_CONTROLLERS.includes(ingressController.kind),
    "ingressController.kind",
    INGRESS_CONTROLLERS.join(" or "),
    ingressController.kind,
    "f5 is the one that is maintained.",
  );
  for (const [argument, { replicas }] of [
    ["ingressController.replicas", ingressController],
    ["nginx.replicas", nginx],
  ] as const) {
    must(whole(replicas, 1, 1000), argument, "1 to 1000", replicas, "Give the number of those that share the traffic.");
    if (limitIsSound && whole(replicas, 1, 1000))
      must(
        overReplicas(rateLimit, replicas).requestsPerMinutePerReplica >= 1,
        argument,
        `at most rateLimit.requestsPerMinute (${rateLimit.requestsPerMinute}): the rate is divided by it and would be 0`,
        replicas,
        "Raise the limit, or run fewer replicas.",
      );
  }
  if (ingressController.kind === "ingress-nginx" && limitIsSound && whole(ingressController.replicas, 1, 1000))
    problems.push(...legacyProblems(rateLimit, ingressController.replicas));

  must(isAddress(nginx.listenAddress), "nginx.listenAddress", "an IP address", nginx.listenAddress, "0.0.0.0 listens on all.");
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

  must(
    nginx.ocspResolver === undefined || isAddress(nginx.ocspResolver),
    "nginx.ocspResolver",
    "an IP address",
    nginx.ocspResolver,
    "Name a DNS server, or leave it out.",
  );
  problems.push(...validateBlocks("nginx.allowedFrom", nginx.allowedFrom, "strangers in it could reach the pods past the edge"));

  if (waf.enabled) {
    must(
      MANAGED_RULES.includes(waf.managedRules),
      "waf.managedRules",
      MANAGED_RULES.join(" or "),
      waf.managedRules,
      "count is the one to begin with.",
    );
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

/** An address with a scope ("fe80::1%eth0") is one to Node.js, but not to nginx. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%");
}

/** Address blocks must be some, each named once, and none larger than the largest network that somebody could own. */
function validateBlocks(argument: string, blocks: readonly string[], danger: string): string[] {
  const problems = blocks.flatMap((block, index) => validateBlock(`${argument}[${index}]`, block, danger));
  if (new Set(blocks).size < blocks.length)
    problems.push(`${argument} must be a list without repetitions, got ${JSON.stringify(blocks)}. Name each address block once.`);
  return problems;
}

function validateBlock(argument: string, block: string, danger: string): string[] {
  const [address = "", length = ""] = block.split("/", 2);
  const [least, most] = isIPv4(address) ? [LEAST_PREFIX_IPV4, 32] : [LEAST_PREFIX_IPV6, 128];
  const sound = isAddress(address) && block === `${address}/${length}` && /^(0|[1-9]\d{0,2})$/.test(length);
  if (!sound || Number(length) > most)
    return [`${argument} must be an address block in CIDR notation, got ${JSON.stringify(block)}. For example 10.0.0.0/16.`];
  if (Number(length) >= least) return [];
  return [`${argument} must be /${least} or smaller, got ${JSON.stringify(block)}: ${danger}. Name what is yours.`];
}
