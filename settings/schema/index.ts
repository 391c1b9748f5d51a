/** The schema of a stack's settings, in the order of the stack files. */
import { z } from "zod";
import { connectionLimits } from "../../components/lib/database-limits";
import { aws } from "./aws";
import { backups } from "./backups";
import { cluster } from "./cluster";
import { database } from "./database";
import { edge } from "./edge";
import { observability } from "./observability";
import { onCall } from "./on-call";
import { SECRET_NAMES, secrets } from "./secrets";
import { hostname, image, matching, unique } from "./values";
import { web } from "./web";

export { SECRET_NAMES };

/** The stacks that this program knows. */
export const ENVIRONMENTS = ["prod", "staging", "rehearsal"] as const;

export const schema = z
  .strictObject({
    environment: z.enum(ENVIRONMENTS, "prod, staging or rehearsal"),
    image,
    hosts: z.strictObject({
      /** The API's public host. */
      api: hostname(),
    }),
    /** Origins that a browser may call the API from. */
    corsOrigins: unique(matching(/^https:\/\/[a-z0-9.-]+(:\d+)?$/, "https://host without path or wildcard"), 1, 20, "origins"),
    cluster,
    web,
    database,
    secrets,
    edge,
    backups,
    aws,
    observability,
    onCall,
  })
  .superRefine((value, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: path.split("."), message, input: undefined });
    const rehearsal = value.environment === "rehearsal";
    if (value.web.replicas.minimum === 1 && !value.web.allowSingleReplica)
      problem("web.replicas.minimum", "2 to 50. Raise it, or set web.allowSingleReplica: true");
    if (value.web.cpuLimitMillicores < value.web.cpuRequestMillicores)
      problem("web.cpuLimitMillicores", "at least web.cpuRequestMillicores");
    if (value.web.memoryLimitMebibytes < value.web.memoryRequestMebibytes)
      problem("web.memoryLimitMebibytes", "at least web.memoryRequestMebibytes");
    if (value.web.terminationGraceSeconds < value.web.drainSeconds + 5)
      problem("web.terminationGraceSeconds", "at least web.drainSeconds + 5, so that requests under way can end");
    if (value.cluster.namespace === value.cluster.migrationsNamespace)
      problem(
        "cluster.migrationsNamespace",
        "another namespace than cluster.namespace: pods of one namespace can mount each other's Secrets",
      );
    if (!rehearsal && value.database.sslMode !== "verify-full") problem("database.sslMode", "verify-full outside the rehearsal");
    if (!rehearsal && value.aws.endpoint !== undefined) problem("aws.endpoint", "absent outside the rehearsal");
    if (!rehearsal && !value.observability.datadogApiUrl.startsWith("https://"))
      problem("observability.datadogApiUrl", "an https URL outside the rehearsal");
    const { poolSizePerPod, maxConnections, reservedConnections } = value.database;
    const limits = connectionLimits({ poolSizePerPod, maximumPods: value.web.replicas.maximum });
    const needed = Object.values(limits).reduce((sum, limit) => sum + limit, 0);
    const available = maxConnections - reservedConnections;
    if (needed > available)
      problem(
        "database.poolSizePerPod",
        `small enough: ${value.web.replicas.maximum} pods and one surge pod × pool + migration + backup need ${needed} connections, ${available} are available`,
      );
  });

/** A stack's validated settings. */
export type Settings = z.output<typeof schema>;

/** The top-level keys of a stack's settings, in the order of the stack files. */
export const SETTING_KEYS = Object.keys(schema.shape) as (keyof Settings)[];
