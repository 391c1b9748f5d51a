/** The database's roles and grants as evidence. */
import type { Client } from "pg";
import { PUBLIC, ROLE_NAMES } from "../../components/lib/privileges";
import type { Catalogue } from "../database/catalogue";
import type { TableEvidence } from "./evidence";

interface RoleRow {
  readonly name: string;
  readonly attributes: readonly string[];
  readonly members: readonly string[];
}

/** psql's own question for `\du`, its system roles left out. */
const ROLES = `
  SELECT rolname AS name,
         array_remove(ARRAY[
           CASE WHEN rolsuper THEN 'Superuser' END,
           CASE WHEN NOT rolinherit THEN 'No inheritance' END,
           CASE WHEN rolcreaterole THEN 'Create role' END,
           CASE WHEN rolcreatedb THEN 'Create DB' END,
           CASE WHEN NOT rolcanlogin THEN 'Cannot login' END,
           CASE WHEN rolreplication THEN 'Replication' END,
           CASE WHEN rolbypassrls THEN 'Bypass RLS' END,
           CASE WHEN rolconnlimit = 0 THEN 'No connections' WHEN rolconnlimit > 0 THEN rolconnlimit || ' connections' END,
           CASE WHEN rolvaliduntil IS NOT NULL THEN 'Password valid until ' || rolvaliduntil END], NULL) AS attributes,
         ARRAY(SELECT b.rolname::text FROM pg_auth_members m JOIN pg_roles b ON m.roleid = b.oid WHERE m.member = r.oid ORDER BY 1) AS members
    FROM pg_roles AS r WHERE rolname !~ '^pg_' ORDER BY 1`;

/** What psql's `\du` prints. */
export async function describeRoles(client: Client): Promise<string> {
  const { rows } = await client.query<RoleRow>(ROLES);
  const cells = rows.map(({ name, attributes, members }) => [name, attributes.join(", "), `{${members.join(",")}}`] as const);
  const heads = ["Role name", "Attributes", "Member of"] as const;
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const centre = (text: string, width: number) => {
    const left = Math.floor((width - text.length) / 2);
    return `${" ".repeat(left)}${text}${" ".repeat(width - text.length - left)}`;
  };
  const line = (row: readonly string[]) => ` ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} `.trimEnd();
  return [
    centre(
      "List of roles",
      widths.reduce((sum, width) => sum + width + 3, -1),
    ).trimEnd(),
    ` ${heads.map((head, column) => centre(head, widths[column] ?? 0)).join(" | ")} `.trimEnd(),
    widths.map((width) => "-".repeat(width + 2)).join("+"),
    ...cells.map(line),
  ].join("\n");
}

/** Letters that psql uses in access rights. */
const LETTERS: Readonly<Record<string, string>> = {
  SELECT: "r",
  INSERT: "a",
  UPDATE: "w",
  DELETE: "d",
  TRUNCATE: "D",
  REFERENCES: "x",
  TRIGGER: "t",
  USAGE: "U",
  CREATE: "C",
  CONNECT: "c",
  TEMPORARY: "T",
  EXECUTE: "X",
};

/** Who holds what on which object, in psql's letters. */
export function grantsGrid({ objects, privileges }: Pick<Catalogue, "objects" | "privileges">): TableEvidence {
  const grantees = [...Object.values<string>(ROLE_NAMES), PUBLIC];
  return {
    kind: "table",
    title: "Grants by object (r read, a insert, w update, d delete, D truncate, U usage, C create, c connect; own: owner)",
    columns: ["Object", ...grantees],
    rows: objects.map(({ kind, name, owner }) => [
      `${kind.toLowerCase()} ${name}`,
      ...grantees.map((grantee) => {
        if (grantee === owner) return "own";
        const held = privileges.filter((each) => each.kind === kind && each.name === name && each.grantee === grantee);
        return held.map(({ privilege }) => LETTERS[privilege] ?? privilege).join("") || "–";
      }),
    ]),
  };
}
