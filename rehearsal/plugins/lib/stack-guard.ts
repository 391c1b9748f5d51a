/** Which stacks a stand-in may touch: it must never take the place of an official plugin where it counts (design.md, decision 2). */
import { stackOf } from "./urn";

/** The one stack that stand-ins deploy. */
const REHEARSAL_STACK = "rehearsal";

/** Engine tests name their stacks here, comma separated; each name must begin with `test-`. */
export const ALLOWED_STACKS_VARIABLE = "MAESTROVERSE_STANDIN_STACKS";

/**
 * Refuses to touch a real system for any stack but the rehearsal's.
 *
 * @param urn URN of the resource.
 * @param packageName The package, for example `kubernetes`.
 * @throws Error when the stack is another one.
 */
export function requireRehearsalStack(urn: string, packageName: string): void {
  const stack = stackOf(urn);
  // eslint-disable-next-line no-restricted-properties -- the engine starts plugins: the environment is the only way to tell them anything
  const allowed = (process.env[ALLOWED_STACKS_VARIABLE] ?? "").split(",").map((name) => name.trim());
  if (stack === REHEARSAL_STACK || (stack.startsWith("test-") && allowed.includes(stack))) return;
  throw new Error(
    `The stand-in for the ${packageName} plugin works for the stack "${REHEARSAL_STACK}" only, and this is "${stack}". ` +
      `Install the official plugin (pulumi plugin install resource ${packageName}) and take the stand-in off PATH, then run again. ` +
      `Previews of any stack are fine.`,
  );
}
