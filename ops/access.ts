/**
 * How the operator's commands reach what a stack deployed: its settings now, each system only when it is asked for, so that a command needs the
 * credentials of what it touches and no others.
 */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";
import { Client } from "pg";
import { CREDENTIALS, credentialFromEnvironment, parseSettings, type Settings } from "../config";
import { ownSettings } from "../settings/stack-file";
import { cacheDir } from "../toolchain/cache";
import { type ClusterAccess, openCluster } from "./cluster";
import { type DatadogAccess, datadogAccess } from "./datadog";
import type { EdgeAddress } from "./edge-client";
import { type EngineStack, openStack, PROJECT, settingsFileOf, type StackOptions } from "./engine";
import { readOutputs, type StackOutputs } from "./stack-outputs";

/** Milliseconds until a database that does not answer is given up. */
const CONNECT_MILLISECONDS = 15_000;
/** Lines of each of the Ingress controller's pods that are read: a flood among the traffic of some seconds. */
const CONTROLLER_LINES = 5000;
/** Name that sessions have in pg_stat_activity. */
const APPLICATION_NAME = "maestroverse-ops";

/** A stack that can be reached. */
export interface Access {
  readonly stack: string;
  readonly settings: Settings;
  /** The database, as its administrator. @throws Error that says which credential is missing */
  database(): Promise<DatabaseAccess>;
  /** Outputs of the last update. @throws Error when the stack was never deployed */
  outputs(): Promise<StackOutputs>;
  /** The stack under the engine, for changing it; `close()` it. The operator's credentials are in the environment, the rehearsal's in its folder. */
  engine(options: EngineReports): Promise<EngineStack>;
  /** Where the edge is. */
  readonly edge: EdgeAddress;
  /** The Kubernetes cluster; `close()` it. @throws Error when the kubeconfig has no context `cluster.context` */
  cluster(): Promise<ClusterAccess>;
  /** For clients of the AWS SDK. Credentials are the operator's own, as the AWS CLI finds them. */
  aws(region?: string): AwsClientSettings;
  /** Datadog's API. @throws Error that says which key is missing */
  datadog(): Promise<DatadogAccess>;
  /** The end of the log in which the edge writes down some of the requests that it refused. */
  refusalLog(): Promise<string>;
  /** Folder in which this stack's last records are kept, on this machine. */
  readonly records: string;
}

/** Where the engine's words go, what ends it, and what the program and the plugins are told beside. */
export type EngineReports = Pick<StackOptions, "report" | "onOutput" | "signal" | "environment">;

/** What a client of the AWS SDK is made from. */
export interface AwsClientSettings {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A way into the stack's database. */
export interface DatabaseAccess {
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly user: string;
  readonly password: string;
  /** For node-postgres. `false`: in the clear, which settings allow on the loopback only. */
  readonly tls: false | ConnectionOptions;
  /**
   * Opens a session; `end()` it.
   *
   * @param as somebody else than the administrator
   * @param database another than the stack's
   * @throws Error that names the server and what to do, without a password
   */
  connect(as?: { readonly user: string; readonly password: string }, database?: string): Promise<Client>;
}

/** What {@link openAccess} may be told. */
export interface AccessOptions {
  /** Stack settings file. @default `Pulumi.<stack>.yaml` of this repository */
  readonly settingsFile?: string;
}

/**
 * Opens a stack: `rehearsal` is the one that `npm run rehearse -- --keep` left running on this machine.
 *
 * @throws SettingsError
 * @throws Error when there is no such stack, or no rehearsal is kept
 */
export async function openAccess(stack: string, options: AccessOptions = {}): Promise<Access> {
  const file = options.settingsFile ?? settingsFileOf(stack);
  const { settings, encrypted } = await readStackFile(stack, file);
  if (settings.environment === "rehearsal") {
    // The only way from ops into the rehearsal, for its own stack.
    const { keptRehearsal } = await import("../rehearsal/access.js");
    const kept = keptRehearsal();
    return {
      stack,
      settings,
      edge: kept.edge(settings),
      records: join(kept.directory, "records"),
      database: () => Promise.resolve(databaseAccess(stack, settings, kept.databaseAdminPassword())),
      outputs: () => outputsOf({ stack, settingsFile: file, state: kept.state }),
      engine: ({ environment, ...reports }) =>
        openStack({
          stack,
          settingsFile: file,
          state: kept.state,
          environment: { ...kept.engineEnvironment(), ...environment },
          ...reports,
        }),
      cluster: () => kept.cluster(settings.cluster.context),
      refusalLog: () => kept.refusalLog(),
      aws: (region) => ({ ...awsOf(settings, region), credentials: { accessKeyId: "rehearsal", secretAccessKey: "rehearsal" } }),
      datadog: () => Promise.resolve(datadogAccess(settings.observability.datadogApiUrl, kept.datadogKeys())),
    };
  }
  const secret = (key: keyof typeof CREDENTIALS) => credential(stack, file, key, encrypted);
  return {
    stack,
    settings,
    edge: { host: settings.hosts.api },
    records: cacheDir("records", stack),
    database: async () => databaseAccess(stack, settings, await secret("databaseAdminPassword")),
    outputs: () => outputsOf({ stack, settingsFile: file }),
    engine: (reports) => openStack({ stack, settingsFile: file, ...reports }),
    cluster: () => openCluster({ context: settings.cluster.context }),
    refusalLog: () => controllerLog(settings),
    aws: (region) => awsOf(settings, region),
    datadog: async () =>
      datadogAccess(settings.observability.datadogApiUrl, { apiKey: await secret("datadogApiKey"), appKey: await secret("datadogAppKey") }),
  };
}

async function outputsOf(options: Pick<StackOptions, "stack" | "settingsFile" | "state">): Promise<StackOutputs> {
  const opened = await openStack({ ...options, report: () => undefined });
  try {
    return readOutputs(options.stack, await opened.outputs());
  } finally {
    await opened.close();
  }
}

/** What the Ingress controller's pods printed last: its access log is there. */
async function controllerLog({ cluster: { context, ingressController } }: Settings): Promise<string> {
  const cluster = await openCluster({ context });
  try {
    const { namespace } = ingressController;
    const { items } = await cluster.get<{ items: { metadata: { name: string }; spec: { containers: { name: string }[] } }[] }>(
      `/api/v1/namespaces/${namespace}/pods`,
    );
    const containers = items.flatMap(({ metadata, spec }) =>
      spec.containers.map(({ name }) => ({ namespace, pod: metadata.name, container: name })),
    );
    return (await Promise.all(containers.map((container) => cluster.log(container, CONTROLLER_LINES)))).join("\n");
  } finally {
    await cluster.close();
  }
}

function awsOf({ aws }: Settings, region = aws.region): AwsClientSettings {
  return { region, ...(aws.endpoint === undefined ? {} : { endpoint: aws.endpoint }) };
}

/** The settings of a stack alone; reaches nothing. @throws SettingsError, or Error when there is no such stack */
export async function readStackSettings(stack: string, file = settingsFileOf(stack)): Promise<Settings> {
  return (await readStackFile(stack, file)).settings;
}

/** Settings of a stack, and which credentials its file holds, encrypted. */
async function readStackFile(stack: string, file: string): Promise<{ settings: Settings; encrypted: ReadonlySet<string> }> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`there is no stack ${stack}: ${file} does not exist. Name one of the stacks whose Pulumi.<stack>.yaml does.`);
  });
  const own = Object.entries(ownSettings(text, PROJECT));
  const isCredential = ([key]: readonly [string, unknown]) => Object.hasOwn(CREDENTIALS, key);
  return {
    settings: parseSettings(stack, Object.fromEntries(own.filter((entry) => !isCredential(entry)))),
    encrypted: new Set(own.filter(isCredential).map(([key]) => key)),
  };
}

