/** Asks an operator to type what they are about to change. */
import { createInterface } from "node:readline/promises";

/** What is to be confirmed. */
export interface Confirmation {
  readonly stack: string;
  /** What has to be typed. @default the stack's name */
  readonly word?: string;
  /** `--yes` was given. */
  readonly yes: boolean;
}

/** Whether nobody is asked: `--yes` was given, or the rehearsal has nothing to lose. */
const isGiven = ({ stack, yes }: Confirmation) => yes || stack === "rehearsal";

/** For the start of a command, before it works for minutes. @throws Error when it will have to ask, and nobody is at a terminal */
export function requireConfirmable(confirmation: Confirmation): void {
  if (!isGiven(confirmation) && !process.stdin.isTTY)
    throw new Error(`${confirmation.stack}: this is to be confirmed, and nobody is at a terminal. Give --yes.`);
}

/**
 * Asks, where it has to be asked.
 *
 * @throws Error when something else is typed, or nobody is at a terminal; AbortError when the operator interrupts
 */
export async function confirm(confirmation: Confirmation, signal: AbortSignal): Promise<void> {
  requireConfirmable(confirmation);
  if (isGiven(confirmation)) return;
  const { word = confirmation.stack } = confirmation;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await prompt.question(`Type "${word}" to go on: `, { signal }).finally(() => prompt.close());
  if (typed !== word) throw new Error(`${JSON.stringify(typed)} is not "${word}": nothing was changed.`);
}
