/** What the sample server reads from its environment, and what it says when that is wrong. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { databaseUrl } from "../../components/lib/database-url";
import { type DatabaseSettings, readDatabaseUrl } from "../../rehearsal/sample-server/server/database-url";
import { type EnvironmentError, readEnvironment } from "../../rehearsal/sample-server/server/environment";
import { startDatabaseServer } from "../helpers/database-server";
import { makeSecrets, podEnvironment, runProgram } from "../helpers/sample-server";

const parts = {
  authorityFile: undefined,
  user: "maestro_app",
  password: "p@ss:w/o?r#d%+ &=",
  host: "127.0.0.1",
  port: 5433,
  databaseName: "maestroverse",
} as const;
const good = () => ({
  ...podEnvironment(3000),
  ...makeSecrets(),
  DATABASE_URL: databaseUrl({ ...parts, sslMode: "disable", poolSize: 5 }),
});

/** The problems of an environment. */
function problems(environment: Record<string, string | undefined>): readonly string[] {
  try {
    readEnvironment(environment);
    return [];
  } catch (error) {
    return (error as EnvironmentError).problems;
  }
}

it("accepts what the components give a pod", () => {
  const environment = good();
  const { secrets, ...settings } = readEnvironment(environment);
  expect(settings).toEqual({
    port: 3000,
    listenAddress: "127.0.0.1",
    corsOrigins: ["https://app.maestroverse.edu", "https://admin.maestroverse.edu"],
    publicUrl: "https://api.maestroverse.edu",
    trustedProxies: 1,
    logDirectory: "/var/log/maestroverse",
    tokenSeconds: { access: 900, session: 43_200 },
    database: {
      connection: {
        host: "127.0.0.1",
        port: 5433,
        user: "maestro_app",
        password: parts.password,
        database: "maestroverse",
        options: "-c lock_timeout=10000 -c search_path=public",
        ssl: false,
        keepAlive: true,
      },
      poolSize: 5,
      poolTimeoutSeconds: 10,
    },
  });
  expect(secrets.JWT_SECRET).toEqual({ current: (environment as Record<string, string>)["JWT_SECRET"] });
});

it("signs for a quarter of an hour and sessions of twelve hours unless told otherwise", () => {
  const silent = { ...good(), ACCESS_TOKEN_SECONDS: undefined, SESSION_SECONDS: undefined };
  expect(readEnvironment(silent).tokenSeconds).toEqual({ access: 900, session: 43_200 });
  expect(readEnvironment({ ...good(), ACCESS_TOKEN_SECONDS: "30", SESSION_SECONDS: "40" }).tokenSeconds).toEqual({
    access: 30,
    session: 40,
  });
  expect(() => readEnvironment({ ...good(), SESSION_SECONDS: "0" })).toThrow("SESSION_SECONDS must be 1 to 2592000.");
});

it("listens on every address unless told otherwise", () => {
  expect(readEnvironment({ ...good(), LISTEN_ADDRESS: undefined }).listenAddress).toBe("0.0.0.0");
});

it("ends with every problem of an empty environment at once, before it listens", async () => {
  const { code, stdout, stderr } = await runProgram("main.ts", {});
  const secret = (name: string) => `${name} must be a secret of at least 44 characters.`;
  expect([code, stdout, stderr.trimEnd().split("\n")]).toEqual([
    1,
    "",
    [
      "NODE_ENV must be production.",
      "LOG_FORMAT must be combined.",
      "PORT must be a TCP port from 1 to 65535.",
      "CORS_ORIGINS must be origins https://host[:port] without a path, with commas between them.",
      "PUBLIC_URL must be https://host[:port] without a path.",
      "TRUST_PROXY must be the number of proxies before the server, 1 to 5.",
      "DATABASE_URL must be postgresql://user:password@host:port/database?…, with each part percent-encoded.",
      secret("MAESTROVERSE_PEPPER"),
      secret("JWT_SECRET"),
      secret("SESSION_SECRET"),
      secret("CSRF_SECRET"),
    ],
  ]);
});

it("names what is wrong and prints no value of it", async () => {
  const wrong = {
    NODE_ENV: "development-b4dbad",
    LOG_FORMAT: "dev-b4dbad",
    PORT: "70000",
    LISTEN_ADDRESS: "b4dbad.example",
    CORS_ORIGINS: "https://app.maestroverse.edu,*",
    PUBLIC_URL: "https://b4dbad.example/path",
    TRUST_PROXY: "true",
    LOG_DIRECTORY: "b4dbad",
    DATABASE_URL: "postgresql://b4dbad:b4dbad@b4dbad:1/b4dbad?sslmode=b4dbad&schema=B4dbad&connection_limit=b4dbad&host=b4dbad",
    JWT_SECRET: "b4dbad",
  };
  const { code, stdout, stderr } = await runProgram("main.ts", { ...good(), ...wrong });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr.trimEnd().split("\n")).toEqual([
    "NODE_ENV must be production.",
    "LOG_FORMAT must be combined.",
    "PORT must be a TCP port from 1 to 65535.",
    "LISTEN_ADDRESS must be an IP address.",
    "CORS_ORIGINS must be origins https://host[:port] without a path, with commas between them.",
    "PUBLIC_URL must be https://host[:port] without a path.",
    "TRUST_PROXY must be the number of proxies before the server, 1 to 5.",
    "LOG_DIRECTORY must be an absolute path.",
    "DATABASE_URL has the parameter host, which this server does not know.",
    "DATABASE_URL must have a schema that is a PostgreSQL identifier in lower case.",
    "DATABASE_URL must end in sslmode=verify-full (or disable, on the loopback).",
    "DATABASE_URL must have a connection_limit from 1 to 9999.",
    "JWT_SECRET must be a secret of at least 44 characters.",
  ]);
  expect(stderr).not.toMatch(/b4dbad/i);
});

