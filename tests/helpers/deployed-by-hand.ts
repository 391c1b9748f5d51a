/**
 * Maestroverse deployed by hand, as the old runbook says, on the rehearsal's servers: kubectl, psql, the AWS CLI's calls and Datadog's API, with the
 * names that the runbook has and values of its own. No Pulumi.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";
import { databaseUrl } from "../../components/lib/database-url";
import { POD_SECURITY_CONTEXT, CONTAINER_SECURITY_CONTEXT } from "../../components/lib/pod-security";
import { SECRET_NAMES, type Settings } from "../../config";
import { engineEnvironment } from "../../rehearsal/access";
import { cacheDir } from "../../toolchain/cache";
import { TSX } from "../../toolchain/plugins";
import { loadExeca } from "../../toolchain/run";
import { KUBERNETES_VERSION } from "../../toolchain/versions";

const ROOT = join(__dirname, "..", "..");
/** Replicas that an engineer chose. */
export const HAND_REPLICAS = 2;
const APP_PASSWORD = "made-by-hand-for-a-test";
const REGION_CREDENTIALS = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };

/** What was made, to be compared afterwards. */
export interface DeployedByHand {
  /** Values of the four secrets. */
  readonly values: Readonly<Record<string, string>>;
  /** Id of the version with AWSCURRENT, and of the one before. */
  readonly versionId: string;
  readonly previousVersionId: string;
  /** Id of a monitor with a name of the program's, and of one that is called otherwise. */
  readonly monitorId: string;
  readonly otherMonitorId: string;
  readonly testId: string;
}

/** Where it is. */
export interface Place {
  readonly directory: string;
  readonly settings: Settings;
}

/** Runs kubectl as an engineer does. */
export async function kubectl({ directory }: Place, args: readonly string[], input?: unknown): Promise<string> {
  const program = join(cacheDir("tools", `kubernetes-${KUBERNETES_VERSION}`), "bin", "kubectl");
  const { execa } = await loadExeca();
  const { stdout } = await execa(program, ["--kubeconfig", join(directory, "kubeconfig"), ...args], {
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
  });
  return stdout;
}

/** An administrator's session. */
export async function administrator({ directory, settings }: Place): Promise<Client> {
  const { host, port, name, adminUser } = settings.database;
  const client = new Client({
    host,
    port,
    database: name,
    user: adminUser,
    password: engineEnvironment(directory)["MAESTROVERSE_DATABASE_ADMIN_PASSWORD"],
  });
  await client.connect();
  return client;
}

/** Settings of AWS's clients. */
export const awsSettings = ({ settings }: Place, region = settings.aws.region) => ({
  region,
  endpoint: settings.aws.endpoint ?? "",
  credentials: REGION_CREDENTIALS,
  forcePathStyle: true,
});

