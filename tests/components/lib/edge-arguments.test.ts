import fc from "fast-check";
import { validateEdge } from "../../../components/lib/edge-arguments";
import { buildNginxConfig } from "../../../components/lib/nginx-config";
import { HSTS, RUNBOOK } from "../../helpers/edge-settings";

type Args = Parameters<typeof validateEdge>[0];

const GOOD: Args = {
  apiHost: "api.maestroverse.edu",
  rateLimit: { ...RUNBOOK, trustedProxies: ["10.20.0.0/20", "2001:db8::/32"] },
  hsts: HSTS,
  tls: { secretName: "maestroverse-api-tls", clusterIssuer: "letsencrypt" },
  ingressController: { kind: "f5", namespace: "nginx-ingress", configMap: "nginx-config", replicas: 2 },
  nginx: {
    listenAddress: "0.0.0.0",
    httpPort: 80,
    httpsPort: 443,
    upstream: "app.svc:80",
    certificateDirectory: "/etc/nginx/tls",
    replicas: 1,
    allowedFrom: ["10.20.99.0/24"],
    ocspResolver: "10.20.0.2",
  },
  waf: {
    enabled: true,
    evaluationWindowSeconds: 60,
    managedRules: "count",
    resourceArn: "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/api/0123456789abcdef",
  },
};
const limited = (change: Partial<Args["rateLimit"]>): Args => ({ ...GOOD, rateLimit: { ...GOOD.rateLimit, ...change } });
const nginx = (change: Partial<Args["nginx"]>): Args => ({ ...GOOD, nginx: { ...GOOD.nginx, ...change } });

it("accepts the runbook's settings", () => {
  expect(validateEdge(GOOD)).toEqual([]);
});

