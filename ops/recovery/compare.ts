/** A restored database against the manifest of its dump. */
import type { DatabaseContents } from "../backup/contents";

/** Tables that are worth naming of each kind. */
const NAMED = 5;

/**
 * What differs, a sentence each.
 *
 * @param sameServerVersion whether both servers are of one major version: another one may word a view or a constraint otherwise
 */
export function differences(dumped: DatabaseContents, restored: DatabaseContents, sameServerVersion: boolean): string[] {
  const found: string[] = [];
  const tables = Object.keys(dumped.tables);
  const list = (what: string, names: readonly string[]) => {
    if (names.length > 0)
      found.push(`${what}: ${names.slice(0, NAMED).join(", ")}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ""}.`);
  };
  const of = (name: string) => [dumped.tables[name], restored.tables[name]] as const;
  list(
    "tables are missing",
    tables.filter((name) => restored.tables[name] === undefined),
  );
  list(
    "tables are too many",
    Object.keys(restored.tables).filter((name) => dumped.tables[name] === undefined),
  );
  list(
    "rows are missing or too many",
    tables.flatMap((name) => {
      const [then, now] = of(name);
      return now === undefined || then === undefined || now.rows === then.rows ? [] : [`${name} (${now.rows}, dumped were ${then.rows})`];
    }),
  );
  list(
    "values differ in",
    tables.filter((name) => {
      const [then, now] = of(name);
      return now !== undefined && then !== undefined && now.rows === then.rows && now.sample !== then.sample;
    }),
  );
  list(
    "the schema differs in",
    Object.keys(dumped.schema).filter((part) => (sameServerVersion || part === "columns") && dumped.schema[part] !== restored.schema[part]),
  );
  if (dumped.migration?.latest !== restored.migration?.latest || dumped.migration?.applied !== restored.migration?.applied)
    found.push(
      `the last migration is ${restored.migration?.latest ?? "none"} (${restored.migration?.applied ?? 0} applied), dumped was ` +
        `${dumped.migration?.latest ?? "none"} (${dumped.migration?.applied ?? 0}).`,
    );
  if (dumped.largeObjects !== restored.largeObjects)
    found.push(`large objects: ${restored.largeObjects}, dumped were ${dumped.largeObjects}.`);
  return found;
}
