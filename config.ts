/**
 * A stack's settings and credentials: the only place that reads `pulumi.Config` and `process.env`. The schema is in settings/schema.
 *
 * Everything is validated before the first resource exists, and all problems are reported at once ({@link SettingsError}).
 */
import * as pulumi from "@pulumi/pulumi";
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
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    problems.push(...error.problems);
  }
  const credentials = Object.fromEntries(
    (Object.entries(CREDENTIALS) as [keyof typeof CREDENTIALS, string][]).map(([key, variable]) => {
      const fromEnvironment = credentialFromEnvironment(key);
      const value = config.getSecret(key) ?? (fromEnvironment === undefined ? undefined : pulumi.secret(fromEnvironment));
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