/** A credential from where `up` takes it: the encrypted stack setting, else the environment. */
async function credential(stack: string, file: string, key: keyof typeof CREDENTIALS, encrypted: ReadonlySet<string>): Promise<string> {
  const variable = CREDENTIALS[key];
  if (encrypted.has(key))
    return decrypt(stack, file, key).catch((error: unknown) => {
      throw new Error(
        `${stack}: ${key} cannot be decrypted: ${(error as Error).message.trim()}\nLog in to the backend that holds the stack (PULUMI_BACKEND_URL), and give ` +
          `PULUMI_CONFIG_PASSPHRASE or the rights on its key.`,
        { cause: error },
      );
    });
  const value = credentialFromEnvironment(key);
  if (value === undefined)
    throw new Error(
      `${stack}: ${key} is missing. Fix: pulumi config set --secret ${key} --stack ${stack} (or set ${variable} in the environment)`,
    );
  return value;
}

async function decrypt(stack: string, settingsFile: string, key: string): Promise<string> {
  const opened = await openStack({ stack, settingsFile, report: () => undefined });
  try {
    return await opened.setting(key);
  } finally {
    await opened.close();
  }
}

function databaseAccess(stack: string, { database }: Settings, adminPassword: string): DatabaseAccess {
  const { host, port, name: databaseName, adminUser } = database;
  const tls = tlsOptions(database);
  const administrator = { user: adminUser, password: adminPassword };
  return {
    host,
    port,
    databaseName,
    ...administrator,
    tls,
    async connect({ user, password } = administrator, database = databaseName) {
      const client = new Client({
        host,
        port,
        database,
        user,
        password,
        ssl: tls,
        application_name: APPLICATION_NAME,
        connectionTimeoutMillis: CONNECT_MILLISECONDS,
      });
      // A session that the server ends while nobody asks: the next question says so.
      client.on("error", () => undefined);
      try {
        await client.connect();
      } catch (error) {
        const { message } = error as Error;
        throw new Error(
          `${stack}: ${user} cannot open database ${database} at ${host}:${port}: ${message}. ` +
            "Compare database in the stack's settings and the credential, and whether this machine may reach the server.",
          { cause: error },
        );
      }
      return client;
    },
  };
}

/** As strict as the pods. */
function tlsOptions({ host, sslMode, certificateAuthority }: Settings["database"]): false | ConnectionOptions {
  if (sslMode === "disable") return false;
  const { pem, imageFile } = certificateAuthority ?? {};
  // The images' file need not be on this machine; Node.js' own authorities are asked then.
  const ca = pem ?? (imageFile !== undefined && existsSync(imageFile) ? readFileSync(imageFile, "utf8") : undefined);
  return {
    ...(ca === undefined ? {} : { ca }),
    // node-postgres checks a server that is named by its address against "localhost".
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
  };
}
