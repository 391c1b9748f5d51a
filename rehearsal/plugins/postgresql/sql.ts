/** Quoting: what PostgreSQL takes no parameters for. */

/** A name, whatever characters it holds. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text, whatever characters it holds and whatever the server's `standard_conforming_strings` says. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/** Names that PostgreSQL wrote as a list, for example `public, "$user"` of a search_path. */
export function parseNames(list: string): string[] {
  return (list.match(/"(?:[^"]|"")*"|[^",\s]+/g) ?? []).map((name) =>
    name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name,
  );
}
