/** `DATABASE_URL`, as components/lib/database-url.ts writes it, for node-postgres. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";
import type { ClientConfig } from "pg";

/** How to reach the database. */
export interface DatabaseSettings {
  /** Of one connection. Holds the password. */
  readonly connection: ClientConfig;
  /** Connections of the pool. @default 10 */
  readonly poolSize: number;
  /** Seconds that a request waits for a connection. @default 10 */
  readonly poolTimeoutSeconds: number;
}

const DEFAULT_POOL_SIZE = 10;
const DEFAULT_POOL_TIMEOUT_SECONDS = 10;

/** Parameters that are honoured. Another one is refused: ignoring it could mean a connection that is not what somebody asked for. */
const PARAMETERS = ["schema", "options", "sslmode", "sslaccept", "sslcert", "sslrootcert", "connection_limit", "pool_timeout"] as const;

/**
 * Reads a connection string.
 *
 * @returns the settings, or every problem, none of which holds a value of the string
 */
export function readDatabaseUrl(text: string): DatabaseSettings | string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["postgresql:", "postgres:"].includes(url.protocol))
    return ["must be postgresql://user:password@host:port/database?…, with each part percent-encoded."];
  const problems: string[] = [];
  const part = (what: string, encoded: string) => {
    const value = decoded(encoded);
    if (value === undefined || value === "") problems.push(`must name the ${what}, percent-encoded.`);
    return value ?? "";
  };
  const parameter = (name: (typeof PARAMETERS)[number]) => url.searchParams.getAll(name).at(-1);
  const whole = (name: "connection_limit" | "pool_timeout", otherwise: number) => {
    const value = parameter(name);
    if (value === undefined) return otherwise;
    if (!/^[1-9]\d{0,3}$/.test(value)) problems.push(`must have a ${name} from 1 to 9999.`);
    return Number(value);
  };
  for (const name of new Set(url.searchParams.keys()))
    if (!(PARAMETERS as readonly string[]).includes(name)) problems.push(`has the parameter ${name}, which this server does not know.`);

  const host = part("host", url.hostname);
  const schema = parameter("schema") ?? "public";
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) problems.push("must have a schema that is a PostgreSQL identifier in lower case.");
  const connection: ClientConfig = {
    host,
    port: url.port === "" ? 5432 : Number(url.port),
    user: part("user", url.username),
    password: part("password", url.password),
    database: part("database", url.pathname.slice(1)),
    options: [parameter("options"), `-c search_path=${schema}`].filter((each) => each !== undefined).join(" "),
    ssl: tls(host, parameter("sslmode"), parameter("sslrootcert"), problems),
    keepAlive: true,
  };
  const poolSize = whole("connection_limit", DEFAULT_POOL_SIZE);
  const poolTimeoutSeconds = whole("pool_timeout", DEFAULT_POOL_TIMEOUT_SECONDS);
  return problems.length === 0 ? { connection, poolSize, poolTimeoutSeconds } : problems;
}

function tls(host: string, mode: string | undefined, authorityFile: string | undefined, problems: string[]): false | ConnectionOptions {
  if (mode === "disable") {
    if (!/^(127\.\d+\.\d+\.\d+|localhost)$/.test(host)) problems.push("must not have sslmode=disable for a host beyond the loopback.");
    return false;
  }
  if (mode !== "verify-full") problems.push("must end in sslmode=verify-full (or disable, on the loopback).");
  const ca = authorityFile === undefined ? undefined : readable(authorityFile);
  if (authorityFile !== undefined && ca === undefined) problems.push("has an sslrootcert that names a file which cannot be read.");
  // node-postgres checks the certificate of a server that is named by its address against "localhost".
  return { ca, rejectUnauthorized: true, checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate) };
}

/** Name for messages: no credential in it. */
export function describeServer({ connection: { host = "", port } }: DatabaseSettings): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function readable(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
