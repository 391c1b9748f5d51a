/** Runbook §1 to §6, seen by an operator: pods, role, secret, backup, monitors. */
import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Client } from "pg";
import { ROLE_NAMES, type RoleKey } from "../../components/lib/privileges";
import { readCatalogue } from "../../ops/database/catalogue";
import { compareCatalogue } from "../../ops/database/compare";
import { runContract, violations, withProbe } from "../../ops/database/contract-run";
import { readRolePassword } from "../service-file";
import { readDatadogKeys } from "../substrates/datadog-intake";
import { connectToCluster } from "../substrates/control-plane";
import { readDatabaseAdminPassword } from "../substrates/postgresql";
import { logIn } from "./account";
import { type Check, type CheckContext, expected } from "./check";

/** Seconds that a backup of the rehearsal may take. */
const BACKUP_SECONDS = 90;

/** RB-1.1: the pods of this image answer. */
export const available: Check = {
  title: "pods available",
  async run(context) {
    const { names } = context.deployed;
    const client = await connectToCluster(context);
    const key = { apiVersion: "apps/v1", kind: "Deployment", name: names.deployment, namespace: names.namespace };
    const wanted = context.settings.web.replicas.minimum;
    // The autoscaler brings a new Deployment to its minimum.
    for (let waited = 0; ; waited++) {
      const { availableReplicas = 0, replicas = 0 } = ((await client.get(key))?.["status"] ?? {}) as Record<string, number>;
      if (availableReplicas >= wanted && availableReplicas === replicas) return `${availableReplicas} of ${replicas} pods available`;
      expected(waited < 60, `${availableReplicas} of ${replicas} pods are available, ${wanted} are wanted`);
      await sleep(1000, undefined, { signal: context.signal });
    }
  },
};

/** RB-2.1: the whole contract by logging in as each role, and the whole catalogue. */
export const leastPrivilege: Check = {
  title: "least-privilege role",
  async run(context) {
    const { database: settings, web } = context.settings;
    const { host, port, name: database, adminUser } = settings;
    const opened: Client[] = [];
    const connect = async (user: string, password: string) => {
      const client = new Client({ host, port, database, user, password });
      await client.connect();
      opened.push(client);
      return client;
    };
    const connectAs = async (key: RoleKey) => connect(ROLE_NAMES[key], await readRolePassword(context, key));
    try {
      const sessions = { app: await connectAs("app"), backup: await connectAs("backup"), migrator: await connectAs("migrator") };
      const results = await withProbe(sessions.migrator, (objects) => runContract({ sessions, objects, adminUser }));
      const violated = violations(results);
      expected(violated.length === 0, violated.join("; "));
      const catalogue = await readCatalogue(await connect(adminUser, readDatabaseAdminPassword(context.directory)));
      const drifted = compareCatalogue(catalogue, { ...settings, ...web, maximumPods: web.replicas.maximum });
      expected(drifted.length === 0, drifted.map(({ problem }) => problem).join("; "));
      return `${results.length} of ${results.length} statements of three roles allowed or refused as specified; ${catalogue.privileges.length} grants, none beyond`;
    } finally {
      await Promise.all(opened.map((client) => client.end()));
    }
  },
};

/** RB-3.1 */
export const currentSecret: Check = {
  title: "signed with the current secret",
  async run(context) {
    const { token } = await logIn(context);
    const secretsManager = new SecretsManagerClient(awsSettings(context));
    const { SecretString } = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: context.deployed.names.secretsManagerSecret }),
    );
    const { JWT_SECRET } = JSON.parse(SecretString ?? "{}") as { JWT_SECRET?: string };
    expected(JWT_SECRET !== undefined, "AWSCURRENT in Secrets Manager has no JWT_SECRET");
    const [header, payload, signature] = token.split(".");
    const own = createHmac("sha256", JWT_SECRET ?? "")
      .update(`${header}.${payload}`)
      .digest("base64url");
    expected(own === signature, "the application signs tokens with another secret than AWSCURRENT's");
    const me = await context.edge({ path: "/api/me", headers: { authorization: `Bearer ${token}` } });
    expected(me.status === 200, `the token it signed was answered with ${me.status}`);
    return "tokens are signed with AWSCURRENT's JWT_SECRET, and accepted";
  },
};

