/**
 * The part of Datadog's log search syntax that this program's metrics use: `key:value`, `@path:value`, `@path:*`, `>`, `<=`, `[a TO b]`, `(a OR b)`,
 * `-` for not, and a trailing `*`. Anything else is refused: a filter that is misread would count what Datadog does not.
 *
 * @see https://docs.datadoghq.com/logs/explorer/search_syntax/
 */

/** A line as it was taken: reserved attributes and tags by name, and what its message holds as JSON. */
export interface SearchedLog {
  /** `service`, `status`, `env` and the other tags. */
  readonly tags: Readonly<Record<string, string>>;
  readonly attributes: unknown;
}

const TERM = /(-?)(@?[\w.-]+):(\([^)]*\)|\[[^\]]*\]|\S+)(?:\s+|$)/y;

/** Whether a search finds a line. @throws Error that names the part which it does not know */
export function finds(search: string, log: SearchedLog): boolean {
  TERM.lastIndex = 0;
  const terms: boolean[] = [];
  while (TERM.lastIndex < search.length) {
    const at = TERM.lastIndex;
    const [, not, key = "", value = ""] = TERM.exec(search) ?? [];
    if (key === "") throw new Error(`the search ${JSON.stringify(search)} is not understood from ${JSON.stringify(search.slice(at))} on`);
    terms.push(matches(value, valueOf(log, key)) === (not !== "-"));
  }
  return terms.every(Boolean);
}

/** What a line has under a tag's name or an attribute's path (`@…`); undefined: nothing. */
export function valueOf({ tags, attributes }: SearchedLog, key: string): string | number | boolean | undefined {
  if (!key.startsWith("@")) return tags[key];
  const found = key
    .slice(1)
    .split(".")
    .reduce<unknown>(
      (value, name) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined),
      attributes,
    );
  return typeof found === "string" || typeof found === "number" || typeof found === "boolean" ? found : undefined;
}

function matches(wanted: string, found: ReturnType<typeof valueOf>): boolean {
  if (found === undefined) return false;
  const group = /^\((.*)\)$/.exec(wanted);
  if (group !== null) return (group[1] ?? "").split(/\s+OR\s+/).some((each) => matches(each, found));
  const range = /^\[(\S+) TO (\S+)\]$/.exec(wanted);
  if (range !== null) return Number(found) >= Number(range[1]) && Number(found) <= Number(range[2]);
  const compared = /^(>=?|<=?)(-?[\d.]+)$/.exec(wanted);
  if (compared !== null) {
    const [, operator = "", text = ""] = compared;
    const [left, right] = [Number(found), Number(text)];
    return operator.startsWith(">")
      ? left > right || (operator === ">=" && left === right)
      : left < right || (operator === "<=" && left === right);
  }
  if (wanted.endsWith("*")) return String(found).startsWith(wanted.slice(0, -1));
  return String(found) === wanted;
}
