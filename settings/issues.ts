/** What zod says of the settings, in this program's words. */
import type { z } from "zod";
import { holdsAgeIdentity } from "../components/lib/age-recipient";
import { pathText, type Problem, removeCommand, setCommand } from "./settings-error";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** One problem for each issue; an unknown key is one of its own. */
export function problemsOfIssues(issues: readonly Issue[], raw: unknown): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => {
        const path = pathText([...issue.path, key]);
        return { path, statement: "is not a setting.", command: removeCommand(path) };
      });
    const path = pathText(issue.path);
    const got = valueAt(raw, issue.path);
    const wanted = issue.code === "invalid_type" ? issue.expected : undefined;
    // Never taken for the text that was meant: YAML reads the tag 012345670 as 2739128, 1234567e1 as 12345670 and the version 15.10 as 15.1.
    const text = wanted === "string" && typeof got === "number" ? "text, in quotes: " : "";
    return [
      {
        path,
        statement: `must be ${text}${rule(issue)}, got ${shown(got)}.`,
        command: setCommand(path, got, wanted),
      },
    ];
  });
}

/** A value in a message; one that opens something is not repeated. */
function shown(got: unknown): string {
  if (got === undefined) return "nothing";
  const text = JSON.stringify(got);
  return holdsAgeIdentity(text) ? "(hidden)" : text;
}

/** The rule in words; zod's own words only for a missing section. */
function rule(issue: Issue): string {
  return issue.code === "invalid_type" && issue.expected === "object" ? "a section with its settings" : issue.message;
}

/** The value at a path; undefined where there is none. */
export function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined),
    raw,
  );
}