it("reports every problem at once, with the value and what to do", () => {
  const bad = {
    apiHost: "API.example; evil",
    rateLimit: {
      requestsPerMinute: 0,
      burst: -1,
      ipv6PrefixLength: 32,
      trustedProxies: ["0.0.0.0/0", "10.0.0.0", "10.0.0.0", "::/0"],
      exemptPaths: ["health", "/socket.io/", "/a", "/a"],
    },
    hsts: { ...HSTS, ramp: [] },
    tls: { secretName: "", clusterIssuer: "Let's encrypt" },
    ingressController: { kind: "traefik", namespace: "-", configMap: "a/b", replicas: 0 },
    nginx: {
      listenAddress: "localhost",
      httpPort: 0,
      httpsPort: 70_000,
      upstream: "app",
      certificateDirectory: "../tls",
      replicas: 0,
      allowedFrom: ["0.0.0.0/0"],
      ocspResolver: "dns.example",
    },
    waf: { enabled: true, evaluationWindowSeconds: 45, managedRules: "off", resourceArn: "arn:aws:s3:::bucket" },
  } as unknown as Args;
  expect(validateEdge(bad)).toEqual([
    'apiHost must be a DNS host name in lower case, got "API.example; evil". Give the API\'s public host.',
    "rateLimit.requestsPerMinute must be 1 to 60000, got 0. Change it.",
    "rateLimit.burst must be 0 to 10000, got -1. Change it.",
    "rateLimit.ipv6PrefixLength must be 48, 56, 64 or 128 (bits), got 32. 64 is the least that a customer has.",
    'rateLimit.trustedProxies[0] must be /8 or smaller, got "0.0.0.0/0": strangers in it could forge the client\'s address. Name what is yours.',
    'rateLimit.trustedProxies[1] must be an address block in CIDR notation, got "10.0.0.0". For example 10.0.0.0/16.',
    'rateLimit.trustedProxies[2] must be an address block in CIDR notation, got "10.0.0.0". For example 10.0.0.0/16.',
    'rateLimit.trustedProxies[3] must be /19 or smaller, got "::/0": strangers in it could forge the client\'s address. Name what is yours.',
    'rateLimit.trustedProxies must be a list without repetitions, got ["0.0.0.0/0","10.0.0.0","10.0.0.0","::/0"]. Name each address block once.',
    'rateLimit.exemptPaths must be a list with /health, which the uptime checks ask, got ["health","/socket.io/","/a","/a"]. Add it.',
    'rateLimit.exemptPaths[0] must be a path of letters, digits and ._~-, named once, not under /socket.io, got "health". For example /health.',
    'rateLimit.exemptPaths[1] must be a path of letters, digits and ._~-, named once, not under /socket.io, got "/socket.io/". For example /health.',
    'rateLimit.exemptPaths[3] must be a path of letters, digits and ._~-, named once, not under /socket.io, got "/a". For example /health.',
    "hsts.ramp must be the stages so far, out of 300, 86400, 31536000 in this order, got none. Begin with 300.",
    'tls.secretName must be the name of a Secret, got "". Name the certificate\'s Secret.',
    'tls.clusterIssuer must be the name of a ClusterIssuer, got "Let\'s encrypt". Name it, or leave it out and fill the Secret by hand.',
    'ingressController.namespace must be a DNS label, got "-". Give the controller\'s as it is installed.',
    'ingressController.configMap must be a DNS label, got "a/b". Give the controller\'s as it is installed.',
    'ingressController.kind must be f5 or ingress-nginx, got "traefik". f5 is the one that is maintained.',
    "ingressController.replicas must be 1 to 1000, got 0. Give the number of those that share the traffic.",
    "nginx.replicas must be 1 to 1000, got 0. Give the number of those that share the traffic.",
    'nginx.listenAddress must be an IP address, got "localhost". 0.0.0.0 listens on all.',
    "nginx.httpPort must be 1 to 65535, got 0. 80 is the usual one.",
    "nginx.httpsPort must be 1 to 65535, got 70000. 443 is the usual one.",
    'nginx.upstream must be host:port, got "app". Say where the application listens.',
    'nginx.certificateDirectory must be a path of letters, digits and _ . - whose parts begin with no dot, got "../tls". Name the folder of tls.crt and tls.key.',
    'nginx.ocspResolver must be an IP address, got "dns.example". Name a DNS server, or leave it out.',
    'nginx.allowedFrom[0] must be /8 or smaller, got "0.0.0.0/0": strangers in it could reach the pods past the edge. Name what is yours.',
    'waf.managedRules must be count or block, got "off". count is the one to begin with.',
    "waf.evaluationWindowSeconds must be one of 60, 120, 300, 600, got 45. AWS WAF knows no others.",
    'waf.resourceArn must be the ARN of an application load balancer, got "arn:aws:s3:::bucket". Give it, or leave it out.',
  ]);
});

it("refuses more replicas than requests, over which the controller would divide the rate to 0", () => {
  const over = (replicas: number) => validateEdge({ ...GOOD, ingressController: { ...GOOD.ingressController, replicas } });
  expect(over(100)).toEqual([]);
  expect(over(101)).toEqual([
    "ingressController.replicas must be at most rateLimit.requestsPerMinute (100): the rate is divided by it and would be 0, got 101. Raise the limit, or run fewer replicas.",
  ]);
});

it.each([
  [{ requestsPerMinute: 100, burst: 20 }, 1, "100, 200, 300"],
  [{ requestsPerMinute: 100, burst: 20 }, 2, "50, 100, 150"],
  [{ requestsPerMinute: 100, burst: 0 }, 1, "100, 200, 300"],
  [{ requestsPerMinute: 100, burst: 99 }, 3, "33, 66, 99"],
])("refuses of the retired ingress-nginx what its annotations cannot say: %j over %d", (change, replicas, bursts) => {
  const ingressController = { ...GOOD.ingressController, kind: "ingress-nginx", replicas } as const;
  expect(validateEdge({ ...limited(change), ingressController })).toEqual([
    `ingressController.kind must be f5 for burst ${change.burst} at 100/min over ${replicas} replica${replicas === 1 ? "" : "s"}: ingress-nginx takes a whole rate per replica and a burst of ${bursts} … only, got ingress-nginx. Install F5's controller, or choose such a limit.`,
  ]);
});

