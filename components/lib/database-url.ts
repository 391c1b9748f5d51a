/** Connection strings, as Prisma and node-postgres read them. */
import { LOCK_TIMEOUT_MILLISECONDS } from "./database-limits";
import { SCHEMA } from "./privileges";

/** How a client treats TLS: `verify-full`, or `disable` on the loopback only. */
export type SslMode = "verify-full" | "disable";

/** What a connection string is made of. */
export interface DatabaseUrl {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly sslMode: SslMode;
  /** File with the certificates that the server's is checked against; needed by `verify-full`. */
  readonly authorityFile?: string | undefined;
  /** Connections of the pool; absent: the client's default. */
  readonly poolSize?: number;
}

/** Seconds that a request waits for a free connection of the pool before it fails: less than a client's patience. */
const POOL_TIMEOUT_SECONDS = 10;

/** `postgresql://user:password@host:port/database?…`. Holds the password: only ever part of a Secret. */
export function databaseUrl(parts: DatabaseUrl): string {
  const { user, password, host, port, databaseName, poolSize } = parts;
  const query: (readonly [string, string])[] = [
    ["schema", SCHEMA],
    ...tlsParameters(parts),
    // The provider's Role knows no lock_timeout: the session asks for it.
    ["options", `-c lock_timeout=${LOCK_TIMEOUT_MILLISECONDS}`],
  ];
  if (poolSize !== undefined) query.push(["connection_limit", String(poolSize)], ["pool_timeout", String(POOL_TIMEOUT_SECONDS)]);
  // Not URLSearchParams: its `+` for a blank stays a plus for some clients.
  const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(databaseName)}?${text}`;
}

/** Environment of PostgreSQL's own programs. */
export function libpqTls({ sslMode, authorityFile }: Pick<DatabaseUrl, "sslMode" | "authorityFile">): Record<string, string> {
  return { PGSSLMODE: sslMode, ...(sslMode === "disable" || authorityFile === undefined ? {} : { PGSSLROOTCERT: authorityFile }) };
}

/**
 * Two clients, two vocabularies. Prisma's engine knows `require` and, for a word it does not know, keeps what it had: alone, `verify-full`
 * would leave it at `prefer`, which accepts a server without TLS. node-postgres takes the last one. Prisma's names for the certificate and
 * for the strict check are `sslcert` and `sslaccept`; node-postgres' name is `sslrootcert`.
 */
function tlsParameters({ sslMode, authorityFile }: DatabaseUrl): (readonly [string, string])[] {
  if (sslMode === "disable") return [["sslmode", sslMode]];
  const parameters = [
    ["sslmode", "require"],
    ["sslmode", sslMode],
    ["sslaccept", "strict"],
  ] as const;
  return authorityFile === undefined ? [...parameters] : [...parameters, ["sslcert", authorityFile], ["sslrootcert", authorityFile]];
}
