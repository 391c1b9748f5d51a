/**
 * A stack's settings and credentials: the only place that reads `pulumi.Config` and `process.env`. The schema is in settings/schema.
 *
 * Everything is validated before the first resource exists, and all problems are reported at once ({@link SettingsError}).
 */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { IMPORT_SET_VARIABLE, type ImportSet, parseImportSet } from "./settings/import-set";
import { parseSettings } from "./settings/parse";
import { ENVIRONMENTS, SECRET_NAMES, SETTING_KEYS, type Settings } from "./settings/schema";
import { SettingsError } from "./settings/settings-error";

export { ENVIRONMENTS, parseSettings, SECRET_NAMES, SETTING_KEYS, SettingsError };
export type { Settings };

/** Credentials of the providers. None of them stands in a stack file in plain text. */
export interface Credentials {
  /** Password of `database.adminUser`. */
  readonly databaseAdminPassword: pulumi.Output<string> | undefined;
  readonly datadogApiKey: pulumi.Output<string> | undefined;
  readonly datadogAppKey: pulumi.Output<string> | undefined;
}

/** Where each credential comes from: an encrypted stack setting, else an environment variable. */
export const CREDENTIALS = {
  databaseAdminPassword: "MAESTROVERSE_DATABASE_ADMIN_PASSWORD",
  datadogApiKey: "DD_API_KEY",
  datadogAppKey: "DD_APP_KEY",
} as const;

/** A credential in the environment; undefined: none, or an empty one. */
export function credentialFromEnvironment(key: keyof typeof CREDENTIALS): string | undefined {
  const value = process.env[CREDENTIALS[key]];
  return value === "" ? undefined : value;
}

/** Whether a stack's setting (`project:key`) is encrypted. The SDK keeps it to itself; it is the only one who knows. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

/**
 * Reads and validates the selected stack's settings and credentials.
 *
 * Credentials may be missing at preview, which contacts nothing; an `up` without one is refused before anything is created. One in plain text is
 * refused always, and so is a setting that is encrypted: nobody could review it, and a message would have to quote it.
 *
 * @throws SettingsError
 */
export function loadConfig(): { settings: Settings; credentials: Credentials } {
  const stack = pulumi.getStack();
  const config = new pulumi.Config();
  const present = Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${config.name}:`))
    .map((key) => key.slice(config.name.length + 1));
  const isEncrypted = (key: string) => isConfigSecret(`${config.name}:${key}`);
  const fix = (key: string, what: string, command: string) => `${stack}: ${key} ${what} pulumi config ${command} --stack ${stack}`;
  const known = new Set<string>([...SETTING_KEYS, ...Object.keys(CREDENTIALS)]);
  const encrypted = SETTING_KEYS.filter((key) => present.includes(key) && isEncrypted(key));
  const problems = [
    ...present.filter((key) => !known.has(key)).map((key) => fix(key, "is not a setting. Remove it:", `rm ${config.name}:${key}`)),
    ...encrypted.map((key) => fix(key, "is encrypted, and settings are reviewed. Remove it, and set it without --secret:", `rm ${key}`)),
    ...Object.keys(CREDENTIALS)
      .filter((key) => present.includes(key) && !isEncrypted(key))
      .map((key) => fix(key, "stands in plain text. Make another one, and encrypt it:", `set --secret ${key}`)),
  ];
  const settings = encrypted.length > 0 ? undefined : readSettings(stack, config, problems);
  const credentials = Object.fromEntries(
    (Object.entries(CREDENTIALS) as [keyof typeof CREDENTIALS, string][]).map(([key, variable]) => {
      const fromEnvironment = credentialFromEnvironment(key);
      const value = config.getSecret(key) ?? (fromEnvironment === undefined ? undefined : pulumi.secret(fromEnvironment));
      if (value === undefined && !pulumi.runtime.isDryRun())
        problems.push(`${fix(key, "is missing. Fix:", `set --secret ${key}`)} (or set ${variable} in the environment)`);
      return [key, value];
    }),
  ) as unknown as Credentials;
  if (settings === undefined || problems.length > 0) throw new SettingsError(stack, problems);
  return { settings, credentials };
}

/** The settings, or undefined and their problems. */
function readSettings(stack: string, config: pulumi.Config, problems: string[]): Settings | undefined {
  const present = SETTING_KEYS.map((key) => [key, config.get(key)] as const).filter(([, text]) => text !== undefined);
  try {
    return parseSettings(stack, Object.fromEntries(present.map(([key, text]) => [key, parseValue(text as string)])));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** Structured settings arrive as JSON, scalars as text. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** What this deployment takes over; undefined: nothing, as in every deployment but an adoption. @throws Error when its file cannot be read */
export function loadImportSet(): ImportSet | undefined {
  const file = process.env[IMPORT_SET_VARIABLE];
  if (file === undefined || file === "") return undefined;
  return parseImportSet(readFileSync(file, "utf8"), pulumi.getStack(), file);
}
