/** TLS between the stand-in for the PostgreSQL plugin and a server whose certificate is its own authority. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Properties } from "../../../rehearsal/plugins/lib/contract";
import { PostgresqlClient } from "../../../rehearsal/plugins/postgresql/client";
import { type DatabaseServer, startDatabaseServer } from "../../helpers/database-server";

let folder: string;
let withTls: DatabaseServer;
let withoutTls: DatabaseServer;
const own = () => join(folder, "own.pem");
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "postgresql-tls-"));
  const names = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  const command = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", join(folder, "key.pem"), "-out", own(), ...names];
  execFileSync("openssl", command, { stdio: "ignore" });
  withTls = await startDatabaseServer({ tls: { certificate: own(), key: join(folder, "key.pem") } });
  withoutTls = await startDatabaseServer();
  for (const server of [withTls, withoutTls]) await (await server.connect()).query("CREATE ROLE admin LOGIN PASSWORD 'admin'");
});
afterAll(async () => {
  await withTls?.stop();
  await withoutTls?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Whether the server says that the session is encrypted. */
async function encrypted(config: Properties): Promise<boolean | undefined> {
  const admin = { host: "127.0.0.1", port: String(withTls.port), username: "admin", password: "admin" };
  const client = await PostgresqlClient.connect({ ...admin, ...config });
  try {
    const statement = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    const [row] = await client.transaction((session) => session.query<{ ssl: boolean }>(statement));
    return row?.ssl;
  } finally {
    await client.close();
  }
}
// Errors of Node.js itself are of another realm under jest, which shows as `Error: `.
const refused = (port: number, host: string, why: string) =>
  new RegExp(
    `^PostgreSQL at ${host}:${port} offers no TLS that is accepted: (Error.*: )?${why}\\. ` +
      "Correct the server's certificate, or the provider settings sslmode and sslrootcert\\.$",
  );

it("is checked against the named authority and the host's name or address", async () => {
  expect(await encrypted({ sslmode: "verify-full", sslrootcert: own() })).toBe(true);
  expect(await encrypted({ sslmode: "verify-ca", sslrootcert: own(), host: "localhost" })).toBe(true);
  await expect(encrypted({ sslmode: "verify-full", sslrootcert: own(), host: "localhost" })).rejects.toThrow(
    refused(withTls.port, "localhost", "Hostname/IP does not match certificate's altnames: Host: localhost. is not cert's CN: test"),
  );
});

it("is checked against the system's authorities where none is named, and not at all with require", async () => {
  await expect(encrypted({ sslmode: "verify-full" })).rejects.toThrow(refused(withTls.port, "127.0.0.1", "self-signed certificate"));
  expect(await encrypted({ sslmode: "require" })).toBe(true);
});

it("is not done without where it is asked for", async () => {
  await expect(encrypted({ sslmode: "require", port: String(withoutTls.port) })).rejects.toThrow(
    refused(withoutTls.port, "127.0.0.1", "The server does not support SSL connections"),
  );
});
