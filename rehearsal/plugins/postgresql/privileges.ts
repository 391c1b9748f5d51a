/** What `Grant` and `DefaultPrivileges` share: privileges by object type, and whether what they speak of exists. */
import type { CheckFailure, Properties } from "../lib/contract";
import type { PostgresqlClient } from "./client";
import { texts } from "./inputs";
import { databaseExists, roleOid, schemaOwner } from "./membership";

/** Privileges that an object type has. @see PostgreSQL, GRANT */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  database: ["CREATE", "CONNECT", "TEMPORARY"],
  schema: ["CREATE", "USAGE"],
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  function: ["EXECUTE"],
  procedure: ["EXECUTE"],
  routine: ["EXECUTE"],
  type: ["USAGE"],
};

/** Letters of the object types in the catalogue: pg_class.relkind, pg_default_acl.defaclobjtype. */
export const CATALOGUE_LETTERS: Readonly<Record<string, string>> = {
  table: "r",
  sequence: "S",
  function: "f",
  routine: "f",
  type: "T",
  schema: "n",
};

/** Inputs that both have. */
export interface PrivilegesInputs extends Properties {
  readonly role: string;
  readonly database: string;
  readonly objectType: string;
  readonly privileges: readonly string[];
  readonly schema?: string;
  readonly withGrantOption?: boolean;
}

/** A privilege that the object type does not have passes the preview and fails here, as with the official plugin. */
export function requireAllowed({ objectType, privileges }: PrivilegesInputs): void {
  const allowed = ["ALL", ...(ALLOWED[objectType] ?? [])];
  for (const privilege of privileges)
    if (!allowed.includes(privilege))
      throw new Error(
        `${privilege} is not an allowed privilege for object type ${objectType}. Allowed are ${allowed.join(", ")}, in capital letters.`,
      );
}

/** `schema` is said where the object type lives in one. */
export function checkSchema({ objectType, schema }: Properties, objectTypes: readonly string[]): CheckFailure[] {
  const needed = objectTypes.some((each) => each === objectType);
  return needed && (schema === undefined || schema === "")
    ? [{ property: "schema", reason: `missing; objects of type ${String(objectType)} live in a schema.` }]
    : [];
}

/** Whether two lists of privileges are the same set; `ALL` stands for everything that the object type has. */
export function samePrivileges(objectType: string, granted: readonly string[], wanted: readonly string[]): boolean {
  const all = wanted.includes("ALL") ? (ALLOWED[objectType] ?? []) : wanted;
  const [a, b] = [new Set(granted), new Set(all)];
  return a.size === b.size && [...a].every((privilege) => b.has(privilege));
}

/** Whether the database, the role and the schema of a privilege exist: without them there is none. */
export async function targetExists(client: PostgresqlClient, { role, database, schema }: PrivilegesInputs): Promise<boolean> {
  if (!(await databaseExists(client, database))) return false;
  return client.transaction(
    async (session) =>
      (await roleOid(session, role)) !== undefined && (schema === undefined || (await schemaOwner(session, schema)) !== undefined),
    { database },
  );
}

/** The inputs with the privileges that the server says, unless they are the wanted ones. */
export function withGranted(inputs: PrivilegesInputs, granted: readonly string[]): Properties {
  const { objectType } = inputs;
  return samePrivileges(objectType, granted, texts(inputs["privileges"])) ? inputs : { ...inputs, privileges: [...granted].sort() };
}
