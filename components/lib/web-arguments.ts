/** What the web service accepts (runbook §1). */
import type { WebServiceArgs } from "../web-service";
import { APP_STATEMENT_TIMEOUT_MILLISECONDS } from "./database-limits";

const HOST = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const ORIGIN = /^https:\/\/[a-z0-9.-]+(:\d+)?$/;
/** A repository with a git SHA as tag, a digest, or both. */
const IMAGE = /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+(?=[:@])(:[0-9a-f]{7,40})?(@sha256:[0-9a-f]{64})?$/;

/** Lowest port that a process without privileges may listen on. */
const LEAST_PORT = 1024;
/** Seconds after the last request in which the server closes its sockets and its connections to the database, and exits. */
const EXIT_SECONDS = 5;
/** Seconds that a request may take at most: the server cancels its statement then. */
const REQUEST_SECONDS = APP_STATEMENT_TIMEOUT_MILLISECONDS / 1000;

/** Seconds from the termination signal within which every request under way ends: a kill before that would cut one off. */
function leastGraceSeconds(drainSeconds: number): number {
  return drainSeconds + REQUEST_SECONDS + EXIT_SECONDS;
}

/** The arguments that are known before any resource exists. */
export type PlainWebServiceArgs = Omit<
  WebServiceArgs,
  "ingress" | "tokenSeconds" | "appSecret" | "databaseSecret" | "migratorSecret" | "namespace" | "migrationsNamespace" | "labels"
> & { readonly ingress: Pick<WebServiceArgs["ingress"], "ingressClass" | "controllerNamespace" | "tlsSecretName"> };

/** Problems of the arguments, one line each; empty when there is none. */
export function validateWebService(args: PlainWebServiceArgs): string[] {
  const problems: string[] = [];
  const must = (holds: boolean, argument: string, rule: string, got: unknown, fix: string) => {
    if (!holds) problems.push(`${argument} must be ${rule}, got ${JSON.stringify(got)}. ${fix}`);
  };
  const whole = (value: number, least: number, most: number) => Number.isInteger(value) && value >= least && value <= most;
  const { replicas, drainSeconds, terminationGraceSeconds, database } = args;

  must(
    IMAGE.test(args.image),
    "image",
    "a repository with a git SHA as tag or a digest",
    args.image,
    "Name what was built, not what moves.",
  );
  must(HOST.test(args.apiHost), "apiHost", "a DNS host name in lower case", args.apiHost, "Give the API's public host.");
  must(
    args.corsOrigins.length > 0 && args.corsOrigins.every((origin) => ORIGIN.test(origin)),
    "corsOrigins",
    "one or more https origins without path or wildcard",
    args.corsOrigins,
    "Name each host that browsers load the application from.",
  );
  must(
    whole(args.containerPort, LEAST_PORT, 65_535),
    "containerPort",
    `${LEAST_PORT} to 65535`,
    args.containerPort,
    "The server has no privilege.",
  );

  const least = args.allowSingleReplica ? 1 : 2;
  must(
    whole(replicas.minimum, least, 1000),
    "replicas.minimum",
    `${least} or more`,
    replicas.minimum,
    "Raise it, or set allowSingleReplica: true and live with the gaps.",
  );
  must(
    whole(replicas.maximum, 1, 1000) && replicas.maximum >= replicas.minimum,
    "replicas.maximum",
    `at least replicas.minimum (${replicas.minimum})`,
    replicas.maximum,
    "Raise it.",
  );
  for (const [request, limit] of [
    ["cpuRequestMillicores", "cpuLimitMillicores"],
    ["memoryRequestMebibytes", "memoryLimitMebibytes"],
  ] as const) {
    must(whole(args[request], 1, Number.MAX_SAFE_INTEGER), request, "a whole number from 1", args[request], "Say what a pod needs.");
    must(
      whole(args[limit], 1, Number.MAX_SAFE_INTEGER) && args[limit] >= args[request],
      limit,
      `at least ${request} (${args[request]})`,
      args[limit],
      "Raise it.",
    );
  }
  for (const target of ["cpuTargetPercent", "memoryTargetPercent"] as const)
    must(whole(args[target], 1, 100), target, "1 to 100 (percent)", args[target], "The runbook has 80 for CPU and 75 for memory.");

  must(
    whole(args.minReadySeconds, 1, 600),
    "minReadySeconds",
    "1 to 600",
    args.minReadySeconds,
    "A pod that is ready for a moment replaces none: 10 is two readiness probes.",
  );
  must(whole(drainSeconds, 1, 600), "drainSeconds", "1 to 600", drainSeconds, "Endpoints forget a pod within some seconds.");
  must(
    Number.isInteger(terminationGraceSeconds) && terminationGraceSeconds >= leastGraceSeconds(drainSeconds),
    "terminationGraceSeconds",
    `at least drainSeconds + ${REQUEST_SECONDS} for the longest request + ${EXIT_SECONDS} to exit (${leastGraceSeconds(drainSeconds)})`,
    terminationGraceSeconds,
    "Raise it: a request under way would be cut off.",
  );
  must(
    whole(args.migrationDeadlineSeconds, 30, 86_400),
    "migrationDeadlineSeconds",
    "30 to 86400",
    args.migrationDeadlineSeconds,
    "Give the longest migration time.",
  );

  for (const key of ["ingressClass", "controllerNamespace", "tlsSecretName"] as const)
    must(DNS_LABEL.test(args.ingress[key]), `ingress.${key}`, "a DNS label", args.ingress[key], "Give the name as it is in the cluster.");
  must(whole(database.port, 1, 65_535), "database.port", "1 to 65535", database.port, "PostgreSQL's own is 5432.");
  must(database.cidrs.length > 0, "database.cidrs", "one or more address blocks", database.cidrs, "Pods would reach no database.");
  return problems;
}
