/** The one error that bad settings give: every problem, each with its path, rule, value got and fix. */

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

/** What is wrong with one setting. */
export interface Problem {
  /** The setting, as `pulumi config set --path` takes it: `edge.trustedProxies[0]`. */
  readonly path: string;
  /** `must be 2 to 50, got 1. Raise it.` */
  readonly statement: string;
  /** Command that mends it; {@link setCommand} or {@link removeCommand}, without the stack. */
  readonly command: string;
}

/** One line for people: `prod: web.replicas.minimum must be 2 to 50, got 1. Raise it. Fix: pulumi config set … --stack prod`. */
export function describeProblem(stack: string, { path, statement, command }: Problem): string {
  return `${stack}: ${path} ${statement} ${command} --stack ${stack}`;
}

/**
 * The command that sets a setting, or one inside it where it is a section or a list.
 *
 * @param got its present value
 * @param wanted type that it must have, where that is known
 */
export function setCommand(path: string, got: unknown, wanted?: string): string {
  const inside = wanted === "array" || Array.isArray(got) ? "[<index>]" : wanted === "object" || isSection(got) ? ".<key>" : "";
  // The CLI takes digits, true and false for a number or a boolean.
  const isText = wanted === "string" && (typeof got === "number" || typeof got === "boolean");
  const type = isText || (typeof got === "string" && /^(\d+|true|false)$/.test(got)) ? "--type string " : "";
  return `Fix: pulumi config set ${type}--path '${path}${inside}' <value>`;
}

/** The command that removes what is no setting. */
export function removeCommand(path: string): string {
  return `Remove it: pulumi config rm --path '${path}'`;
}

/** `["edge", "trustedProxies", 0]` → `edge.trustedProxies[0]`. */
export function pathText(segments: readonly PropertyKey[]): string {
  return segments
    .map((segment) => {
      if (typeof segment === "number") return `[${segment}]`;
      return /^[\w-]+$/.test(String(segment)) ? `.${String(segment)}` : `[${JSON.stringify(String(segment))}]`;
    })
    .join("")
    .replace(/^\./, "");
}

const isSection = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