/** Asks Datadog. */
export async function datadog({ directory, settings }: Place, path: string, body?: object): Promise<Record<string, unknown>> {
  const keys = engineEnvironment(directory);
  const answer = await fetch(new URL(path, settings.observability.datadogApiUrl), {
    method: body === undefined ? "GET" : "POST",
    headers: {
      "dd-api-key": keys["DD_API_KEY"] ?? "",
      "dd-application-key": keys["DD_APP_KEY"] ?? "",
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** Deploys. @param labels the selector of the Deployment's pods */
export async function deployByHand(place: Place, selector: Readonly<Record<string, string>>): Promise<DeployedByHand> {
  await database(place);
  const secrets = await secretsManager(place);
  await kubernetes(place, secrets.values, selector);
  await storage(place);
  return { ...secrets, ...(await monitoring(place)) };
}

/** Runbook §2: the script as it stands, and the migrations by an administrator. */
async function database(place: Place): Promise<void> {
  const { host, port, name, adminUser } = place.settings.database;
  const client = await administrator(place);
  const password = engineEnvironment(place.directory)["MAESTROVERSE_DATABASE_ADMIN_PASSWORD"] ?? "";
  const { execa } = await loadExeca();
  await execa(process.execPath, [...TSX, join(ROOT, "rehearsal", "sample-server", "server", "migrate.ts")], {
    env: {
      DATABASE_URL: databaseUrl({
        user: adminUser,
        password,
        host,
        port,
        databaseName: name,
        sslMode: "disable",
        authorityFile: undefined,
      }),
    },
  });
  for (const statement of [
    `CREATE ROLE maestro_app LOGIN PASSWORD '${APP_PASSWORD}'`,
    "ALTER ROLE maestro_app SET search_path TO public",
    "REVOKE CREATE ON SCHEMA public FROM maestro_app",
    `GRANT CONNECT ON DATABASE ${name} TO maestro_app`,
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO maestro_app",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO maestro_app",
    "CREATE ROLE maestro_migrator LOGIN PASSWORD 'by-hand'",
    "CREATE ROLE maestro_backup LOGIN PASSWORD 'by-hand'",
    `INSERT INTO "User" ("email", "passwordHash") VALUES ('kept@maestroverse.edu', 'kept')`,
  ])
    await client.query(statement);
  await client.end();
}

/** Runbook §3: two versions, of which the second is current. */
async function secretsManager(place: Place) {
  const client = new SecretsManager(awsSettings(place));
  const make = () => Object.fromEntries(SECRET_NAMES.map((name) => [name, randomBytes(64).toString("base64")]));
  const [old, values] = [make(), make()];
  const SecretId = place.settings.secrets.secretsManagerName;
  const first = await client.createSecret({ Name: SecretId, SecretString: JSON.stringify(old) });
  const second = await client.putSecretValue({ SecretId, SecretString: JSON.stringify(values) });
  return { values, versionId: second.VersionId ?? "", previousVersionId: first.VersionId ?? "" };
}

/** Runbook §1 and §5: kubectl apply, and kubectl create for the Secret. */
async function kubernetes(
  place: Place,
  values: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>>,
): Promise<void> {
  const { cluster, database: db, hosts, corsOrigins, image, edge, backups } = place.settings;
  const { namespace } = cluster;
  const url = databaseUrl({
    user: "maestro_app",
    password: APP_PASSWORD,
    host: db.host,
    port: db.port,
    databaseName: db.name,
    sslMode: "disable",
    authorityFile: undefined,
  });
  await kubectl(place, ["create", "namespace", namespace]);
  await kubectl(place, ["create", "-f", "-"], {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "maestroverse-secrets", namespace },
    stringData: { ...values, DATABASE_URL: url },
  });
  const environment = {
    NODE_ENV: "production",
    CORS_ORIGINS: corsOrigins.join(","),
    PORT: "3000",
    PUBLIC_URL: `https://${hosts.api}`,
    LOG_FORMAT: "combined",
    TRUST_PROXY: "1",
    // A leftover that would outlive the change if its field were not taken over: it comes before what envFrom says.
    LEFT_OVER: "by-hand",
  };
  const logs = { name: "logs", mountPath: "/var/log/maestroverse" };
  const objects = [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "maestroverse-server", namespace },
      spec: {
        replicas: HAND_REPLICAS,
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: selector },
          spec: {
            enableServiceLinks: false,
            securityContext: POD_SECURITY_CONTEXT,
            containers: [
              {
                name: "maestroverse-server",
                image: `${image.repository}:0a1b2c3`,
                ports: [{ containerPort: 3000 }],
                env: Object.entries(environment).map(([name, value]) => ({ name, value })),
                envFrom: [{ secretRef: { name: "maestroverse-secrets" } }],
                securityContext: CONTAINER_SECURITY_CONTEXT,
                volumeMounts: [logs, { name: "tmp", mountPath: "/tmp" }],
              },
            ],
            volumes: [
              { name: "logs", emptyDir: {} },
              { name: "tmp", emptyDir: {} },
            ],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "maestroverse-server", namespace },
      spec: { selector, ports: [{ name: "http", port: 80, targetPort: 3000 }] },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "maestroverse-api", namespace },
      spec: {
        ingressClassName: cluster.ingressController.ingressClass,
        tls: [{ hosts: [hosts.api], secretName: edge.tls.secretName }],
        rules: [
          {
            host: hosts.api,
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "maestroverse-server", port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "maestroverse-backups", namespace },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: `${backups.volumeGibibytes}Gi` } } },
    },
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "maestroverse-backup", namespace },
      spec: {
        schedule: "0 2 * * *",
        jobTemplate: {
          spec: {
            template: {
              spec: {
                restartPolicy: "Never",
                containers: [
                  { name: "backup", image: "registry.example.com/tools/postgres:15", command: ["/usr/local/bin/maestroverse_backup.sh"] },
                ],
              },
            },
          },
        },
      },
    },
    // Of another name: the program has no such thing.
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "maestroverse-debug", namespace },
      spec: { selector, ports: [{ port: 9229 }] },
    },
  ];
  for (const object of objects) await kubectl(place, ["apply", "-f", "-"], object);
  await kubectl(place, ["set", "image", "deploy/maestroverse-server", `maestroverse-server=${image.repository}:1b2c3d4`, "-n", namespace]);
  await kubectl(place, ["rollout", "status", "deploy/maestroverse-server", "-n", namespace, "--timeout=120s"]);
}

