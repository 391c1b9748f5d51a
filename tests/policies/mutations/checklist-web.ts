import { edit, type Mutation, remove, replaceInData } from "../mutation";

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const SERVER = "maestroverse-server-deployment";
const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
const ENVIRONMENT = "maestroverse-server-environment";
const NGINX = "edge-nginx-config";
const PATCH = "kubernetes:core/v1:ConfigMapPatch";
const CONTROLLER = "edge-controller-config";

/** Sets a variable of the server. */
const variable = (name: string, value: string) => edit(CONFIG_MAP, ({ data }) => (data[name] = value), ENVIRONMENT);
/** Changes the server's container. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any of a container's fields
const container = (change: (container: any) => void) => edit(DEPLOYMENT, ({ spec }) => change(spec.template.spec.containers[0]), SERVER);
const nginx = (from: string, to: string) => replaceInData(CONFIG_MAP, NGINX, "nginx.conf", from, to);
const controller = (key: string, from: string, to: string) => replaceInData(PATCH, CONTROLLER, key, from, to);

/** Defects of runbook §1: the image, its environment, its probes, and the headers. */
export const WEB_MUTATIONS: readonly Mutation[] = [
  {
    defect: "the server's image has no registry",
    transform: container((server) => (server.image = "maestroverse/server:4f2a91c")),
    caughtBy: ["image-enforce-source", "job-enforce-migration"],
    says: [
      `${SERVER}: spec.template.spec.containers[0].image is maestroverse/server:4f2a91c. Name it <registry>/maestroverse/<name>:<git SHA>`,
    ],
  },
  {
    defect: "the server's image is named by a release",
    transform: container((server) => (server.image = "registry.example.com/maestroverse/server:v1.4.2")),
    caughtBy: ["image-enforce-source", "job-enforce-migration"],
    says: ["image is registry.example.com/maestroverse/server:v1.4.2"],
  },
  {
    defect: "nothing serves",
    transform: edit(
      DEPLOYMENT,
      ({ spec }) => (spec.template.spec.containers[0].image = "registry.example.com/maestroverse/other:4f2a91c"),
      SERVER,
    ),
    caughtBy: ["image-enforce-source"],
    says: ["stack: containers of maestroverse/server that serve is absent. Deploy the server."],
  },
  {
    defect: "the server runs in development mode",
    transform: variable("NODE_ENV", "development"),
    caughtBy: ["environment-enforce-production"],
    says: [`${SERVER}: ConfigMap maestroverse-server-`, 'data.NODE_ENV is development. Set NODE_ENV to "production".'],
  },
  {
    defect: "the migrations' NODE_ENV is not set",
    transform: edit("kubernetes:batch/v1:Job", ({ spec }) => {
      const [migrate] = spec.template.spec.containers;
      migrate.env = migrate.env.filter(({ name }: { name: string }) => name !== "NODE_ENV");
    }),
    caughtBy: ["environment-enforce-production"],
    says: ["maestroverse-server-migrate: spec.template.spec.containers[0].env (NODE_ENV) is absent."],
  },
  {
    defect: "any origin may call the API",
    transform: variable("CORS_ORIGINS", "*"),
    caughtBy: ["environment-enforce-origins"],
    says: ["data.CORS_ORIGINS is *. Name it https://host"],
  },
  {
    defect: "an origin without TLS may call the API",
    transform: variable("CORS_ORIGINS", "https://app.maestroverse.edu,http://admin.maestroverse.edu"),
    caughtBy: ["environment-enforce-origins"],
    says: ["data.CORS_ORIGINS is http://admin.maestroverse.edu."],
  },
  {
    defect: "no origin is named",
    transform: edit(CONFIG_MAP, ({ data }) => delete data.CORS_ORIGINS, ENVIRONMENT),
    caughtBy: ["environment-enforce-origins"],
    says: [`${SERVER}: spec.template.spec.containers[0].env (CORS_ORIGINS) is absent. Name the origins`],
  },
  {
    defect: "logs are in the format for developers",
    transform: variable("LOG_FORMAT", "dev"),
    caughtBy: ["environment-enforce-combined"],
    says: ['data.LOG_FORMAT is dev. Set LOG_FORMAT to "combined".'],
  },
  {
    defect: "the log level is debug",
    transform: variable("LOG_LEVEL", "debug"),
    caughtBy: ["environment-enforce-combined"],
    says: ["data.LOG_LEVEL is debug. Remove LOG_LEVEL"],
  },
  {
    defect: "libraries are asked to debug, past the ConfigMap",
    transform: container((server) => (server.env = [{ name: "DEBUG", value: "express:*" }])),
    caughtBy: ["environment-enforce-combined"],
    says: ["containers[0].env[0] (DEBUG) is express:*. Remove DEBUG"],
  },
  {
    defect: "Node.js waits for a debugger",
    transform: variable("NODE_OPTIONS", "--inspect=0.0.0.0:9229"),
    caughtBy: ["environment-enforce-combined"],
    says: ["data.NODE_OPTIONS is --inspect=0.0.0.0:9229."],
  },
  {
    defect: "a probe takes the redirect for health",
    transform: container((server) => delete server.readinessProbe.httpGet.httpHeaders),
    caughtBy: ["probe-enforce-https"],
    says: ['containers[0].readinessProbe.httpGet.httpHeaders[X-Forwarded-Proto] is absent. Set it to "https"'],
  },
  {
    defect: "a probe asks another path",
    transform: container((server) => (server.readinessProbe.httpGet.path = "/")),
    caughtBy: ["probe-enforce-https"],
    says: ["containers[0].readinessProbe.httpGet.path is /. Ask /health."],
  },
  {
    defect: "the liveness probe takes a redirect for health",
    transform: container((server) => (server.livenessProbe = { httpGet: { path: "/health", port: "http" }, periodSeconds: 5 })),
    caughtBy: ["probe-enforce-https"],
    says: ["containers[0].livenessProbe.httpGet.httpHeaders[X-Forwarded-Proto] is absent."],
  },
  {
    defect: "a stage of the HSTS ramp goes on for ever",
    now: new Date("2027-01-05T12:00:00Z"),
    caughtBy: ["header-enforce-hsts"],
    says: ["add_header Strict-Transport-Security of api.", "since 2026-11-25", "a shorter stage lasts 30 days at most."],
  },
  {
    defect: "nothing says when the stage of the HSTS ramp began",
    transform: edit(CONFIG_MAP, ({ metadata }) => delete metadata.annotations, NGINX),
    caughtBy: ["header-enforce-hsts"],
    says: ["max-age=300; includeSubDomains since a day that nothing names"],
  },
  {
    defect: "the controller sends no HSTS",
    transform: controller("server-snippets", "Strict-Transport-Security", "X-Nothing"),
    caughtBy: ["header-enforce-hsts"],
    says: [`${CONTROLLER}: data["server-snippets"] add_header Strict-Transport-Security of api.`, "is absent."],
  },
  {
    defect: "HSTS is for another host",
    stacks: ["prod"],
    transform: controller("http-snippets", "https://api.maestroverse.edu", "https://www.maestroverse.edu"),
    caughtBy: ["header-enforce-hsts"],
    says: [`${CONTROLLER}: data["server-snippets"] add_header Strict-Transport-Security of api.maestroverse.edu is`],
  },
  {
    defect: "the external nginx takes HSTS back",
    transform: nginx("max-age=300", "max-age=0"),
    caughtBy: ["header-enforce-hsts"],
    says: [`${NGINX}: data["nginx.conf"] add_header Strict-Transport-Security of api.`],
  },
  {
    defect: "the policy of the external nginx allows inline scripts",
    transform: nginx("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';"),
    caughtBy: ["header-enforce-csp"],
    says: ["(sources)", "Remove 'unsafe-inline'."],
  },
  {
    defect: "the controller's policy lets pages frame the API",
    transform: controller("http-snippets", "; frame-ancestors 'none'", ""),
    caughtBy: ["header-enforce-csp"],
    says: ["(frame-ancestors)", "Set frame-ancestors to 'none' or 'self'."],
  },
  {
    defect: "the controller's policy is open by default",
    transform: controller("http-snippets", "default-src 'none'", "default-src https:"),
    caughtBy: ["header-enforce-csp"],
    says: ["(default-src)", "Set default-src to 'none' or 'self'."],
  },
  {
    defect: "the policy does not let the websocket through",
    transform: nginx(" wss://", " ws://"),
    caughtBy: ["header-enforce-csp"],
    says: ["(connect-src)", "Add wss://api."],
  },
  {
    defect: "the external nginx sends addresses to other sites",
    transform: nginx('"no-referrer"', '"unsafe-url"'),
    caughtBy: ["header-enforce-presence"],
    says: ["add_header referrer-policy of api.", "is unsafe-url. Send no-referrer or"],
  },
  {
    defect: "the controller sends no X-Content-Type-Options",
    transform: controller("server-snippets", 'add_header X-Content-Type-Options "$maestroverse_x_content_type_options" always;\n', ""),
    caughtBy: ["header-enforce-presence"],
    says: [`${CONTROLLER}: data["server-snippets"] add_header x-content-type-options of api.`, "is absent. Send nosniff."],
  },
  {
    defect: "X-Frame-Options is not on errors",
    transform: nginx('X-Frame-Options "DENY" always', 'X-Frame-Options "DENY"'),
    caughtBy: ["header-enforce-presence"],
    says: ["add_header x-frame-options of api.", 'is "without always". Add always'],
  },
  {
    defect: "a header is sent twice",
    transform: controller(
      "server-snippets",
      "add_header Retry-After",
      "add_header Referrer-Policy no-referrer always;\nadd_header Retry-After",
    ),
    caughtBy: ["header-enforce-presence"],
    says: ["add_header referrer-policy of api.", 'is "2 times". Send it once.'],
  },
  {
    defect: "a location has a header of its own",
    transform: nginx("location /socket.io/ {", "location /socket.io/ {\n      add_header X-Own yes;"),
    caughtBy: ["header-enforce-presence"],
    says: [`${NGINX}: data["nginx.conf"] location of api.`, 'is "add_header X-Own". Move it to the server'],
  },
  {
    defect: "the controller's configuration is gone",
    transform: remove(PATCH),
    caughtBy: [
      "address-enforce-client",
      "header-enforce-csp",
      "header-enforce-hsts",
      "header-enforce-presence",
      "ingress-enforce-limit",
      "log-enable-refusals",
    ],
    says: ["stack: UNDETERMINED: header-enforce-csp could not be evaluated: the stack has no kubernetes:core/v1:ConfigMapPatch to look at"],
  },
];
