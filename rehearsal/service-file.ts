/** libpq's service file: `psql service=maestro_app`, without a password on a command line. */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { databaseSecretName } from "../components/lib/database-credential";
import { loginOf } from "../components/lib/database-handover";
import { ROLE_NAMES, type RoleKey } from "../components/lib/privileges";
import type { Rehearsal } from "./lib/substrate";
import { connectToCluster } from "./substrates/control-plane";
import { readDatabaseAdminPassword } from "./substrates/postgresql";

/** Path of the file, mode 0600. */
export function serviceFile(directory: string): string {
  return join(directory, "pg_service.conf");
}

/** What the pods of a role log in with, from their Secret. */
async function readLogin(rehearsal: Pick<Rehearsal, "directory" | "settings">, key: RoleKey): Promise<{ user: string; password: string }> {
  const { cluster, database } = rehearsal.settings;
  const client = await connectToCluster(rehearsal);
  const namespace = key === "migrator" ? cluster.migrationsNamespace : cluster.namespace;
  const login = loginOf(key, database.roles[key]);
  const name = databaseSecretName(key, login, { ...database, databaseName: database.name });
  const secret = await client.get({ apiVersion: "v1", kind: "Secret", name, namespace });
  const data = (secret?.["data"] ?? {}) as Record<string, string>;
  const value = (variable: string) => Buffer.from(data[variable] ?? "", "base64").toString("utf8");
  const password = value("PGPASSWORD") || decodeURIComponent(new URL(value("DATABASE_URL") || "none:").password);
  if (password === "")
    throw new Error(`Secret ${namespace}/${name} has no password of ${ROLE_NAMES[key]}. It is what DatabaseRoles deploys: run again.`);
  return { user: login.user, password };
}

/** Writes a service for each role, and one for the administrator. */
export async function writeServiceFile(rehearsal: Pick<Rehearsal, "directory" | "settings">): Promise<void> {
  const { host, port, name: dbname, adminUser } = rehearsal.settings.database;
  const service = (title: string, login: { user: string; password: string }) => {
    const entries = Object.entries({ host, port, dbname, ...login }).map(([setting, value]) => `${setting}=${value}`);
    return [`[${title}]`, ...entries, ""].join("\n");
  };
  const services = await Promise.all(
    Object.entries(ROLE_NAMES).map(async ([key, role]) => service(role, await readLogin(rehearsal, key as RoleKey))),
  );
  services.push(service(adminUser, { user: adminUser, password: readDatabaseAdminPassword(rehearsal.directory) }));
  const file = serviceFile(rehearsal.directory);
  writeFileSync(`${file}.new`, services.join("\n"), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
