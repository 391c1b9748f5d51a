import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { databaseUrl, libpqTls } from "../../../components/lib/database-url";
import { type DatabaseServer, startDatabaseServer } from "../../helpers/database-server";

const AUTHORITY_FILE = "/etc/maestroverse/database-authority/ca.pem";
const parts = {
  user: "maestro_app",
  password: "p~w.d_-",
  host: "db.example.com",
  port: 5432,
  databaseName: "maestroverse",
  authorityFile: AUTHORITY_FILE,
} as const;

it("is what Prisma and node-postgres read, with the strictest TLS that each knows", () => {
  expect(databaseUrl({ ...parts, sslMode: "verify-full", poolSize: 10 })).toBe(
    "postgresql://maestro_app:p~w.d_-@db.example.com:5432/maestroverse?schema=public&sslmode=require&sslmode=verify-full&sslaccept=strict" +
      "&sslcert=%2Fetc%2Fmaestroverse%2Fdatabase-authority%2Fca.pem&sslrootcert=%2Fetc%2Fmaestroverse%2Fdatabase-authority%2Fca.pem" +
      "&options=-c%20lock_timeout%3D10000&connection_limit=10&pool_timeout=10",
  );
});

it("leaves TLS and the pool out where there is none", () => {
  expect(databaseUrl({ ...parts, sslMode: "disable" })).toBe(
    "postgresql://maestro_app:p~w.d_-@db.example.com:5432/maestroverse?schema=public&sslmode=disable&options=-c%20lock_timeout%3D10000",
  );
});

it("tells PostgreSQL's own programs the same", () => {
  expect(libpqTls({ sslMode: "verify-full", authorityFile: AUTHORITY_FILE })).toEqual({
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: AUTHORITY_FILE,
  });
  expect(libpqTls({ sslMode: "disable", authorityFile: undefined })).toEqual({ PGSSLMODE: "disable" });
});

describe("a connection by node-postgres", () => {
  let folder: string;
  let withTls: DatabaseServer;
  let withoutTls: DatabaseServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "database-url-"));
    for (const name of ["ours", "theirs"]) makeAuthority(folder, name);
    makeServerCertificate(folder);
    withTls = await startDatabaseServer({ tls: { certificate: join(folder, "server.pem"), key: join(folder, "server.key") } });
    withoutTls = await startDatabaseServer();
    for (const server of [withTls, withoutTls]) {
      const admin = await server.connect();
      await admin.query(`CREATE ROLE maestro_app LOGIN PASSWORD '${PASSWORD}'`);
      await admin.query("CREATE DATABASE maestroverse");
    }
  });
  afterAll(async () => {
    await withTls.stop();
    await withoutTls.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // Every character that could break a URL.
  const PASSWORD = "a:b/c?d#e@f%g+h&i=j";

  async function connect(server: DatabaseServer, settings: { host: string; sslMode: "verify-full" | "disable"; authority?: string }) {
    const { authority = "ours", ...rest } = settings;
    const authorityFile = join(folder, `${authority}.pem`);
    const client = new Client({
      connectionString: databaseUrl({ ...parts, ...rest, authorityFile, port: server.port, password: PASSWORD }),
    });
    try {
      await client.connect();
      const { rows } = await client.query<Record<string, unknown>>(
        "SELECT ssl, current_setting('lock_timeout') AS lock FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
      );
      return rows[0];
    } finally {
      await client.end();
    }
  }

  it("is encrypted and checked, and waits 10 s for a lock", async () => {
    expect(await connect(withTls, { host: "localhost", sslMode: "verify-full" })).toEqual({ ssl: true, lock: "10s" });
  });

  it("is refused to a server with another authority's certificate", async () => {
    await expect(connect(withTls, { host: "localhost", sslMode: "verify-full", authority: "theirs" })).rejects.toThrow(
      "unable to verify the first certificate",
    );
  });

  it("is refused to a server whose certificate has another name", async () => {
    await expect(connect(withTls, { host: "127.0.0.1", sslMode: "verify-full" })).rejects.toThrow(
      "Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list: ",
    );
  });

  it("is refused to a server without TLS", async () => {
    await expect(connect(withoutTls, { host: "localhost", sslMode: "verify-full" })).rejects.toThrow(
      "The server does not support SSL connections",
    );
  });

  it("is refused without the file of certificates", async () => {
    await expect(connect(withTls, { host: "localhost", sslMode: "verify-full", authority: "missing" })).rejects.toThrow(
      "ENOENT: no such file or directory",
    );
  });

  it("is in the clear where TLS is disabled", async () => {
    expect(await connect(withoutTls, { host: "127.0.0.1", sslMode: "disable" })).toEqual({ ssl: false, lock: "10s" });
  });
});

const openssl = (folder: string, ...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });

function makeAuthority(folder: string, name: string): void {
  const subject = ["-subj", `/CN=${name}`, "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE"];
  openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.pem`, ...subject);
}

function makeServerCertificate(folder: string): void {
  const names = ["-addext", "subjectAltName=DNS:localhost"];
  openssl(
    folder,
    "req",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "server.key",
    "-out",
    "server.csr",
    "-subj",
    "/CN=localhost",
    ...names,
  );
  const by = ["-CA", "ours.pem", "-CAkey", "ours.key", "-CAcreateserial", "-copy_extensions", "copy", "-days", "2"];
  openssl(folder, "x509", "-req", "-in", "server.csr", "-out", "server.pem", ...by);
}
