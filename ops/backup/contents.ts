/**
 * What a database holds, so that a restored one can be compared with it (runbook §5): the shape of its schema, the last migration, every table's
 * rows, and a sample of their values. Small, and without a value in it: a manifest stores it in plain text.
 */
import { createHash } from "node:crypto";
import { type Client, escapeIdentifier } from "pg";
import { MIGRATIONS_TABLE, SCHEMA } from "../../components/lib/privileges";

/** Rows of a table whose values are compared, about. */
const SAMPLED_ROWS = 10_000;

/** A table's rows. */
export interface TableContents {
  readonly rows: number;
  /** One row in so many is in the sample, chosen by its primary key; null: too many rows, and no primary key to choose by. */
  readonly every: number | null;
  /** Sum of the sampled rows' digests, whatever their order. */
  readonly sample: string | null;
}

/** A database. */
export interface DatabaseContents {
  /** SHA-256 by part of the schema: columns, constraints, indexes… */
  readonly schema: Readonly<Record<string, string>>;
  /** The migration that was applied last, and how many were; null: Prisma has migrated nothing here. */
  readonly migration: { readonly latest: string; readonly applied: number } | null;
  /** By name as SQL has it. */
  readonly tables: Readonly<Record<string, TableContents>>;
  readonly largeObjects: number;
}

/** What stands between a schema that is PostgreSQL's and one that is ours. */
const OURS = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";
/** What an extension made is the extension's. */
const notOfExtension = (catalogue: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

/** The schema in PostgreSQL's own words, with an empty search path: a line of each query is one fact. */
const SCHEMA_PARTS: Readonly<Record<string, string>> = {
  relations: `SELECT format('%I.%I %s %s %s %s', n.nspname, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity) AS line
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${notOfExtension("pg_class", "c.oid")}`,
  columns: `SELECT format('%I.%I.%I %s %s %s %s%s', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
          pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated) AS line
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE ${OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND ${notOfExtension("pg_class", "c.oid")}`,
  // PostgreSQL 18 lists NOT NULL here too; the columns say it.
  constraints: `SELECT format('%s %I %s %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid), c.convalidated) AS line
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE ${OURS} AND c.contype <> 'n'`,
  indexes: `SELECT format('%s %s', pg_get_indexdef(i.indexrelid), i.indisvalid) AS line
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS}`,
  routines: `SELECT pg_get_functiondef(p.oid) AS line FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE ${OURS} AND p.prokind IN ('f', 'p') AND ${notOfExtension("pg_proc", "p.oid")}`,
  triggers: `SELECT format('%s %s', pg_get_triggerdef(t.oid), t.tgenabled) AS line
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${OURS} AND NOT t.tgisinternal`,
  types: `SELECT format('%I.%I %s %s %s', n.nspname, t.typname, t.typtype, format_type(t.typbasetype, t.typtypmod),
          (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)) AS line
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE ${OURS} AND t.typtype IN ('e', 'd') AND ${notOfExtension("pg_type", "t.oid")}`,
  views: `SELECT format('%s %s', c.oid::regclass, pg_get_viewdef(c.oid)) AS line
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${OURS} AND c.relkind IN ('v', 'm') AND ${notOfExtension("pg_class", "c.oid")}`,
  policies: `SELECT format('%s %I %s %s %s %s', p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
          pg_get_expr(p.polwithcheck, p.polrelid)) AS line FROM pg_policy p`,
  sequences: `SELECT format('%s %s %s %s %s %s', s.seqrelid::regclass, s.seqtypid::regtype, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle) AS line
    FROM pg_sequence s`,
  extensions: `SELECT extname AS line FROM pg_extension`,
};

/** The version of the rows' text is the session's, whoever asks. */
const SESSION = `
  SET LOCAL search_path = ''; SET LOCAL "DateStyle" = 'ISO, MDY'; SET LOCAL "TimeZone" = 'UTC'; SET LOCAL "IntervalStyle" = 'postgres';
  SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL row_security = off`;

interface TableRow {
  readonly name: string;
  readonly estimate: string;
  /** Columns of the primary key, quoted and with commas; null: there is none. */
  readonly key: string | null;
}

/**
 * Reads it all, within the transaction that the session is in.
 *
 * @param like contents that these will be compared with: tables are sampled as they were there
 * @throws Error of the server's: what the role may not read, row-level security that would hide rows
 */
export async function readContents(session: Pick<Client, "query">, like?: DatabaseContents): Promise<DatabaseContents> {
  await session.query(SESSION);
  const schema: Record<string, string> = {};
  for (const [part, statement] of Object.entries(SCHEMA_PARTS)) schema[part] = await digestOfLines(session, statement);
  const { rows: tables } = await session.query<TableRow>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, c.reltuples::bigint AS estimate,
            (SELECT string_agg(format('%I', a.attname), ', ' ORDER BY k.position)
               FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attribute, position)
               JOIN pg_attribute a ON a.attnum = k.attribute
              WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid) AS key
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND ${OURS} AND ${notOfExtension("pg_class", "c.oid")} ORDER BY 1`,
  );
  const contents: Record<string, TableContents> = {};
  for (const { name, estimate, key } of tables) {
    const wanted = like?.tables[name]?.every ?? sampleEvery(Number(estimate));
    contents[name] = await readTable(session, name, key, wanted > 1 && key === null ? null : wanted);
  }
  const { rows: large } = await session.query<{ count: string }>("SELECT count(*) AS count FROM pg_largeobject_metadata");
  return {
    schema,
    migration: await readMigration(session, contents),
    tables: contents,
    largeObjects: Number(large[0]?.count ?? 0),
  };
}

/** One row in so many. A table that was never analysed is read whole. */
function sampleEvery(estimate: number): number {
  return Math.max(1, Math.floor(estimate / SAMPLED_ROWS));
}

/** @param every 1: all rows; null: none */
async function readTable(session: Pick<Client, "query">, name: string, key: string | null, every: number | null): Promise<TableContents> {
  const chosen = every === null ? "false" : every === 1 ? "true" : `hashtextextended(ROW(${key})::text, 0) % ${every} = 0`;
  const { rows } = await session.query<{ rows: string; sample: string | null }>(
    `SELECT count(*) AS rows,
            sum(('x' || left(md5((each_row.*)::text), 15))::bit(60)::bigint::numeric) FILTER (WHERE ${chosen}) AS sample
       FROM ONLY ${name} AS each_row`,
  );
  const [found] = rows;
  return { rows: Number(found?.rows), every, sample: every === null ? null : (found?.sample ?? "0") };
}

async function readMigration(
  session: Pick<Client, "query">,
  tables: Readonly<Record<string, TableContents>>,
): Promise<DatabaseContents["migration"]> {
  const table = `${SCHEMA}.${MIGRATIONS_TABLE}`;
  if (tables[table] === undefined) return null;
  const { rows } = await session.query<{ latest: string | null; applied: string }>(
    `SELECT (array_agg(migration_name ORDER BY finished_at DESC, migration_name DESC))[1] AS latest, count(*) AS applied
       FROM ${SCHEMA}.${escapeIdentifier(MIGRATIONS_TABLE)} WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
  );
  const { latest = null, applied = "0" } = rows[0] ?? {};
  return latest === null ? null : { latest, applied: Number(applied) };
}

async function digestOfLines(session: Pick<Client, "query">, statement: string): Promise<string> {
  const { rows } = await session.query<{ line: string }>(statement);
  const hash = createHash("sha256");
  for (const line of rows.map((row) => row.line).sort()) hash.update(line).update("\n");
  return hash.digest("hex");
}
