/** `ops drift`: roles, memberships, grants and defaults of a stack's database that differ from what is specified (runbook §2). */
import { ROLE_NAMES } from "../components/lib/privileges";
import { openAccess } from "./access";
import { type JsonTarget, writeRecord } from "./cli/flags";
import { readCatalogue } from "./database/catalogue";
import { compareCatalogue, type Finding } from "./database/compare";
import { databaseArgs } from "../settings/database-args";

/** Arguments of {@link drift}. */
export interface DriftOptions {
  readonly stack: string;
  /** Stack settings file. @default `Pulumi.<stack>.yaml` */
  readonly settingsFile?: string;
  /** Where the machine-readable record goes. */
  readonly json?: JsonTarget;
  readonly write: (text: string) => void;
}

/** The machine-readable record. */
export interface DriftRecord {
  readonly stack: string;
  /** `maestroverse at db.maestroverse.edu:5432`. */
  readonly database: string;
  readonly findings: readonly Finding[];
}

/**
 * Compares and writes what differs, each with the SQL that mends it. Changes nothing.
 *
 * @throws Error when the database cannot be asked: that is no drift
 */
export async function drift({ stack, settingsFile, json, write }: DriftOptions): Promise<DriftRecord> {
  const access = await openAccess(stack, settingsFile === undefined ? {} : { settingsFile });
  const { database, web } = access.settings;
  const administrator = await access.database();
  const client = await administrator.connect();
  try {
    const catalogue = await readCatalogue(client);
    const demand = databaseArgs({ database, web });
    const findings = compareCatalogue(catalogue, demand);
    const record = { stack, database: `${catalogue.database} at ${database.host}:${database.port}`, findings };
    await writeRecord(json, record);
    write(describeDrift(record, catalogue.administratorIsSuperuser));
    if (catalogue.openDatabases.length > 0) write(describeOpenDatabases(catalogue.openDatabases));
    return record;
  } finally {
    await client.end();
  }
}

/** For people. */
function describeDrift({ database, findings }: DriftRecord, administratorIsSuperuser: boolean): string {
  if (findings.length === 0) return `No drift: roles, memberships, grants and defaults of ${database} are as specified.\n`;
  const count = findings.length === 1 ? "1 difference" : `${findings.length} differences`;
  return [
    `${count} from what is specified for ${database}:`,
    ...findings.map(({ problem }) => `  - ${problem}`),
    "",
    "To mend it, run as the administrator in that database, after you know who did it and why:",
    "",
    repairScript(findings, administratorIsSuperuser),
  ].join("\n");
}

/** Every repair, in one transaction. */
export function repairScript(findings: readonly Finding[], administratorIsSuperuser: boolean): string {
  // Who is no superuser acts on what the roles own as a member of them.
  const roles = Object.values(ROLE_NAMES).join(", ");
  const lines = ["BEGIN;", ...(administratorIsSuperuser ? [] : [`GRANT ${roles} TO CURRENT_USER;`])];
  let acting: string | undefined;
  const actAs = (role: string | undefined) => {
    if (role !== acting) lines.push(role === undefined ? "RESET ROLE;" : `SET ROLE ${role};`);
    acting = role;
  };
  for (const { sql, as } of findings.flatMap(({ repair }) => repair)) {
    actAs(as);
    lines.push(sql);
  }
  actAs(undefined);
  return [...lines, ...(administratorIsSuperuser ? [] : [`REVOKE ${roles} FROM CURRENT_USER;`]), "COMMIT;", ""].join("\n");
}

/** What belongs to others is no drift of ours, but people should know. */
function describeOpenDatabases(names: readonly string[]): string {
  const list = names.join(", ");
  return (
    `\nNot compared: the server's other databases. Everybody who can log in may connect to ${list}, the three roles among them. ` +
    `Their owner can close them: REVOKE CONNECT, TEMPORARY ON DATABASE ${list} FROM PUBLIC;\n`
  );
}
