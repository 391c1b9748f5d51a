/** What differs between two sets of inputs, in the words of the provider protocol. */
import { type DiffEntry, type Properties, UNKNOWN } from "./contract";
import { isObject } from "./wire";

/**
 * Every leaf that differs between the old and the new inputs. Names that begin with `__` (bookkeeping of other providers) and members that
 * are null count as absent; an unknown new value counts as a change.
 *
 * @param replaceOnChanges Top-level inputs whose change replaces.
 */
export function diffInputs(olds: Properties, news: Properties, replaceOnChanges: readonly string[] = []): DiffEntry[] {
  const entries: DiffEntry[] = [];
  compareObjects(olds, news, [], (path, kind) => {
    entries.push({ path: formatPath(path), kind, replace: replaceOnChanges.includes(String(path[0])) });
  });
  return entries;
}

/** Whether two values are the same by the rule of {@link diffInputs}. */
export function sameValue(a: unknown, b: unknown): boolean {
  let same = true;
  compare(a, b, [], () => (same = false));
  return same;
}

type Path = readonly (string | number)[];
type Report = (path: Path, kind: DiffEntry["kind"]) => void;

function compareObjects(olds: Properties, news: Properties, path: Path, report: Report): void {
  for (const key of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    if (!key.startsWith("__")) compare(olds[key], news[key], [...path, key], report);
  }
}

function compare(old: unknown, now: unknown, path: Path, report: Report): void {
  const had = old !== undefined && old !== null;
  const has = now !== undefined && now !== null;
  if (!had && !has) return;
  if (!had) return report(path, "add");
  if (!has) return report(path, "delete");
  if (now === UNKNOWN) return report(path, "update");
  if (Array.isArray(old) && Array.isArray(now)) {
    for (let index = 0; index < Math.max(old.length, now.length); index++) compare(old[index], now[index], [...path, index], report);
  } else if (isObject(old) && isObject(now)) {
    compareObjects(old, now, path, report);
  } else if (old !== now) {
    report(path, "update");
  }
}

/** A property path in the engine's notation, for example `spec.ports[0].port` or `metadata.labels["app.kubernetes.io/name"]`. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}

/** The top-level input that a path begins with. */
export function topLevelName(path: string): string {
  const quoted = /^\["((?:[^"\\]|\\.)*)"\]/.exec(path);
  if (quoted) return JSON.parse(`"${quoted[1]}"`) as string;
  return /^[^.[]+/.exec(path)?.[0] ?? path;
}
