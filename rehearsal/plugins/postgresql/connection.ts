/** How the provider's settings become a connection, and what to say when there is none. */
import { existsSync, readFileSync } from "node:fs";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";
import { type CheckFailure, type Properties, UNKNOWN } from "../lib/contract";
import { messageOf } from "../lib/errors";
import { booleanSetting, numberSetting, textSetting } from "../lib/settings";

/** Provider settings that are honoured. */
export const SETTINGS = [
  "host",
  "port",
  "database",
  "username",
  "password",
  "superuser",
  "sslmode",
  "sslrootcert",
  "connectTimeout",
  "maxConnections",
] as const;

/** Modes of TLS, as the official plugin's client has them. */
const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;
type SslMode = (typeof SSL_MODES)[number];

/** Where the certificates of the system's authorities are: Debian, Fedora, openSUSE, Alpine and macOS. @see Go, crypto/x509/root_linux.go */
const SYSTEM_AUTHORITIES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** A server, and who connects to it. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  /** Database of what belongs to none, such as roles. */
  readonly database: string;
  readonly username: string;
  readonly password: string | undefined;
  /** Whether the settings call the user a superuser: passwords are compared with the catalogue then. */
  readonly superuser: boolean;
  readonly tls: ConnectionOptions | false;
  readonly timeoutSeconds: number;
  readonly maxConnections: number;
}

/** What is wrong with the settings; contacts nothing. */
export function checkConnection(config: Properties): CheckFailure[] {
  // A setting that another resource makes is not known at preview.
  const known = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== UNKNOWN));
  const failures: CheckFailure[] = [];
  const attempt = (property: string, read: () => unknown) => {
    try {
      read();
    } catch (error) {
      failures.push({ property, reason: messageOf(error) });
    }
  };
  for (const name of ["database", "username", "password", "sslrootcert"]) attempt(name, () => textSetting(known, name));
  attempt("host", () => (config["host"] === UNKNOWN ? "" : hostIn(known)));
  attempt("port", () => wholeNumber(known, "port", 1, 65_535));
  attempt("connectTimeout", () => wholeNumber(known, "connectTimeout", 0, 86_400));
  attempt("maxConnections", () => wholeNumber(known, "maxConnections", 1, 10_000));
  attempt("superuser", () => booleanSetting(known, "superuser"));
  attempt("sslmode", () => sslModeIn(known));
  return failures;
}

/** The connection that checked settings say, with the official plugin's defaults. */
export function connectionIn(config: Properties): Connection {
  const host = hostIn(config);
  return {
    host,
    port: wholeNumber(config, "port", 1, 65_535) ?? 5432,
    database: textSetting(config, "database") ?? "postgres",
    username: textSetting(config, "username") ?? "postgres",
    password: textSetting(config, "password"),
    superuser: booleanSetting(config, "superuser") ?? true,
    tls: tlsOptions(host, sslModeIn(config), textSetting(config, "sslrootcert")),
    timeoutSeconds: wholeNumber(config, "connectTimeout", 0, 86_400) ?? 180,
    maxConnections: wholeNumber(config, "maxConnections", 1, 10_000) ?? 20,
  };
}

function hostIn(config: Properties): string {
  const host = textSetting(config, "host");
  if (host === undefined) throw new Error("Provider setting host is missing. Say which server to work on.");
  return host;
}

function wholeNumber(config: Properties, name: string, minimum: number, maximum: number): number | undefined {
  const value = numberSetting(config, name);
  if (value === undefined || (Number.isInteger(value) && value >= minimum && value <= maximum)) return value;
  throw new Error(`Provider setting ${name} must be a whole number from ${minimum} to ${maximum}, got ${value}.`);
}

function sslModeIn(config: Properties): SslMode {
  const mode = textSetting(config, "sslmode") ?? "require";
  if (SSL_MODES.some((each) => each === mode)) return mode as SslMode;
  throw new Error(`Provider setting sslmode must be one of ${SSL_MODES.join(", ")}, got ${JSON.stringify(mode)}.`);
}

function tlsOptions(host: string, mode: SslMode, rootCertificate: string | undefined): ConnectionOptions | false {
  if (mode === "disable") return false;
  // As libpq has it: an authority that is named is asked.
  if (mode === "require" && rootCertificate === undefined) return { rejectUnauthorized: false };
  const file = rootCertificate ?? SYSTEM_AUTHORITIES.find((each) => existsSync(each));
  return {
    ...(file !== undefined && { ca: readAuthorities(file) }),
    // pg names no host that is an address: say which one the certificate must be for.
    checkServerIdentity: (_host, certificate) => (mode === "verify-full" ? checkServerIdentity(host, certificate) : undefined),
  };
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`Provider setting sslrootcert: ${file} cannot be read (${messageOf(error)}).`);
  }
}

/** What to do about a refusal, by PostgreSQL's code for it. @see PostgreSQL, appendix A */
const REMEDIES: Readonly<Record<string, string>> = {
  "28P01": "Correct the provider settings username and password.",
  "28000": "Correct the provider settings username, database and sslmode, or the server's pg_hba.conf.",
  "3D000": "Create the database, or correct the name (provider setting or the resource's input database).",
  "42501": "Grant the provider's username CONNECT on the database.",
  "53300": "Lower the provider setting maxConnections, or raise the server's max_connections.",
  "57P03": "Wait until it is up, then run again.",
};

/** One message for a connection that could not be had: who refused it, why, and which setting to look at. */
export function connectionFailure({ host, port, username, timeoutSeconds }: Connection, database: string, error: unknown): Error {
  const server = `PostgreSQL at ${host}:${port}`;
  const message = messageOf(error);
  const { code = "" } = error as { code?: string };
  const say = (what: string, remedy: string) => new Error(`${server} ${what}: ${message}. ${remedy}`, { cause: error });
  if (isRefusal(error)) return say(`refused ${username} the database ${database}`, REMEDIES[code] ?? "See the server's log.");
  if (message.startsWith("SASL")) return say("asks for a password", "Set the provider setting password.");
  if (/SSL|TLS|CERT|SIGNED|VERIFY/.test(`${code} ${message}`))
    return say("offers no TLS that is accepted", "Correct the server's certificate, or the provider settings sslmode and sslrootcert.");
  if (/timeout/i.test(message)) return say(`did not answer within ${timeoutSeconds} s`, "Correct the provider settings host and port.");
  return say("cannot be reached", "Start it, or correct the provider settings host and port.");
}

/** Whether the server itself said it. */
export function isRefusal(error: unknown): error is Error & { readonly code: string; readonly detail?: string; readonly hint?: string } {
  return error instanceof Error && "severity" in error;
}
