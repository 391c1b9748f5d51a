/**
 * A stack's settings: their schema, their validation and the only place that reads `pulumi.Config` and `process.env`.
 *
 * Everything is validated before the first resource exists, and all problems are reported at once ({@link SettingsError}).
 */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { connectionLimits } from "./components/lib/database-limits";
import { describeProblems, SettingsError } from "./components/lib/settings-error";

export { SettingsError };

/** Names of the application's secrets that rotate. @see runbook §3 */
export const SECRET_NAMES = ["MAESTROVERSE_PEPPER", "JWT_SECRET", "SESSION_SECRET", "CSRF_SECRET"] as const;

/** The stacks that this program knows. */
export const ENVIRONMENTS = ["prod", "staging", "rehearsal"] as const;

const integer = (min: number, max: number, unit: string) =>
  z.int(`a whole number of ${unit}, ${min} to ${max}`).min(min, `${min} to ${max} (${unit})`).max(max, `${min} to ${max} (${unit})`);
const percent = () => integer(1, 100, "percent");
const matching = (pattern: RegExp, rule: string) => z.string(rule).regex(pattern, rule);
const hostname = () =>
  matching(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, "a DNS host name without scheme, port or wildcard");
const dnsLabel = () => matching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "a DNS label: lower-case letters, digits and '-', 63 at most");
const isoDate = () => z.iso.date("a calendar date YYYY-MM-DD (UTC), in quotes");
/** A block of addresses of one's own: 10.0.0.0/8 is the largest private one, /19 what an IPv6 registry gives a large network. */
const cidr = () =>
  z
    .union([z.cidrv4(), z.cidrv6()], "an address block in CIDR notation, for example 10.0.0.0/16")
    .refine(
      (block) => Number(block.split("/")[1]) >= (block.includes(":") ? 19 : 8),
      "a block of your own (IPv4 /8 or smaller, IPv6 /19 or smaller), not the internet or a part of it",
    );
