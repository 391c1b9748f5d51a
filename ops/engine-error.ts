/** What the engine says when an operation fails. */
import type { EngineEvent } from "@pulumi/pulumi/automation";

/** An operation of the engine failed. `message` holds its error diagnostics, without stack traces. */
export class EngineError extends Error {
  constructor(
    readonly stack_: string,
    cause: unknown,
    readonly events: readonly EngineEvent[],
  ) {
    super(describeFailure(stack_, cause, events), { cause });
    this.name = "EngineError";
  }
}

function describeFailure(stack: string, cause: unknown, events: readonly EngineEvent[]): string {
  const diagnostics = events
    .flatMap((event) => (event.diagnosticEvent?.severity === "error" ? [event.diagnosticEvent.message] : []))
    .map((message) => message.replace(/<\{%[^%]*%\}>/g, "").trim());
  if (diagnostics.length > 0) return [...new Set(diagnostics)].join("\n");
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/stack is currently locked/.test(text))
    return `stack ${stack} is locked: another operation runs, or one was killed. Wait for it; if none runs: pulumi cancel --stack ${stack}`;
  return text;
}
