/** The database's roles and grants as evidence. */
import type { Client } from "pg";
import { PUBLIC, ROLE_NAMES } from "../../components/lib/privileges";
import type { Catalogue } from "../database/catalogue";
import type { TableEvidence } from "./evidence";

interface RoleRow {
  readonly name: string;
  readonly attributes: readonly string[];
  readonly connections: number;
  readonly until: string | null;
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
           CASE WHEN rolbypassrls THEN 'Bypass RLS' END], NULL) AS attributes,
         rolconnlimit AS connections, rolvaliduntil::text AS until,
         ARRAY(SELECT b.rolname::text FROM pg_auth_members m JOIN pg_roles b ON m.roleid = b.oid WHERE m.member = r.oid ORDER BY 1) AS members
    FROM pg_roles AS r WHERE rolname !~ '^pg_' ORDER BY 1`;

/** Attributes of a role, a line each: psql gives connections and validity lines of their own. */
function attributeLines({ attributes, connections, until }: RoleRow): string[] {
  return [
    ...(attributes.length === 0 ? [] : [attributes.join(", ")]),
    ...(connections < 0 ? [] : [connections === 0 ? "No connections" : `${connections} connection${connections === 1 ? "" : "s"}`]),
    ...(until === null ? [] : [`Password valid until ${until}`]),
  ];
}

/** What psql's `\du` prints. */
export async function describeRoles(client: Client): Promise<string> {
  const { rows } = await client.query<RoleRow>(ROLES);
  const cells = rows.map((row) => [[row.name], attributeLines(row), [`{${row.members.join(",")}}`]] as const);
  const heads = ["Role name", "Attributes", "Member of"] as const;
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.flatMap((row) => (row[column] ?? []).map(({ length }) => length))),
  );
  const centre = (text: string, width: number) => {
    const left = Math.floor((width - text.length) / 2);
    return `${" ".repeat(left)}${text}${" ".repeat(width - text.length - left)}`;
  };
  /** A row is as high as its highest cell; a cell that goes on below says so by a plus. */
  const lines = (row: readonly (readonly string[])[]) =>
    Array.from({ length: Math.max(...row.map(({ length }) => length)) }, (_, line) =>
      row
        .map((cell, column) => ` ${(cell[line] ?? "").padEnd(widths[column] ?? 0)}${line + 1 < cell.length ? "+" : " "}`)
        .join("|")
        .trimEnd(),
    );
  return [
    centre(
      "List of roles",
      widths.reduce((sum, width) => sum + width + 3, -1),
    ).trimEnd(),
    ` ${heads.map((head, column) => centre(head, widths[column] ?? 0)).join(" | ")} `.trimEnd(),
    widths.map((width) => "-".repeat(width + 2)).join("+"),
    ...cells.flatMap(lines),
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