it("accepts of the retired ingress-nginx what its annotations can say", () => {
  const ingressController = { ...GOOD.ingressController, kind: "ingress-nginx", replicas: 5 } as const;
  expect(validateEdge({ ...limited({ burst: 20 }), ingressController })).toEqual([]);
});

it("refuses a limit below AWS WAF's least one, unless WAF is disabled", () => {
  const slow = limited({ requestsPerMinute: 5, burst: 0 });
  expect(validateEdge(slow)).toEqual([
    "waf.evaluationWindowSeconds must be long enough for 10 requests, AWS WAF's least limit, got 5. Lengthen the window, or set waf.enabled: false.",
  ]);
  expect(validateEdge({ ...slow, waf: { ...GOOD.waf, enabled: false } })).toEqual([]);
});

it("refuses one port for both schemes", () => {
  expect(validateEdge(nginx({ httpPort: 8443, httpsPort: 8443 }))).toEqual([
    "nginx.httpsPort must be another port than nginx.httpPort, got 8443. Change one of them.",
  ]);
});

it("accepts a certificate folder beside the configuration, and no trusted proxy at all", () => {
  expect(validateEdge({ ...limited({ trustedProxies: [] }), nginx: { ...GOOD.nginx, certificateDirectory: "tls" } })).toEqual([]);
});

describe("no text becomes syntax", () => {
  const SYNTAX = [";", "{", "}", '"', "'", "\\", "$", "#", " ", "\n", "\t", "%", "..", "\u0000", "~"];
  const GOOD_TEXTS = [
    "api.maestroverse.edu",
    "/hooks/payments",
    "10.0.0.0/8",
    "::1",
    "2001:db8::/32",
    "app.svc:80",
    "/etc/nginx/tls",
    "tls",
  ];
  /** Anything, and good values with something wrong in them. */
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(...GOOD_TEXTS),
    fc
      .tuple(fc.constantFrom(...GOOD_TEXTS), fc.constantFrom(...SYNTAX), fc.string(), fc.nat(20))
      .map(([good, syntax, more, at]) => good.slice(0, at) + syntax + more + good.slice(at)),
  );
  const PLACES: Readonly<Record<string, (value: string) => Args>> = {
    apiHost: (apiHost) => ({ ...GOOD, apiHost }),
    "rateLimit.trustedProxies[0]": (block) => limited({ trustedProxies: [block] }),
    "rateLimit.exemptPaths[1]": (path) => limited({ exemptPaths: ["/health", path] }),
    "nginx.ocspResolver": (ocspResolver) => nginx({ ocspResolver }),
    "nginx.listenAddress": (listenAddress) => nginx({ listenAddress }),
    "nginx.upstream": (upstream) => nginx({ upstream }),
    "nginx.certificateDirectory": (certificateDirectory) => nginx({ certificateDirectory }),
  };
  /** A configuration's skeleton: its directives' names and its blocks. */
  const skeleton = (args: Args) =>
    buildNginxConfig({ ...args, healthPath: "/health" })
      .split("\n")
      .map((line) => /^\s*([\w~"*@^}]*).*?([;{}]?)$/.exec(line)?.slice(1));
  const oneProxy = skeleton(limited({ trustedProxies: ["10.0.0.0/8"] }));

  it.each(Object.keys(PLACES))(
    "in %s: it is refused, or of an alphabet without nginx's syntax, and the configuration keeps its shape",
    (name) => {
      const place = PLACES[name];
      fc.assert(
        fc.property(text, (value) => {
          const args = place(value);
          const problems = validateEdge(args);
          if (problems.length > 0) {
            expect(problems[0]?.startsWith(`${name} must `)).toBe(true);
            return;
          }
          expect(value).toMatch(/^[\w.:/~-]+$/);
          expect(skeleton(args)).toEqual(name === "rateLimit.trustedProxies[0]" ? oneProxy : skeleton(GOOD));
        }),
        { numRuns: 500 },
      );
    },
  );
});
