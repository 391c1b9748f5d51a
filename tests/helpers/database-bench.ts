/**
 * A real server with the roles as `up` makes them: the component's resources, made by the rehearsal's stand-in (postgresql-provider.ts), and
 * sessions with the credentials that its pods get.
 *
 * It does not prove that the official provider sends the same statements, nor what RDS adds to PostgreSQL.
 */
import * as k8s from "@pulumi/kubernetes";
import type { Client } from "pg";
import { DatabaseRoles } from "../../components/database-roles";
import type { SecretGeneration } from "../../components/lib/pod-secret";
import type { RoleKey } from "../../components/lib/privileges";
import { HardenedNamespace } from "../../components/namespace";
import { type DatabaseEdition, type DatabaseServer, startDatabaseServer } from "./database-server";
import { type RecordedResource, reveal, startMocks } from "./mocks";
import { isPostgresql, PostgresqlProvider, STACK } from "./postgresql-provider";

/** Name of the database. */
export const DATABASE = "maestroverse";
/** Name, and password, of the administrator. */
export const ADMIN = "maestro_admin";
/** What the connection limits derive from: 2 × (2 + 1 + 2). */
export const DEMAND = { poolSizePerPod: 2, maximumPods: 2, minReadySeconds: 10, terminationGraceSeconds: 15 } as const;

/** Every server that the roles are tested on. */
export const BENCHES = (["debian", "npm"] as const).flatMap((edition) => [
  { edition, adminIsSuperuser: true, title: `PostgreSQL of ${edition}, whose administrator is a superuser` },
  { edition, adminIsSuperuser: false, title: `PostgreSQL of ${edition}, whose administrator is no superuser, as on RDS` },
]);

/** Settings of {@link DatabaseBench.start}. */
export interface BenchOptions {
  readonly edition?: DatabaseEdition;
  /** @default true */
  readonly adminIsSuperuser?: boolean;
  /** Statements of the administrator in the database before the roles exist. */
  readonly before?: string;
}

/** Generation of the application's password. */
export type AppGeneration = Pick<SecretGeneration, "generation" | "overlap">;

/** Registers the component as program.ts does. */
async function registerRoles(port: number, app: AppGeneration = { generation: 1, overlap: false }): Promise<readonly RecordedResource[]> {
  const mocks = await startMocks({ stack: STACK });
  await mocks.run(() => {
    const room = (name: string) => new HardenedNamespace(name, { namespaceName: name, labels: {} });
    const of = { generation: 1, rotatedOn: "2026-11-01", overlap: false };
    const roles = new DatabaseRoles("database", {
      host: "127.0.0.1",
      port,
      databaseName: DATABASE,
      sslMode: "disable",
      ...DEMAND,
      generations: { migrator: of, app: { ...of, ...app }, backup: of },
      namespace: room("maestroverse"),
      migrationsNamespace: room("migrations"),
      labels: {},
    });
    roles.protectMigrationsTable(new k8s.batch.v1.Job("migrate", {}));
  });
  return mocks.resources;
}

/** Creates the administrator and the database, as somebody did before the program. */
export async function createDatabase(server: DatabaseServer, adminIsSuperuser: boolean): Promise<void> {
  const root = await server.connect();
  await root.query(`CREATE ROLE ${ADMIN} LOGIN PASSWORD '${ADMIN}' CREATEROLE CREATEDB ${adminIsSuperuser ? "SUPERUSER" : "NOSUPERUSER"}`);
  await root.query(`CREATE DATABASE ${DATABASE} OWNER ${ADMIN}`);
}

/** The server and everything on it. */
export class DatabaseBench {
  private constructor(
    readonly server: DatabaseServer,
    readonly provider: PostgresqlProvider,
    readonly resources: readonly RecordedResource[],
    /** A session of the server's own superuser in the database. */
    readonly superuser: Client,
  ) {}

  /** Starts a server with the roles; no migration has run. */
  static async start({ edition, adminIsSuperuser = true, before }: BenchOptions = {}): Promise<DatabaseBench> {
    const server = await startDatabaseServer(edition === undefined ? {} : { edition });
    await createDatabase(server, adminIsSuperuser);
    const provider = new PostgresqlProvider({
      host: "127.0.0.1",
      port: String(server.port),
      database: DATABASE,
      username: ADMIN,
      password: ADMIN,
      superuser: String(adminIsSuperuser),
      sslmode: "disable",
    });
    const resources = await registerRoles(server.port);
    const bench = new DatabaseBench(server, provider, resources, await server.connect({ database: DATABASE }));
    if (before !== undefined) await (await bench.asAdmin()).query(before);
    for (const resource of resources.filter(isPostgresql).slice(0, -1)) await provider.create(resource);
    return bench;
  }

  /** Takes the migrations' table out of the application's reach, as `up` does after the first migration. */
  async protectMigrationsTable(): Promise<void> {
    await this.provider.create(this.resources.filter(isPostgresql).at(-1) as RecordedResource);
  }

  /**
   * What `up` does to the server up to the rollout, with another generation of the application's password.
   *
   * @returns the DATABASE_URL of the pods that come, and the end of `up`: what the program has no more goes
   */
  async up(app: AppGeneration): Promise<{ readonly url: string; end(): Promise<string[]> }> {
    const program = await registerRoles(this.server.port, app);
    for (const resource of program.filter(isPostgresql)) await this.provider.bring(resource);
    const secret = program.find(({ name }) => /^database-app-g\d+-secret$/.test(name)) as RecordedResource;
    const url = reveal<{ stringData: { DATABASE_URL: string } }>(secret.inputs).stringData.DATABASE_URL;
    return { url, end: () => this.provider.prune(program) };
  }

  /** Content of a role's Secret. */
  secret(key: RoleKey): Record<string, string> {
    const found = this.resources.find(({ name }) => name === `database-${key}-g1-secret`) as RecordedResource;
    return reveal<{ stringData: Record<string, string> }>(found.inputs).stringData;
  }

  /** Another session of a role, with the credential of its pods. */
  connect(key: RoleKey): Promise<Client> {
    const { DATABASE_URL, PGUSER, PGPASSWORD, PGDATABASE } = this.secret(key);
    return this.server.connect(
      DATABASE_URL === undefined ? { user: PGUSER, password: PGPASSWORD, database: PGDATABASE } : { connectionString: DATABASE_URL },
    );
  }

  /** A session of each role. */
  async sessions(): Promise<Record<RoleKey, Client>> {
    const [app, backup, migrator] = await Promise.all([this.connect("app"), this.connect("backup"), this.connect("migrator")]);
    return { app, backup, migrator };
  }

  /** Another session of the administrator in the database. */
  asAdmin(): Promise<Client> {
    return this.server.connect({ user: ADMIN, password: ADMIN, database: DATABASE });
  }

  async stop(): Promise<void> {
    await this.provider.close();
    await this.server.stop();
  }
}