/** Runbook §5: the bucket with a dump in it, and the role that writes there. */
async function storage(place: Place): Promise<void> {
  const { bucket } = place.settings.backups;
  const s3 = new S3(awsSettings(place));
  await s3.createBucket({ Bucket: bucket, ObjectLockEnabledForBucket: true });
  // moto takes a lock for an empty bucket only, AWS for any.
  const rule = { DefaultRetention: { Mode: "GOVERNANCE" as const, Days: place.settings.backups.objectLockDays } };
  await s3.putObjectLockConfiguration({ Bucket: bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: rule } });
  await s3.putObject({ Bucket: bucket, Key: "postgresql/maestroverse-by-hand.dump", Body: "a dump of before" });
  await new IAM(awsSettings(place)).createRole({
    RoleName: "maestroverse-backup",
    AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }),
  });
}

/** Runbook §6: a monitor and an uptime test with the program's names, and a monitor with one of its own. */
async function monitoring(place: Place) {
  const monitor = (name: string) => ({
    name,
    type: "query alert",
    query: "avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api} > 5",
    message: "errors @slack-ops",
    options: { thresholds: { critical: 5 } },
  });
  const one = await datadog(
    place,
    "/api/v1/monitor",
    monitor(`[${place.settings.environment}] API errors (average of the last 5 minutes)`),
  );
  const other = await datadog(place, "/api/v1/monitor", monitor("Maestroverse is slow"));
  const test = await datadog(place, "/api/v1/synthetics/tests/api", {
    name: `[${place.settings.environment}] API answers /health over HTTPS`,
    type: "api",
    subtype: "http",
    status: "live",
    locations: ["aws:us-east-1"],
    message: "down",
    config: {
      assertions: [{ type: "statusCode", operator: "is", target: 200 }],
      request: { method: "GET", url: `https://${place.settings.hosts.api}/health` },
    },
    options: { tick_every: 60 },
  });
  return { monitorId: String(one["id"]), otherMonitorId: String(other["id"]), testId: String(test["public_id"]) };
}

/** What docs/runbook/2-database.md has an administrator run once for tables that somebody else made. */
export async function handTablesOver(place: Place): Promise<void> {
  const page = readFileSync(join(ROOT, "docs", "runbook", "2-database.md"), "utf8");
  const [, sql] = /## An existing database[\s\S]*?```sql\n([\s\S]*?)```/.exec(page) ?? [];
  if (sql === undefined) throw new Error("the page has no script any more");
  const client = await administrator(place);
  await client.query(sql);
  await client.end();
}
