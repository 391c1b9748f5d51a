/** Rules beyond a single value: the components' own, asked with the arguments that program.ts gives them, and those between sections. */
import { validateAppSecrets } from "../components/app-secrets";
import { validateBackups } from "../components/backups";
import { validateDatabaseRoles } from "../components/database-roles";
import { validateEdge } from "../components/edge";
import { capacityProblem } from "../components/lib/database-limits";
import { imageReference } from "../components/lib/image";
import { CLOCK_SKEW_SECONDS, leastOverlapSeconds, rolloutSeconds } from "../components/lib/rollout";
import { validateHardenedNamespace } from "../components/namespace";
import { validateObservability } from "../components/observability";
import { validateWebService } from "../components/web-service";
import { observabilityArgs } from "./observability-args";
import type { Settings } from "./schema";
import { databaseArgs, rolloutPace } from "./database-args";

/** What a rule finds: the setting, and what is wrong with it: `must be …, got …. Do this.` */
export interface Finding {
  readonly path: string;
  readonly statement: string;
}

/** Something that finds what is wrong with settings whose values are each in order. */
export type Rule = (settings: Settings, today: string) => Finding[];

/**
 * A component's validation.
 *
 * @param section where its arguments' settings are
 * @param elsewhere settings of the arguments that are not there
 */
