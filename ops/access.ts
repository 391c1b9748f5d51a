/**
 * How the operator's commands reach what a stack deployed: its settings now, each system only when it is asked for, so that a command needs the
 * credentials of what it touches and no others.
 */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";
import { Client } from "pg";
import { CREDENTIALS, credentialFromEnvironment, parseSettings, SETTING_KEYS, type Settings } from "../config";
import { ownSettings } from "../settings/stack-file";
import { openStack, PROJECT, REPOSITORY } from "./engine";

/** Milliseconds until a database that does not answer is given up. */
const CONNECT_MILLISECONDS = 15_000;
/** Name that sessions have in pg_stat_activity. */
const APPLICATION_NAME = "maestroverse-ops";

/** A stack that can be reached. */
export interface Access {
  readonly stack: string;
  readonly settings: Settings;
  /** The database, as its administrator. @throws Error that says which credential is missing */
  database(): Promise<DatabaseAccess>;
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
   * @throws Error that names the server and what to do, without a password
   */
  connect(as?: { readonly user: string; readonly password: string }): Promise<Client>;
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
  const file = options.settingsFile ?? join(REPOSITORY, `Pulumi.${stack}.yaml`);
  const { settings, encrypted } = await readStackFile(stack, file);
  if (settings.environment === "rehearsal") {
    // The only way from ops into the rehearsal, for its own stack.
    const { keptRehearsal } = await import("../rehearsal/access.js");
    const kept = keptRehearsal();
    return { stack, settings, database: () => Promise.resolve(databaseAccess(stack, settings, kept.databaseAdminPassword())) };
  }
  return {
    stack,
    settings,
    database: async () => databaseAccess(stack, settings, await credential(stack, file, "databaseAdminPassword", encrypted)),
  };
}

/** The settings of a stack alone; reaches nothing. @throws SettingsError, or Error when there is no such stack */
export async function readStackSettings(stack: string, file = join(REPOSITORY, `Pulumi.${stack}.yaml`)): Promise<Settings> {
  return (await readStackFile(stack, file)).settings;
}

/** Settings of a stack, and which credentials its file holds, encrypted. */
async function readStackFile(stack: string, file: string): Promise<{ settings: Settings; encrypted: ReadonlySet<string> }> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`there is no stack ${stack}: ${file} does not exist. Name one of the stacks whose Pulumi.<stack>.yaml does.`);
  });
  const own = new Map(Object.entries(ownSettings(text, PROJECT)));
  const raw = Object.fromEntries(SETTING_KEYS.flatMap((key) => (own.has(key) ? [[key, own.get(key)]] : [])));
  return { settings: parseSettings(stack, raw), encrypted: new Set(Object.keys(CREDENTIALS).filter((key) => own.has(key))) };
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
    async connect({ user, password } = administrator) {
      const client = new Client({
        host,
        port,
        database: databaseName,
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
          `${stack}: ${user} cannot open database ${databaseName} at ${host}:${port}: ${message}. ` +
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
