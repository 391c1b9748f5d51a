/** Raw settings → validated settings, or every problem at once. */
import { describeProblems, SettingsError } from "./settings-error";
import { schema, type Settings } from "./schema";

/**
 * Validates raw settings.
 *
 * @param stack the stack's name, for messages
 * @param raw plain values by top-level key
 * @throws SettingsError with every problem: path, rule, value got and the `pulumi config set` that mends it
 */
export function parseSettings(stack: string, raw: Readonly<Record<string, unknown>>): Settings {
  const result = schema.safeParse(raw, { reportInput: true });
  if (!result.success) throw new SettingsError(stack, describeProblems(stack, result.error.issues, raw));
  return result.data;
}