/** RB-5.1: what the night does, now. */
export const backup: Check = {
  title: "backup",
  async run(context) {
    const { names, backupLocations } = context.deployed;
    const client = await connectToCluster(context);
    const cronJob = await client.get({ apiVersion: "batch/v1", kind: "CronJob", name: names.backupCronJob, namespace: names.namespace });
    const { jobTemplate } = cronJob?.["spec"] as { jobTemplate: { readonly metadata: object; readonly spec: object } };
    const name = `${names.backupCronJob}-rehearsal-${Date.now().toString(36)}`;
    const job = { apiVersion: "batch/v1", kind: "Job" };
    const key = { ...job, name, namespace: names.namespace };
    const metadata = { ...jobTemplate.metadata, name, namespace: names.namespace };
    await client.apply({ ...job, ...jobTemplate, metadata }, key, "rehearsal", false);
    try {
      for (let waited = 0; ; waited++) {
        const { succeeded, failed } = ((await client.get(key))?.["status"] ?? {}) as Record<string, number>;
        if (succeeded === 1) break;
        expected(failed === undefined, `the backup's pod failed; its log is in ${context.directory}/pods`);
        expected(waited < BACKUP_SECONDS, `the backup did not end within ${BACKUP_SECONDS} s`);
        await sleep(1000, undefined, { signal: context.signal });
      }
    } finally {
      await client.delete(key, "Background");
    }
    const { hostname: bucket, pathname } = new URL(backupLocations.primary);
    const s3 = new S3Client({ ...awsSettings(context), forcePathStyle: true });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: pathname.slice(1) }));
    const keys = Contents.map(({ Key = "" }) => Key).sort();
    const dump = keys.findLast((each) => each.endsWith(".dump"));
    expected(dump !== undefined && keys.includes(`${dump}.manifest.json`), `the bucket has ${keys.join(", ") || "nothing"}`);
    return `s3://${bucket}/${dump} and its manifest`;
  },
};

/** RB-6.4: what Datadog holds, and that each alert names who it is for. */
export const monitors: Check = {
  title: "monitors and on-call",
  async run({ directory, settings, deployed: { monitoring } }) {
    const { apiKey, appKey } = readDatadogKeys(directory);
    const get = async (path: string) => {
      const answer = await fetch(new URL(path, settings.observability.datadogApiUrl), {
        headers: { "dd-api-key": apiKey, "dd-application-key": appKey },
      });
      expected(answer.status === 200, `${path} answered ${answer.status}`);
      return answer.json();
    };
    const found = (await get("/api/v1/monitor")) as { id: number; name: string; message: string }[];
    const { tests } = (await get("/api/v1/synthetics/tests")) as { tests: { public_id: string; name: string; message: string }[] };
    const handle = `@oncall-${settings.onCall.teamHandle}`;
    const silent = [...found, ...tests].filter(({ message }) => !message.includes(handle)).map(({ name }) => name);
    expected(silent.length === 0, `nobody is told by ${silent.join(", ")}`);
    const missing = Object.entries(monitoring.syntheticsIds).filter(([, id]) => !tests.some(({ public_id }) => public_id === id));
    expected(missing.length === 0, `Datadog lacks ${missing.map(([key]) => key).join(", ")}`);
    await get(`/api/v2/on-call/schedules/${monitoring.onCallScheduleId}`);
    return `${found.length} monitors and ${tests.length} uptime tests, all for ${handle}; its schedule exists`;
  },
};

function awsSettings({ settings: { aws } }: Pick<CheckContext, "settings">) {
  const credentials = { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" };
  return { region: aws.region, credentials, ...(aws.endpoint === undefined ? {} : { endpoint: aws.endpoint }) };
}
