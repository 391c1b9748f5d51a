import { type PlainWebServiceArgs, validateWebService } from "../../../components/lib/web-arguments";

const GOOD: PlainWebServiceArgs = {
  image: "registry.example.com/maestroverse/server:4f2a91c",
  apiHost: "api.maestroverse.edu",
  corsOrigins: ["https://app.maestroverse.edu", "https://admin.maestroverse.edu:8443"],
  containerPort: 3000,
  replicas: { minimum: 3, maximum: 10 },
  allowSingleReplica: false,
  cpuRequestMillicores: 250,
  cpuLimitMillicores: 1000,
  memoryRequestMebibytes: 512,
  memoryLimitMebibytes: 768,
  cpuTargetPercent: 80,
  memoryTargetPercent: 75,
  minReadySeconds: 10,
  drainSeconds: 10,
  terminationGraceSeconds: 45,
  migrationDeadlineSeconds: 900,
  ingress: { ingressClass: "nginx", controllerNamespace: "nginx-ingress", tlsSecretName: "maestroverse-api-tls" },
  database: { port: 5432, cidrs: ["10.20.30.0/24"] },
};

it("accepts the runbook's settings", () => {
  expect(validateWebService(GOOD)).toEqual([]);
});

it("reports every problem at once, with the value and what to do", () => {
  const bad: PlainWebServiceArgs = {
    image: "server:latest",
    apiHost: "API",
    corsOrigins: ["https://app.maestroverse.edu", "*"],
    containerPort: 80,
    replicas: { minimum: 1, maximum: 0 },
    allowSingleReplica: false,
    cpuRequestMillicores: 250,
    cpuLimitMillicores: 100,
    memoryRequestMebibytes: 0,
    memoryLimitMebibytes: -1,
    cpuTargetPercent: 101,
    memoryTargetPercent: 0,
    minReadySeconds: 0,
    drainSeconds: 0,
    terminationGraceSeconds: 30,
    migrationDeadlineSeconds: 5,
    ingress: { ingressClass: "a/b", controllerNamespace: "", tlsSecretName: "TLS" },
    database: { port: 0, cidrs: [] },
  };
  expect(validateWebService(bad)).toEqual([
    'image must be a repository with a git SHA as tag or a digest, got "server:latest". Name what was built, not what moves.',
    'apiHost must be a DNS host name in lower case, got "API". Give the API\'s public host.',
    'corsOrigins must be one or more https origins without path or wildcard, got ["https://app.maestroverse.edu","*"]. ' +
      "Name each host that browsers load the application from.",
    "containerPort must be 1024 to 65535, got 80. The server has no privilege.",
    "replicas.minimum must be 2 or more, got 1. Raise it, or set allowSingleReplica: true and live with the gaps.",
    "replicas.maximum must be at least replicas.minimum (1), got 0. Raise it.",
    "cpuLimitMillicores must be at least cpuRequestMillicores (250), got 100. Raise it.",
    "memoryRequestMebibytes must be a whole number from 1, got 0. Say what a pod needs.",
    "memoryLimitMebibytes must be at least memoryRequestMebibytes (0), got -1. Raise it.",
    "cpuTargetPercent must be 1 to 100 (percent), got 101. The runbook has 80 for CPU and 75 for memory.",
    "memoryTargetPercent must be 1 to 100 (percent), got 0. The runbook has 80 for CPU and 75 for memory.",
    "minReadySeconds must be 1 to 600, got 0. A pod that is ready for a moment replaces none: 10 is two readiness probes.",
    "drainSeconds must be 1 to 600, got 0. Endpoints forget a pod within some seconds.",
    "terminationGraceSeconds must be at least drainSeconds + 30 for the longest request + 5 to exit (35), got 30. " +
      "Raise it: a request under way would be cut off.",
    "migrationDeadlineSeconds must be 30 to 86400, got 5. Give the longest migration time.",
    'ingress.ingressClass must be a DNS label, got "a/b". Give the name as it is in the cluster.',
    'ingress.controllerNamespace must be a DNS label, got "". Give the name as it is in the cluster.',
    'ingress.tlsSecretName must be a DNS label, got "TLS". Give the name as it is in the cluster.',
    "database.port must be 1 to 65535, got 0. PostgreSQL's own is 5432.",
    "database.cidrs must be one or more address blocks, got []. Pods would reach no database.",
  ]);
});

it.each([
  ["a git SHA as tag", ":4f2a91c", true],
  ["a digest", `@sha256:${"0".repeat(64)}`, true],
  ["both", `:4f2a91c@sha256:${"0".repeat(64)}`, true],
  ["neither", "", false],
  ["a tag that moves", ":v1.2.3", false],
  ["half a digest", "@sha256:0123", false],
])("takes an image with %s: %s", (_, name, accepted) => {
  const problems = validateWebService({ ...GOOD, image: `registry.example.com:5000/maestroverse/server${name}` });
  expect(problems).toHaveLength(accepted ? 0 : 1);
});

it("accepts a single replica that is asked for by name", () => {
  expect(validateWebService({ ...GOOD, replicas: { minimum: 1, maximum: 1 }, allowSingleReplica: true })).toEqual([]);
});
