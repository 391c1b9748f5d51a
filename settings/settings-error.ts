/** The one error that bad settings give: every problem, each with its path, rule, value got and fix. */
import type { z } from "zod";

/** Raised before anything is created. */
export class SettingsError extends Error {
  /**
   * @param stack the stack whose settings are wrong
   * @param problems one line each
   */
  constructor(
    readonly stack: string,
    readonly problems: readonly string[],
  ) {
    super(
      `${problems.length} problem${problems.length === 1 ? "" : "s"} in the settings of stack ${stack}; nothing was created:\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    );
    this.name = "SettingsError";
  }
}

/**
 * Turns the schema's issues into one line each: `prod: web.replicas.minimum must be 2 to 50, got 1. Fix: pulumi config set …`.
 *
 * @param stack the stack's name
 * @param issues what zod found
 * @param raw the values that were checked, to say what was got
 */
export function describeProblems(stack: string, issues: readonly z.core.$ZodIssue[], raw: unknown): string[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => {
        const full = [...path, key].join(".");
        return `${stack}: ${full} is not a setting. Remove it: pulumi config rm --path '${full}' --stack ${stack}`;
      });
    const name = path.join(".");
    const got = path.reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined),
      raw,
    );
    const value = got === undefined ? "nothing" : JSON.stringify(got);
    return [`${stack}: ${name} must be ${rule(issue)}, got ${value}. Fix: pulumi config set --path '${name}' <value> --stack ${stack}`];
  });
}

/** The rule in words; zod's own words only for a missing section. */
function rule(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type" && issue.expected === "object") return "a section with its settings";
  return issue.message;
}
