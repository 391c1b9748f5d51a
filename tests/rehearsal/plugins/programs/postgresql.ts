/** Programs for the tests of the PostgreSQL stand-in. */
import * as postgresql from "@pulumi/postgresql";

import type { Program } from "../../../helpers/plugin-stack";

/** Administrator that the programs connect as; the test makes it. */
export const ADMIN = { username: "shop_admin", password: "admin's secret" };
/** Password of the role that has one in clear text. */
export const READER_PASSWORD = `o'clear\\text "quoted"`;

/** What differs between two runs. */
export interface ShopSettings {
  readonly port: number;
  readonly adminPassword?: string;
  readonly superuser?: boolean;
  /** Verifier or clear text. */
  readonly appPassword?: string;
  readonly statementTimeout?: number;
  readonly connectionLimit?: number;
  readonly appPrivileges?: readonly string[];
  readonly readerSchema?: string;
  /** Input of the schema that the stand-in does not know. */
  readonly unknownInput?: boolean;
}

/** An owner, two roles that it grants to, a schema and privileges of each kind: 9 resources and the provider. */
export function shop(settings: ShopSettings): Program {
  const { port, adminPassword = ADMIN.password, superuser = true, appPassword = "first password", statementTimeout = 1000 } = settings;
  const { connectionLimit = 5, appPrivileges = ["SELECT", "INSERT"], readerSchema = "shop", unknownInput = false } = settings;
  return () => {
    const provider = new postgresql.Provider("shop", {
      host: "127.0.0.1",
      port,
      database: "shop",
      username: ADMIN.username,
      password: adminPassword,
      superuser,
      sslmode: "disable",
    });
    const owner = new postgresql.Role("owner", { name: "shop_owner" }, { provider });
    const app = new postgresql.Role(
      "app",
      { name: "shop_app", login: true, password: appPassword, statementTimeout, connectionLimit, searchPaths: ["shop", "$user"] },
      { provider },
    );
    const reader = new postgresql.Role(
      "reader",
      { name: `shop "reader"`, login: true, password: READER_PASSWORD, roles: ["pg_monitor"] },
      { provider },
    );
    const of = { database: "shop", schema: "shop" };
    let last: postgresql.Schema | postgresql.Grant | postgresql.DefaultPrivileges = new postgresql.Schema(
      "schema",
      { name: "shop", database: "shop", owner: owner.name, ...(unknownInput && { policies: [{ usage: true }] }) },
      { provider, dependsOn: [app, reader] },
    );
    const chained = () => ({ provider, dependsOn: [last], deleteBeforeReplace: true });
    const grant = (name: string, args: Omit<postgresql.GrantArgs, "database">) =>
      (last = new postgresql.Grant(name, { database: "shop", ...args }, chained()));
    grant("public-database", { role: "public", objectType: "database", privileges: [] });
    grant("app-schema", { ...of, role: app.name, objectType: "schema", privileges: ["USAGE"] });
    grant("app-tables", { ...of, role: app.name, objectType: "table", privileges: [...appPrivileges] });
    grant("reader-schema", { role: reader.name, schema: readerSchema, objectType: "schema", privileges: ["USAGE"] });
    last = new postgresql.DefaultPrivileges(
      "app-default",
      { ...of, role: app.name, owner: owner.name, objectType: "table", privileges: ["SELECT"] },
      chained(),
    );
    return Promise.resolve({ app: app.name, password: app.password });
  };
}
