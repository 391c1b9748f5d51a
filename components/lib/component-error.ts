/** The one error that a component's bad arguments give: every problem at once, before any child exists. */
export class ComponentArgumentsError extends Error {
  /**
   * @param component class of the component
   * @param problems one line each: argument, rule, value got, what to do
   */
  constructor(
    readonly component: string,
    readonly problems: readonly string[],
  ) {
    super(
      `${component}: ${problems.length} problem${problems.length === 1 ? "" : "s"} in its arguments; nothing was created:\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    );
    this.name = "ComponentArgumentsError";
  }
}

/** Throws when there are problems. */
export function refuse(component: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new ComponentArgumentsError(component, problems);
}
