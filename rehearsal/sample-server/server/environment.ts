/** The server's settings: everything that it reads from its environment, checked before it does anything else. */
import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { type DatabaseSettings, readDatabaseUrl } from "./database-url";
import { SECRET_NAMES, type Secret, type SecretName, type Secrets } from "./keys";

/** Settings of the server. */
export interface ServerSettings {
  readonly port: number;
  /** @default 0.0.0.0 */
  readonly listenAddress: string;
  /** Origins whose pages may call the API. */
  readonly corsOrigins: readonly string[];
  /** `https://host[:port]`: the only place that a redirect leads to. */
  readonly publicUrl: string;
  /** Proxies before the server: the client's address is that many places from the right in X-Forwarded-For. */
  readonly trustedProxies: number;
  readonly database: DatabaseSettings;
  readonly secrets: Secrets;
  readonly tokenSeconds: TokenSeconds;
  /** Folder of access.log. @default /var/log/maestroverse */
  readonly logDirectory: string;
}

/** Seconds that what the server signs is good for. */
export interface TokenSeconds {
  /** Access tokens. @default 900 */
  readonly access: number;
  /** Sessions, and the CSRF tokens made for them. @default 43200 */
  readonly session: number;
}

/** What is wrong with the environment, all of it. Holds names of variables, never a value. */
export class EnvironmentError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "EnvironmentError";
  }
}

const DEFAULT_TOKEN_SECONDS: TokenSeconds = { access: 900, session: 43_200 };
/** Seconds that a token may be good for at most: 30 days. */
const MAXIMUM_TOKEN_SECONDS = 2_592_000;
const DEFAULT_LOG_DIRECTORY = "/var/log/maestroverse";
/** Characters of a secret: 32 bytes and more whatever the encoding. The runbook's have 88. */
const MINIMUM_SECRET_LENGTH = 44;
const ORIGIN = /^https:\/\/[a-z0-9.-]+(:\d{1,5})?$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws EnvironmentError with every problem at once */
export function readEnvironment(environment: Environment): ServerSettings {
  const problems: string[] = [];
  const read = <T>(name: string, rule: string, parse: (text: string) => T | undefined, otherwise?: T): T => {
    const text = environment[name];
    const value = text === undefined || text === "" ? otherwise : parse(text);
    if (value === undefined) problems.push(`${name} must be ${rule}.`);
    return value as T;
  };
  const matching = (test: boolean, text: string) => (test ? text : undefined);

  read("NODE_ENV", "production", (text) => matching(text === "production", text));
  read("LOG_FORMAT", "combined", (text) => matching(text === "combined", text));
  const settings = {
    port: read("PORT", "a TCP port from 1 to 65535", (text) => wholeNumber(text, 65_535)),
    listenAddress: read("LISTEN_ADDRESS", "an IP address", (text) => matching(isIP(text) !== 0, text), "0.0.0.0"),
    corsOrigins: read("CORS_ORIGINS", "origins https://host[:port] without a path, with commas between them", (text) => {
      const origins = text.split(",").map((origin) => origin.trim());
      return origins.every((origin) => ORIGIN.test(origin)) ? origins : undefined;
    }),
    publicUrl: read("PUBLIC_URL", "https://host[:port] without a path", (text) => matching(ORIGIN.test(text), text)),
    trustedProxies: read("TRUST_PROXY", "the number of proxies before the server, 1 to 5", (text) => wholeNumber(text, 5)),
    logDirectory: read("LOG_DIRECTORY", "an absolute path", (text) => matching(isAbsolute(text), text), DEFAULT_LOG_DIRECTORY),
    tokenSeconds: {
      access: read(
        "ACCESS_TOKEN_SECONDS",
        "1 to 2592000",
        (text) => wholeNumber(text, MAXIMUM_TOKEN_SECONDS),
        DEFAULT_TOKEN_SECONDS.access,
      ),
      session: read("SESSION_SECONDS", "1 to 2592000", (text) => wholeNumber(text, MAXIMUM_TOKEN_SECONDS), DEFAULT_TOKEN_SECONDS.session),
    },
    database: readDatabase(environment, problems),
    secrets: readSecrets(environment, problems),
  };
  if (problems.length > 0) throw new EnvironmentError(problems);
  return settings;
}

/** @throws EnvironmentError with every problem of DATABASE_URL, the only variable that the migrations read */
export function readMigrationEnvironment(environment: Environment): DatabaseSettings {
  const problems: string[] = [];
  const database = readDatabase(environment, problems);
  if (problems.length > 0) throw new EnvironmentError(problems);
  return database;
}

function readDatabase(environment: Environment, problems: string[]): DatabaseSettings {
  const read = readDatabaseUrl(environment["DATABASE_URL"] ?? "");
  if (Array.isArray(read)) problems.push(...read.map((problem) => `DATABASE_URL ${problem}`));
  return read as DatabaseSettings;
}

function readSecrets(environment: Environment, problems: string[]): Secrets {
  const seen = new Map<string, string>();
  const read = (name: string) => {
    const value = environment[name];
    if (value === undefined || value.length < MINIMUM_SECRET_LENGTH) {
      problems.push(`${name} must be a secret of at least ${MINIMUM_SECRET_LENGTH} characters.`);
      return "";
    }
    const twin = seen.get(value);
    if (twin !== undefined) problems.push(`${name} must be another secret than ${twin}.`);
    seen.set(value, name);
    return value;
  };
  const pair = (name: SecretName): Secret => {
    const rolling = `${name}_ROLLING`;
    return { current: read(name), ...(environment[rolling] === undefined ? {} : { rolling: read(rolling) }) };
  };
  return Object.fromEntries(SECRET_NAMES.map((name) => [name, pair(name)])) as Secrets;
}

function wholeNumber(text: string, maximum: number): number | undefined {
  return /^[1-9]\d*$/.test(text) && Number(text) <= maximum ? Number(text) : undefined;
}
