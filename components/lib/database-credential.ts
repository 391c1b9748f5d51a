/** What a pod is told about the database (runbook §2), and the name of the Secret that tells it. */
import { authorityFile, type CertificateAuthority } from "./database-authority";
import { databaseUrl, libpqTls, type SslMode } from "./database-url";
import type { Login } from "./database-handover";
import type { RoleKey } from "./privileges";
import { contentTag } from "./content-tag";

/** The server, and how pods connect to it. */
export interface DatabaseEndpoint {
  /** Server as pods reach it; with `verify-full` the name in its certificate. */
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  /** `verify-full`, or `disable` on the loopback only. */
  readonly sslMode: SslMode;
  /** What the server's certificate is checked against; needed by `verify-full`. */
  readonly certificateAuthority?: CertificateAuthority | undefined;
  /** Connections that each application pod may open. */
  readonly poolSizePerPod: number;
}

/**
 * Environment of the pods of a role: `DATABASE_URL` for Prisma, libpq's variables for the dump.
 *
 * @param user the role that they log in as
 * @param password goes nowhere else
 */
export function credentialData(
  key: RoleKey,
  endpoint: DatabaseEndpoint,
  { user, password }: { readonly user: string; readonly password: string },
): Record<string, string> {
  const { host, port, databaseName, sslMode, certificateAuthority, poolSizePerPod } = endpoint;
  const tls = { sslMode, authorityFile: certificateAuthority === undefined ? undefined : authorityFile(certificateAuthority) };
  if (key === "backup")
    return { PGHOST: host, PGPORT: String(port), PGDATABASE: databaseName, PGUSER: user, PGPASSWORD: password, ...libpqTls(tls) };
  const poolSize = key === "app" ? { poolSize: poolSizePerPod } : {};
  return { DATABASE_URL: databaseUrl({ user, password, host, port, databaseName, ...tls, ...poolSize }) };
}

/**
 * Name of the Secret of a password's generation: `maestroverse-database-app-g1-` and the tag of everything in it but the password. Secrets are
 * immutable: another server, login, pool size or version of this program is another Secret, and the pods that use it are rolled.
 */
export function databaseSecretName(key: RoleKey, { user, generation }: Login, endpoint: DatabaseEndpoint): string {
  return `maestroverse-database-${key}-g${generation}-${contentTag(credentialData(key, endpoint, { user, password: "" }))}`;
}