function component(
  section: string,
  elsewhere: Readonly<Record<string, string>>,
  validate: (settings: Settings, today: string) => readonly string[],
): Rule {
  return (settings, today) =>
    validate(settings, today).map((problem) => {
      const argument = problem.slice(0, problem.indexOf(" "));
      const moved = Object.entries(elsewhere).find(
        ([prefix]) => argument === prefix || (/^[.[]/.test(argument.slice(prefix.length)) && argument.startsWith(prefix)),
      );
      const path = moved === undefined ? `${section}.${argument}` : moved[1] + argument.slice(moved[0].length);
      return { path, statement: problem.slice(argument.length + 1) };
    });
}

const COMPONENTS: readonly Rule[] = [
  component("cluster", { namespaceName: "cluster.namespace" }, ({ cluster }) =>
    validateHardenedNamespace({ namespaceName: cluster.namespace }),
  ),
  component("cluster", { namespaceName: "cluster.migrationsNamespace" }, ({ cluster }) =>
    validateHardenedNamespace({ namespaceName: cluster.migrationsNamespace }),
  ),
  component(
    "web",
    {
      image: "image",
      apiHost: "hosts.api",
      corsOrigins: "corsOrigins",
      "ingress.ingressClass": "cluster.ingressController.ingressClass",
      "ingress.controllerNamespace": "cluster.ingressController.namespace",
      "ingress.tlsSecretName": "edge.tls.secretName",
      "database.cidrs": "cluster.databaseCidrs",
      database: "database",
    },
    ({ web, image, hosts, corsOrigins, cluster, edge, database }) =>
      validateWebService({
        ...web,
        image: imageReference(image),
        apiHost: hosts.api,
        corsOrigins,
        ingress: {
          ingressClass: cluster.ingressController.ingressClass,
          controllerNamespace: cluster.ingressController.namespace,
          tlsSecretName: edge.tls.secretName,
        },
        database: { port: database.port, cidrs: cluster.databaseCidrs },
      }),
  ),
  component(
    "database",
    {
      databaseName: "database.name",
      maximumPods: "web.replicas.maximum",
      minReadySeconds: "web.minReadySeconds",
      terminationGraceSeconds: "web.terminationGraceSeconds",
      generations: "database.roles",
      namespace: "cluster.namespace",
      migrationsNamespace: "cluster.migrationsNamespace",
    },
    ({ database, web, cluster }) =>
      validateDatabaseRoles({
        ...databaseArgs({ database, web }),
        namespace: { namespaceName: cluster.namespace },
        migrationsNamespace: { namespaceName: cluster.migrationsNamespace },
      }),
  ),
  component("secrets", { accountId: "aws.accountId" }, ({ secrets, aws }) => validateAppSecrets({ ...secrets, accountId: aws.accountId })),
  component("edge", { apiHost: "hosts.api", ingressController: "cluster.ingressController" }, ({ edge, hosts, cluster }) =>
    validateEdge({ ...edge, apiHost: hosts.api, ingressController: cluster.ingressController }),
  ),
  component("backups", { region: "aws.region", secondRegion: "aws.secondRegion", s3Endpoint: "aws.endpoint" }, ({ backups, aws }) =>
    validateBackups({ ...backups, ...aws, s3Endpoint: aws.endpoint }),
  ),
  component(
    "observability",
    {
      onCall: "onCall",
      apiHost: "hosts.api",
      usableConnections: "database.maxConnections",
      backupMaximumAgeHours: "backups.maximumAgeHours",
      requestsPerMinute: "edge.rateLimit.requestsPerMinute",
      secretMaximumAgeDays: "secrets.rotateEveryDays",
    },
    (settings, today) => validateObservability(observabilityArgs(settings), new Date(today)),
  ),
];

/** What only the rehearsal may: its servers are on the loopback, without certificates. */
const outsideTheRehearsal: Rule = ({ environment, database, aws, observability, cluster }) => {
  if (environment === "rehearsal") return [];
  const found = new Findings();
  found.unless(database.sslMode === "verify-full", "database.sslMode", "verify-full outside the rehearsal", database.sslMode);
  found.unless(aws.endpoint === undefined, "aws.endpoint", "absent outside the rehearsal", aws.endpoint);
  for (const key of ["datadogApiUrl", "datadogAppUrl"] as const)
    found.unless(/^https:/.test(observability[key]), `observability.${key}`, "an https URL outside the rehearsal", observability[key]);
  for (const [index, block] of cluster.databaseCidrs.entries())
    found.unless(
      !/^127\.|^::1\//.test(block),
      `cluster.databaseCidrs[${index}]`,
      "no loopback address outside the rehearsal: it is the pod itself",
      block,
    );
  return found.all;
};

/** The pools of all pods and everything else must fit into what the server has. */
const connections: Rule = ({ database, web }) => {
  const found = new Findings();
  const problem = capacityProblem(databaseArgs({ database, web }), database);
  const others =
    "web.replicas.maximum, web.minReadySeconds, web.terminationGraceSeconds, database.maxConnections and database.reservedConnections decide too";
  found.unless(problem === undefined, "database.poolSizePerPod", `${problem} (${others})`, database.poolSizePerPod);
  return found.all;
};

/** A rotation that has not happened yet would never be overdue. */
const rotationsAreHistory: Rule = ({ database, secrets }, today) => {
  const found = new Findings();
  for (const [section, generations] of [
    ["database.roles", database.roles],
    ["secrets.generations", secrets.generations],
  ] as const)
    for (const [name, { rotatedOn }] of Object.entries(generations))
      found.unless(rotatedOn <= today, `${section}.${name}.rotatedOn`, `today (${today}, UTC) or earlier`, rotatedOn);
  return found.all;
};

/** Whoever signed in with the old value at the last old pod stays signed in for the token's whole life. */
const overlapIsLongEnough: Rule = ({ secrets, web }) => {
  const found = new Findings();
  const longest = Math.max(secrets.tokenSeconds.access, secrets.tokenSeconds.session);
  const pace = rolloutPace(web);
  const least = leastOverlapSeconds(longest, pace);
  found.unless(
    secrets.overlapSeconds >= least,
    "secrets.overlapSeconds",
    `at least ${least}: ${longest} for the longest token (secrets.tokenSeconds), ${rolloutSeconds(pace)} for a rollout (web.replicas.maximum, web.minReadySeconds, web.terminationGraceSeconds) and ${CLOCK_SKEW_SECONDS} for clocks that differ`,
    secrets.overlapSeconds,
  );
  return found.all;
};

/** The way back needs it, and nothing else has it. */
const previousDaysBelongToOverlaps: Rule = ({ secrets }) => {
  const found = new Findings();
  for (const [name, { overlap, previousRotatedOn, rotatedOn }] of Object.entries(secrets.generations))
    found.unless(
      previousRotatedOn === undefined || (overlap === true && previousRotatedOn <= rotatedOn),
      `secrets.generations.${name}.previousRotatedOn`,
      overlap === true ? `rotatedOn (${rotatedOn}) or earlier` : "absent unless overlap is true",
      previousRotatedOn,
    );
  return found.all;
};

/** Every rule, in the order in which its findings are told. */
export const RULES: readonly Rule[] = [
  ...COMPONENTS,
  outsideTheRehearsal,
  connections,
  rotationsAreHistory,
  overlapIsLongEnough,
  previousDaysBelongToOverlaps,
];

/** Collects findings in the words of the schema. */
class Findings {
  readonly all: Finding[] = [];

  unless(holds: boolean, path: string, rule: string, got: unknown): void {
    if (!holds) this.all.push({ path, statement: `must be ${rule}, got ${JSON.stringify(got)}.` });
  }
}