const awsRegion = () => matching(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as us-east-1");
const bucketName = () => matching(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "an S3 bucket name: 3 to 63 lower-case letters, digits and '-'");
const unique = <T extends z.ZodType>(item: T, min: number, max: number, what: string) =>
  z
    .array(item, `a list of ${what}`)
    .min(min, `a list of ${min} to ${max} ${what}`)
    .max(max, `a list of ${min} to ${max} ${what}`)
    .refine((list) => new Set(list.map((entry) => JSON.stringify(entry))).size === list.length, `a list of ${what} without repetitions`);

/** A rotated credential: which generation is current, since when, and whether the one before it is still accepted. */
const generation = () =>
  z.strictObject({
    /** Counts up by one at each rotation, from 1. */
    generation: integer(1, 9999, "rotations"),
    /** Day on which this generation became current (UTC). */
    rotatedOn: isoDate(),
    /** Whether generation n−1 exists too (the window in which old tokens are still accepted). */
    overlap: z.boolean("true or false"),
  });

const image = z
  .strictObject({
    /** Registry and repository, without tag. */
    repository: matching(
      /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+$/,
      "a registry and repository, for example registry.example.com/maestroverse/server",
    ),
    /** The git short SHA that the image was built from. */
    tag: matching(
      /^[0-9a-f]{7,40}$/,
      "a git SHA in lower case (`git rev-parse --short HEAD`, 7 to 40 hex digits); latest, an empty or another mutable tag could change under a running deployment",
    ).optional(),
    /** The image's digest, instead of or beside the tag. */
    digest: matching(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 hex digits").optional(),
  })
  .refine((value) => value.tag !== undefined || value.digest !== undefined, "an image with a tag (git short SHA) or a digest (sha256:…)");

const schema = z
  .strictObject({
    environment: z.enum(ENVIRONMENTS, "prod, staging or rehearsal"),
    image,
    hosts: z.strictObject({
      /** The API's public host. */
      api: hostname(),
    }),
    /** Origins that a browser may call the API from. */
    corsOrigins: unique(matching(/^https:\/\/[a-z0-9.-]+(:\d+)?$/, "https://host without path or wildcard"), 1, 20, "origins"),
    cluster: z.strictObject({
      /** kubeconfig context: pins the stack to its cluster. */
      context: matching(/^\S+$/, "the name of a kubeconfig context"),
      /** Namespace of the application, its backups and its edge. */
      namespace: dnsLabel(),
      /** Namespace of the migration Job alone, so that no other pod can mount the migrator's credential. */
      migrationsNamespace: dnsLabel(),
      ingressController: z.strictObject({
        /** Namespace in which F5's NGINX Ingress Controller runs. */
        namespace: dnsLabel(),
        /** Its ConfigMap, which holds the real-client-IP settings. */
        configMap: dnsLabel(),
        /** IngressClass that it serves. */
        ingressClass: dnsLabel(),
        /** How many replicas run: the rate limit is per replica. */
        replicas: integer(1, 20, "replicas"),
      }),
      /** Address blocks of the nodes or load balancers that reach pods directly, beside the ingress controller. */
      databaseCidrs: unique(cidr(), 1, 10, "address blocks of the database"),
    }),
    web: z.strictObject({
      containerPort: integer(1024, 65535, "port"),
      replicas: z
        .strictObject({ minimum: integer(1, 50, "pods"), maximum: integer(1, 100, "pods") })
        .refine((value) => value.maximum >= value.minimum, "maximum at least as large as minimum"),
      /** Whether a single pod is accepted, which means downtime at each rollout's hiccup. */
      allowSingleReplica: z.boolean("true or false"),
      cpuRequestMillicores: integer(50, 8000, "millicores"),
      cpuLimitMillicores: integer(50, 16000, "millicores"),
      memoryRequestMebibytes: integer(64, 32768, "MiB"),
      memoryLimitMebibytes: integer(64, 32768, "MiB"),
      cpuTargetPercent: percent(),
      memoryTargetPercent: percent(),
      /** Seconds that a pod keeps serving after it left the endpoints (preStop). */
      drainSeconds: integer(1, 120, "seconds"),
      /** Seconds from the termination signal to the kill, drain included. */
      terminationGraceSeconds: integer(10, 600, "seconds"),
      /** Seconds a migration may take before its Job fails. */
      migrationDeadlineSeconds: integer(30, 7200, "seconds"),
    }),
    database: z.strictObject({
      host: z.union([hostname(), z.ipv4()], "a host name or an IPv4 address"),
      port: integer(1, 65535, "port"),
      name: matching(/^[a-z_][a-z0-9_]{0,62}$/, "a PostgreSQL identifier in lower case"),
      /** Administrator that Pulumi connects as; its password never stands in this file. */
      adminUser: matching(/^[a-z_][a-z0-9_]{0,62}$/, "a PostgreSQL role name in lower case"),
      /** Whether that administrator is a superuser (false on RDS). */
      adminIsSuperuser: z.boolean("true or false"),
      sslMode: z.enum(["verify-full", "disable"], "verify-full (or disable, in the rehearsal only)"),
      /** The server's max_connections. */
      maxConnections: integer(20, 10000, "connections"),
      /** superuser_reserved_connections and what other tools need. */
      reservedConnections: integer(3, 500, "connections"),
      /** Connections that each pod may open. */
      poolSizePerPod: integer(1, 100, "connections"),
      roles: z.strictObject({ migrator: generation(), app: generation(), backup: generation() }),
    }),
    secrets: z.strictObject({
      /** AWS Secrets Manager's name of the bundle. */
      secretsManagerName: matching(/^[\w/+=.@-]{1,512}$/, "an AWS Secrets Manager name such as maestroverse/app-secrets"),
      /** Maximum age of a generation. */
      rotateEveryDays: integer(1, 90, "days"),
      /** Secrets for which the application accepts the previous generation too (it reads NAME_ROLLING). */
      dualVerification: unique(z.enum(SECRET_NAMES, `one of ${SECRET_NAMES.join(", ")}`), 0, 4, "secret names"),
      generations: z.strictObject({
        MAESTROVERSE_PEPPER: generation(),
        JWT_SECRET: generation(),
        SESSION_SECRET: generation(),
        CSRF_SECRET: generation(),
      }),
    }),
    edge: z.strictObject({
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
    }),
    backups: z
      .strictObject({
        /** pg_dump: nightly dump from the cluster to S3. rds: managed automated backups. both: the two. */
        method: z.enum(["pg_dump", "rds", "both"], "pg_dump, rds or both"),
        /** Cron expression of the nightly dump. */
        schedule: matching(/^\S+ \S+ \S+ \S+ \S+$/, "a cron expression of five fields, for example 0 2 * * *"),
        /** IANA time zone of the schedule. */
        timeZone: z
          .string("an IANA time zone")
          .refine(
            (zone) => Intl.supportedValuesOf("timeZone").concat("Etc/UTC", "UTC").includes(zone),
            "an IANA time zone such as Etc/UTC",
          ),
        retentionDays: integer(30, 3650, "days"),
        /** Image with pg_dump and this repository's backup program. */
        image,
        bucket: bucketName(),
        secondRegionBucket: bucketName(),
        /** Object-lock retention in governance mode. */
        objectLockDays: integer(1, 3650, "days"),
        /** Size of the /backups volume. */
        volumeGibibytes: integer(1, 16384, "GiB"),
        /** Age of the newest backup that alerts. */
        maximumAgeHours: integer(25, 72, "hours"),
        /** OIDC provider of the cluster (IRSA), for the backup's IAM role. */
        oidcProvider: matching(/^[a-z0-9.-]+(\/[\w./-]+)?$/, "the OIDC provider's host and path without https://"),
        rds: z
          .strictObject({
            instanceIdentifier: dnsLabel(),
            instanceClass: matching(/^db\.[\w.]+$/, "an RDS instance class such as db.r6g.large"),
            engineVersion: matching(/^\d+(\.\d+)?$/, "a PostgreSQL version such as 15.8"),
            allocatedStorageGibibytes: integer(20, 65536, "GiB"),
            subnetGroup: dnsLabel(),
            retentionDays: integer(30, 35, "days; 35 is RDS's maximum"),
          })
          .optional(),
      })
      .refine((value) => value.method === "pg_dump" || value.rds !== undefined, {
        path: ["rds"],
        message: "present when backups.method is rds or both",
      })
      .refine((value) => value.objectLockDays <= value.retentionDays, {
        path: ["objectLockDays"],
        message: "at most backups.retentionDays",
      })
      .refine((value) => value.bucket !== value.secondRegionBucket, {
        path: ["secondRegionBucket"],
        message: "another name than backups.bucket",
      }),
    aws: z
      .strictObject({
        accountId: matching(/^\d{12}$/, "an AWS account number of 12 digits, in quotes"),
        region: awsRegion(),
        /** Region of the copies. */
        secondRegion: awsRegion(),
        /** Endpoint instead of AWS's own (moto); rehearsal only. */
        endpoint: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/, error: "http://127.0.0.1:port" }).optional(),
      })
      .refine((value) => value.region !== value.secondRegion, { path: ["secondRegion"], message: "another region than aws.region" }),
    observability: z.strictObject({
      /** Datadog's API. */
      datadogApiUrl: z.url({ protocol: /^https?$/, error: "the URL of Datadog's API, for example https://api.datadoghq.com/" }),
      /** Datadog's web application, for links. */
      datadogAppUrl: z.url({ protocol: /^https?$/, error: "the URL of Datadog's web application, for example https://app.datadoghq.com" }),
      /** Errors in five minutes above which the error monitor alerts. */
      errorsPerFiveMinutes: integer(1, 100000, "errors"),
      cpuPercent: percent(),
      memoryPercent: percent(),
      databaseConnectionsPercent: percent(),
      uptime: z.strictObject({
        intervalSeconds: z.literal([30, 60], "30 or 60 (seconds): two failures must lie under 2 minutes apart"),
        consecutiveFailures: integer(2, 2, "failures (the runbook's number)"),
        /** Datadog's locations. */
        locations: unique(matching(/^(aws|azure|gcp|pl):[\w-]+$/, "a location such as aws:eu-central-1"), 3, 20, "locations"),
      }),
      /** Where the runbook's pages are read. */
      runbookBaseUrl: z.url({ protocol: /^https$/, error: "an https URL" }),
    }),
    onCall: z
      .strictObject({
        /** Handle of Datadog's on-call team. */
        teamHandle: dnsLabel(),
        /** The rotation, in order; one week each. */
        people: unique(
          z.strictObject({
            name: z.string("a name").min(1, "a name"),
            email: z.email("an e-mail address"),
            /** Datadog's user id (UUID). */
            datadogUserId: z.uuid("a Datadog user id (UUID)"),
          }),
          2,
          20,
          "people, so that somebody can fall ill",
        ),
        /** E-mail of the last step of the ladder; one of `people`. */
        leadEmail: z.email("an e-mail address"),
        timeZone: z.string("an IANA time zone"),
        /** Day and hour of the hand-over in that time zone. */
        handover: z.strictObject({
          /** First day of the rotation, a Monday to Sunday date. */
          startsOn: isoDate(),
          hour: integer(0, 23, "hour of the day"),
        }),
        /** Minutes until the next step of the ladder. */
        escalateAfterMinutes: integer(1, 60, "minutes"),
      })
      .refine((value) => value.people.some((person) => person.email === value.leadEmail), {
        path: ["leadEmail"],
        message: "the e-mail address of one of onCall.people",
      }),
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

/**
 * Validates raw settings.
 *
 * @param stack the stack's name, for messages
 * @param raw plain values by top-level key
 * @throws SettingsError with every problem: path, rule, value got and the `pulumi config set` that mends it
 */
export function parseSettings(stack: string, raw: Readonly<Record<string, unknown>>): Settings {
  const result = schema.safeParse(raw, { reportInput: true });
  if (!result.success) throw new SettingsError(stack, describeProblems(stack, result.error.issues, raw));
  return result.data;
}

/** Credentials of the providers. None of them stands in a stack file in plain text. */
export interface Credentials {
  /** Password of `database.adminUser`. */
  readonly databaseAdminPassword: pulumi.Output<string> | undefined;
  readonly datadogApiKey: pulumi.Output<string> | undefined;
  readonly datadogAppKey: pulumi.Output<string> | undefined;
}

/** Where each credential comes from: an encrypted stack setting, else an environment variable. */
const CREDENTIALS = {
  databaseAdminPassword: "MAESTROVERSE_DATABASE_ADMIN_PASSWORD",
  datadogApiKey: "DD_API_KEY",
  datadogAppKey: "DD_APP_KEY",
} as const;

/**
 * Reads and validates the selected stack's settings and credentials.
 *
 * Credentials may be missing at preview, which contacts nothing; an `up` without one is refused before anything is created.
 *
 * @throws SettingsError
 */
export function loadConfig(): { settings: Settings; credentials: Credentials } {
  const stack = pulumi.getStack();
  const config = new pulumi.Config();
  const raw: Record<string, unknown> = {};
  for (const key of SETTING_KEYS) {
    const text = config.get(key);
    if (text !== undefined) raw[key] = parseValue(text);
  }
  const known = new Set<string>([...SETTING_KEYS, ...Object.keys(CREDENTIALS)]);
  const problems = Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${pulumi.getProject()}:`) && !known.has(key.slice(key.indexOf(":") + 1)))
    .map((key) => `${stack}: ${key.slice(key.indexOf(":") + 1)} is not a setting. Remove it: pulumi config rm ${key} --stack ${stack}`);
  let settings: Settings | undefined;
  try {
    settings = parseSettings(stack, raw);
    if (settings.environment !== stack)
      problems.push(
        `${stack}: environment must be the stack's name, got ${settings.environment}. Fix: pulumi config set environment ${stack} --stack ${stack}`,
      );
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
  }
  const credentials = Object.fromEntries(
    Object.entries(CREDENTIALS).map(([key, variable]) => {
      const fromEnvironment = process.env[variable];
      const value =
        config.getSecret(key) ?? (fromEnvironment === undefined || fromEnvironment === "" ? undefined : pulumi.secret(fromEnvironment));
      if (value === undefined && !pulumi.runtime.isDryRun())
        problems.push(
          `${stack}: ${key} is missing. Fix: pulumi config set --secret ${key} --stack ${stack} (or set ${variable} in the environment)`,
        );
      return [key, value];
    }),
  ) as unknown as Credentials;
  if (settings === undefined || problems.length > 0) throw new SettingsError(stack, problems);
  return { settings, credentials };
}

/** Structured settings arrive as JSON, scalars as text. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
