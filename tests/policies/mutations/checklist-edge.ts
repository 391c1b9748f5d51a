import { edit, type Mutation, remove, replaceInData, type Transform } from "../mutation";

const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";
const API = "maestroverse-server-ingress";
const EXEMPT = "maestroverse-server-exempt-ingress";
const ACL = "aws:wafv2/webAcl:WebAcl";
const NGINX = "edge-nginx-config";
const PATCH = "kubernetes:core/v1:ConfigMapPatch";
const CONTROLLER = "edge-controller-config";

const nginx = (from: string, to: string) => replaceInData("kubernetes:core/v1:ConfigMap", NGINX, "nginx.conf", from, to);
const controller = (key: string, from: string, to: string) => replaceInData(PATCH, CONTROLLER, key, from, to);
/** Sets an annotation of the limit; undefined: takes it away. */
const limit = (key: string, value: string | undefined): Transform =>
  edit(INGRESS, ({ metadata }) => (metadata.annotations[`nginx.org/limit-req-${key}`] = value), API);
/** Changes WAF's rate limit. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any of a rule's fields
const waf = (change: (rule: any) => void) => edit(ACL, ({ rules }) => change(rules[0]));

/** Defects of runbook §4: the rate limit at every edge, the client's address, and the log of refusals. */
export const EDGE_MUTATIONS: readonly Mutation[] = [
  {
    defect: "a client may ask twice as often, at every edge",
    settings: (settings) => (settings.edge.rateLimit.requestsPerMinute = 200),
    caughtBy: ["ingress-enforce-limit"],
    says: [`${API}: metadata.annotations["nginx.org/limit-req-rate"] is 200r/m. Set it to 100r/m or less.`],
  },
  {
    defect: "a burst is larger, at every edge",
    settings: (settings) => (settings.edge.rateLimit.burst = 50),
    caughtBy: ["ingress-enforce-limit"],
    says: [`${API}: metadata.annotations["nginx.org/limit-req-burst"] is 50. Set it to 20 or less.`],
  },
  {
    defect: "the Ingress has no limit",
    transform: limit("rate", undefined),
    caughtBy: ["ingress-enforce-limit", "nginx-enforce-limit"],
    says: [`${API}: metadata.annotations["nginx.org/limit-req-rate"] is absent.`],
  },
  {
    defect: "a burst queues",
    transform: limit("no-delay", undefined),
    caughtBy: ["ingress-enforce-limit"],
    says: [`${API}: metadata.annotations["nginx.org/limit-req-no-delay"] is absent. Set it to "true"`],
  },
  {
    defect: "the Ingress refuses with 503",
    transform: limit("reject-code", "503"),
    caughtBy: ["ingress-enforce-limit"],
    says: [`${API}: metadata.annotations["nginx.org/limit-req-reject-code"] is 503. Set it to 429.`],
  },
  {
    defect: "the Ingress counts by what clients say of themselves",
    transform: limit("key", "${http_x_forwarded_for}"),
    caughtBy: ["ingress-enforce-limit"],
    says: [`${API}: metadata.annotations["nginx.org/limit-req-key"] is $`, "Set it to the client's address."],
  },
  {
    defect: "the uptime checks are limited",
    transform: edit(INGRESS, ({ metadata }) => (metadata.annotations["nginx.org/limit-req-rate"] = "100r/m"), EXEMPT),
    caughtBy: ["health-disallow-limit", "nginx-enforce-limit"],
    says: [`${EXEMPT}: metadata.annotations is ["nginx.org/limit-req-rate"]. Remove them from /health.`],
  },
  {
    defect: "/health has no Ingress of its own",
    transform: remove(INGRESS, EXEMPT),
    caughtBy: ["health-disallow-limit"],
    says: ["/health (Exact) is absent. Add one without a limit."],
  },
  {
    defect: "the external nginx limits /health",
    transform: nginx("location = /health {", "location = /health {\n      limit_req zone=api_per_client burst=20 nodelay;"),
    caughtBy: ["health-disallow-limit"],
    says: [`${NGINX}: data["nginx.conf"] location = /health of api.`, "is limited."],
  },
  {
    defect: "the external nginx grants more than the Ingress",
    transform: nginx("rate=100r/m", "rate=10r/s"),
    caughtBy: ["nginx-enforce-limit"],
    says: ["location / of api.", "rate is 10r/s. Set it to the Ingresses' 100r/m, or a share of it."],
  },
  {
    defect: "the external nginx has another burst",
    transform: nginx("burst=20", "burst=40"),
    caughtBy: ["nginx-enforce-limit"],
    says: ["location /socket.io/ of api.", "burst is 40. Set it to the Ingresses' 20."],
  },
  {
    defect: "the external nginx lets bursts wait",
    transform: nginx(" nodelay", ""),
    caughtBy: ["nginx-enforce-limit"],
    says: ['limit_req is "zone=api_per_client burst=20". Add nodelay.'],
  },
  {
    defect: "the external nginx refuses with nginx's own status",
    transform: nginx("limit_req_status 429;", ""),
    caughtBy: ["nginx-enforce-limit"],
    says: ['data["nginx.conf"] limit_req_status is absent. Set it to 429.'],
  },
  {
    defect: "a location of the external nginx is not limited",
    transform: nginx("location /socket.io/ {\n      limit_req zone=api_per_client burst=20 nodelay;", "location /socket.io/ {"),
    caughtBy: ["nginx-enforce-limit"],
    says: ["location /socket.io/ of api.", "limit_req is absent. Limit it."],
  },
  {
    defect: "the external nginx counts the load balancer as one client",
    transform: nginx("limit_req_zone $client", "limit_req_zone $realip_remote_addr"),
    caughtBy: ["nginx-enforce-limit"],
    says: ["key is $realip_remote_addr. Count by the client's address"],
  },
  {
    defect: "WAF has another limit than the Ingress",
    transform: waf((rule) => (rule.statement.rateBasedStatement.limit = 1000)),
    caughtBy: ["waf-enforce-limit"],
    says: ['edge-web-acl: rules[0].statement.rateBasedStatement.limit is "1000 a minute". Set it to 100, as the Ingresses.'],
  },
  {
    defect: "WAF counts in a window of AWS's choice",
    transform: waf((rule) => delete rule.statement.rateBasedStatement.evaluationWindowSec),
    caughtBy: ["waf-enforce-limit"],
    says: ['limit is "20 a minute".'],
  },
  {
    defect: "WAF refuses with 403",
    transform: waf((rule) => (rule.action = { block: {} })),
    caughtBy: ["waf-enforce-limit"],
    says: ["edge-web-acl: rules[0].action.block.customResponse.responseCode is absent. Set it to 429."],
  },
  {
    defect: "WAF counts only",
    transform: waf((rule) => (rule.action = { count: {} })),
    caughtBy: ["waf-enforce-limit"],
    says: ["edge-web-acl: rules[0].action.block.customResponse.responseCode is absent."],
  },
  {
    defect: "WAF limits the uptime checks",
    transform: waf((rule) => delete rule.statement.rateBasedStatement.scopeDownStatement),
    caughtBy: ["waf-enforce-limit"],
    says: ["scopeDownStatement is absent. Exempt /health, to the letter."],
  },
  {
    defect: "WAF has no rate limit",
    transform: edit(ACL, (inputs) => (inputs.rules as unknown[]).shift()),
    caughtBy: ["waf-enforce-limit"],
    says: ["edge-web-acl: rules[].statement.rateBasedStatement is absent. Add the rate limit."],
  },
  {
    defect: "the controller believes anybody's X-Forwarded-For",
    transform: edit(PATCH, ({ data }) => (data["set-real-ip-from"] = "10.20.0.0/20,0.0.0.0/0"), CONTROLLER),
    caughtBy: ["address-enforce-client"],
    says: [`${CONTROLLER}: data["set-real-ip-from"] is 0.0.0.0/0. Name the proxies' own block`],
  },
  {
    defect: "the controller takes the load balancer for the client",
    transform: edit(PATCH, ({ data }) => delete data["set-real-ip-from"], CONTROLLER),
    caughtBy: ["address-enforce-client"],
    says: [`${CONTROLLER}: data["set-real-ip-from"] is absent. Name the proxies before it.`],
  },
  {
    defect: "the controller reads the address that a client wrote",
    transform: edit(PATCH, ({ data }) => (data["real-ip-recursive"] = "False"), CONTROLLER),
    caughtBy: ["address-enforce-client"],
    says: [`${CONTROLLER}: data["real-ip-recursive"] is False. Turn it on`],
  },
  {
    defect: "the external nginx believes half of the internet",
    transform: nginx("real_ip_recursive on;", "real_ip_recursive on;\n  set_real_ip_from 0.0.0.0/1;"),
    caughtBy: ["address-enforce-client"],
    says: [`${NGINX}: data["nginx.conf"] set_real_ip_from is 0.0.0.0/1.`],
  },
  {
    defect: "the external nginx takes the address from another header",
    transform: nginx("real_ip_header X-Forwarded-For", "real_ip_header X-Client-IP"),
    caughtBy: ["address-enforce-client"],
    says: [`${NGINX}: data["nginx.conf"] real_ip_header is X-Client-IP. Set it to X-Forwarded-For.`],
  },
  {
    defect: "the external nginx does not tell the application who the client is",
    transform: nginx("proxy_set_header X-Real-IP $remote_addr;", ""),
    caughtBy: ["address-enforce-client"],
    says: [`${NGINX}: data["nginx.conf"] proxy_set_header x-real-ip of api.`, "is absent. Set it to $remote_addr."],
  },
  {
    defect: "the external nginx writes no refusals",
    transform: nginx("access_log logs/blocked.log json buffer=64k flush=1s if=$log_refused;", ""),
    caughtBy: ["log-enable-refusals"],
    says: [`${NGINX}: data["nginx.conf"] access_log is`, "Write refused requests to a log."],
  },
  {
    defect: "the controller's log is off",
    transform: controller("server-snippets", "access_log /dev/stdout main if=$maestroverse_logged;", "access_log off;"),
    caughtBy: ["log-enable-refusals"],
    says: [`${CONTROLLER}: data access_log is ["off"]. Write refused requests to a log.`],
  },
  {
    defect: "the external nginx does not say who was refused",
    transform: nginx('"client":{"ip":"$remote_addr"}', '"client":{}'),
    caughtBy: ["log-enable-refusals"],
    says: [`${NGINX}: data["nginx.conf"] log format is`, "Add $remote_addr."],
  },
];
