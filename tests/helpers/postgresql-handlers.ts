/** A database server for the handlers of the PostgreSQL stand-in, where the engine would only be in the way. */
import type { Client } from "pg";
import type { HandlerContext, Properties, ResourceHandler } from "../../rehearsal/plugins/lib/contract";
import { PostgresqlClient } from "../../rehearsal/plugins/postgresql/client";
import { type DatabaseServer, startDatabaseServer } from "./database-server";

/** The server, with the database `shop` of the administrator `rds`. */
export class HandlerBench {
  private readonly clients: PostgresqlClient[] = [];

  private constructor(
    readonly server: DatabaseServer,
    /** A superuser in the database. */
    readonly root: Client,
  ) {}

  static async start(): Promise<HandlerBench> {
    const server = await startDatabaseServer();
    const postgres = await server.connect();
    await postgres.query("CREATE ROLE admin LOGIN SUPERUSER PASSWORD 'admin'; CREATE ROLE rds LOGIN CREATEROLE CREATEDB PASSWORD 'rds'");
    await postgres.query("CREATE DATABASE shop OWNER rds");
    return new HandlerBench(server, await server.connect({ database: "shop" }));
  }

  /** What a handler gets from a provider whose user is a superuser, or is what the settings say. */
  async context(settings: Properties = {}): Promise<HandlerContext<PostgresqlClient>> {
    const address = { host: "127.0.0.1", port: String(this.server.port), database: "shop", sslmode: "disable" };
    const client = await PostgresqlClient.connect({ ...address, username: "admin", password: "admin", ...settings });
    this.clients.push(client);
    return { client, signal: new AbortController().signal, log: () => undefined, urn: "urn" };
  }

  /** As on RDS: the administrator is no superuser, and owns the database. */
  asRds(): Promise<HandlerContext<PostgresqlClient>> {
    return this.context({ username: "rds", password: "rds", superuser: "false" });
  }

  /** The first value that a statement of the superuser gives. */
  async value(statement: string): Promise<unknown> {
    const { rows } = await this.root.query<unknown[]>({ text: statement, rowMode: "array" });
    return rows[0]?.[0];
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await this.server.stop();
  }
}

/** Inputs with the defaults that `check` gives them. */
export function checked(handler: ResourceHandler<PostgresqlClient>, inputs: Properties): Properties {
  return handler.check?.(undefined, inputs, "urn", new Uint8Array(), {}).inputs ?? inputs;
}