it("refuses a secret that is another one too, and an empty NAME_ROLLING", () => {
  const environment: Record<string, string> = good();
  const { JWT_SECRET = "" } = environment;
  expect(problems({ ...environment, SESSION_SECRET: JWT_SECRET, JWT_SECRET_ROLLING: JWT_SECRET, CSRF_SECRET_ROLLING: "" })).toEqual([
    "JWT_SECRET_ROLLING must be another secret than JWT_SECRET.",
    "SESSION_SECRET must be another secret than JWT_SECRET_ROLLING.",
    "CSRF_SECRET_ROLLING must be a secret of at least 44 characters.",
  ]);
});

it("ends with one line when its port is taken or its log cannot be written", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  const taken = await runProgram("main.ts", { ...good(), PORT: String(port), LOG_DIRECTORY: tmpdir() });
  other.close();
  expect([taken.code, taken.stderr]).toEqual([1, `listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`]);
  const unwritable = await runProgram("main.ts", { ...good(), LOG_DIRECTORY: "/no/such/folder" });
  expect([unwritable.code, unwritable.stderr]).toEqual([1, "ENOENT: no such file or directory, open '/no/such/folder/access.log'\n"]);
});

describe("DATABASE_URL with verify-full", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sample-server-tls-"));
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    for (const [name, san] of [
      ["right", "IP:127.0.0.1"],
      ["wrong", "DNS:localhost"],
    ] as const)
      openssl(
        ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.pem`, "-days", "2"],
        ...["-subj", "/CN=maestroverse test", "-addext", `subjectAltName=${san}`],
      );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The error of a connection, or `ok`. */
  async function attempt(port: number, authority: string): Promise<string> {
    const read = readDatabaseUrl(databaseUrl({ ...parts, port, sslMode: "verify-full", authorityFile: join(folder, authority) }));
    const client = new Client((read as DatabaseSettings).connection);
    try {
      await client.connect();
      const { rows } = await client.query<{ ssl: boolean; schema: string; lock: string }>(
        `SELECT ssl, current_schema() AS schema, current_setting('lock_timeout') AS lock FROM pg_stat_ssl WHERE pid = pg_backend_pid()`,
      );
      expect(rows).toEqual([{ ssl: true, schema: "public", lock: "10s" }]);
      return "ok";
    } catch (error) {
      return (error as Error).message;
    } finally {
      await client.end();
    }
  }

  it("connects to a server whose certificate is for its host, and to no other", async () => {
    for (const [name, other] of [
      ["right", "wrong"],
      ["wrong", "right"],
    ] as const) {
      const server = await startDatabaseServer({ tls: { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) } });
      const admin = await server.connect();
      await admin.query(`CREATE ROLE maestro_app LOGIN PASSWORD '${parts.password}'`);
      await admin.query("CREATE DATABASE maestroverse");
      const results = [await attempt(server.port, `${name}.pem`), await attempt(server.port, `${other}.pem`)];
      await server.stop();
      expect(results).toEqual([
        name === "right" ? "ok" : "Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list: ",
        "self-signed certificate",
      ]);
    }
  });

  it("does not connect to a server without TLS", async () => {
    const server = await startDatabaseServer();
    const result = await attempt(server.port, "right.pem");
    await server.stop();
    expect(result).toBe("The server does not support SSL connections");
  });

  it("is refused when its certificates cannot be read, and without TLS beyond the loopback", () => {
    expect(readDatabaseUrl(databaseUrl({ ...parts, sslMode: "verify-full", authorityFile: "/nowhere/ca.pem" }))).toEqual([
      "has an sslrootcert that names a file which cannot be read.",
    ]);
    expect(readDatabaseUrl(databaseUrl({ ...parts, host: "db.example.com", sslMode: "disable" }))).toEqual([
      "must not have sslmode=disable for a host beyond the loopback.",
    ]);
    expect(readDatabaseUrl("postgresql://user:%E0%A4%A@127.0.0.1/?sslmode=disable")).toEqual([
      "must name the password, percent-encoded.",
      "must name the database, percent-encoded.",
    ]);
  });
});
