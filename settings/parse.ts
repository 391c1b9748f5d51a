/** Raw settings → validated settings, or every problem at once. */
import { problemsOfIssues, valueAt } from "./issues";
import { type Finding, RULES } from "./rules";
import { schema, schemaAt, SETTING_KEYS, type Settings, withoutOptional } from "./schema";
import { describeProblem, type Problem, setCommand, SettingsError } from "./settings-error";
import { withStandIns } from "./stand-ins";

/**
 * Validates raw settings: each value by the schema, then what they mean together by the rules ({@link RULES}), also where the schema refuses
 * some of them.
 *
 * @param stack the stack's name; `environment` must be the same
 * @param raw plain values by top-level key
 * @param now a rotation cannot be later
 * @throws SettingsError with every problem: path, rule, value got and the `pulumi config set` that mends it
 */
export function parseSettings(stack: string, raw: Readonly<Record<string, unknown>>, now = new Date()): Settings {
  const result = schema.safeParse(raw, { reportInput: true });
  const issues = result.success ? [] : result.error.issues;
  const refused = problemsOfIssues(issues, raw);
  const today = now.toISOString().slice(0, 10);
  const [one, other] = result.success
    ? [findings(result.data, today)]
    : withStandIns(issues, raw).map((settings) => findings(settings as Settings, today));
  const isSure = (finding: Finding) =>
    other === undefined || other.some(({ path, statement }) => path === finding.path && statement === finding.statement);
  const broken = (one ?? [])
    .filter((finding) => isSure(finding) && !refused.some(({ path }) => related(path, finding.path) || leansOnList(finding, path)))
    .map(({ path, statement }): Problem => {
      const segments = segmentsOf(path);
      return { path, statement, command: setCommand(path, valueAt(raw, segments), withoutOptional(schemaAt(segments))?.type) };
    });
  const problems = [...refused, ...broken];
  if (result.success && result.data.environment !== stack)
    problems.unshift({
      path: "environment",
      statement: `must be the stack's name, got ${result.data.environment}.`,
      command: `Fix: pulumi config set environment ${stack}`,
    });
  if (!result.success || problems.length > 0)
    throw new SettingsError(
      stack,
      problems.sort((a, b) => place(a.path) - place(b.path)).map((problem) => describeProblem(stack, problem)),
    );
  return result.data;
}

/** What the rules find. The first that has something to say of a setting has the word. */
function findings(settings: Settings, today: string): Finding[] {
  return RULES.reduce<Finding[]>((before, rule) => {
    const told = new Set(before.map(({ path }) => path));
    return [...before, ...rule(settings, today).filter(({ path }) => !told.has(path))];
  }, []);
}

/** Whether two paths are the same, or one lies in the other. */
function related(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return long.startsWith(short) && /^($|[.[])/.test(long.slice(short.length));
}

/** Whether a finding speaks of a list in which an element was refused: it could be the one that is sought. */
function leansOnList({ statement }: Finding, refused: string): boolean {
  const [list, element] = refused.split("[", 2);
  return element !== undefined && list !== undefined && statement.includes(list);
}

/** `edge.trustedProxies[0]` → `["edge", "trustedProxies", "0"]`. */
function segmentsOf(path: string): string[] {
  return path.split(/[.[\]]+/).filter((segment) => segment !== "");
}

/** Sections in the order of the stack files; what is no setting comes last. */
function place(path: string): number {
  const index = SETTING_KEYS.findIndex((key) => related(key, path));
  return index === -1 ? SETTING_KEYS.length : index;
}
