/** What a deployment takes over instead of making it (`ops adopt`): which resource of the program is which thing that exists. No secret among it. */
import { z } from "zod";

/** The environment variable with the path of an import set; nobody but an adoption sets it. */
export const IMPORT_SET_VARIABLE = "MAESTROVERSE_IMPORT_SET";

const importSet = z.strictObject({
  formatVersion: z.literal(1),
  /** The stack that it was made for: another one would take over what is not its own. */
  stack: z.string(),
  resources: z.array(
    z.strictObject({
      /** Type token, for example `kubernetes:apps/v1:Deployment`. */
      type: z.string(),
      /** Logical name. */
      name: z.string(),
      /** Id of what exists, as the type's provider has it. */
      id: z.string().min(1),
    }),
  ),
});

/** An import set. */
export type ImportSet = z.output<typeof importSet>;

/**
 * Reads the text of an import set.
 *
 * @param source for messages: the path of its file
 * @throws Error that says what is wrong
 */
export function parseImportSet(text: string, stack: string, source: string): ImportSet {
  const make = `Make it anew: npm run ops -- adopt --stack ${stack}`;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new Error(`${source} is no JSON. ${make}`);
  }
  const { success, data, error } = importSet.safeParse(raw);
  if (!success) {
    const [issue] = error.issues;
    throw new Error(`${source} is no import set: ${issue?.path.join(".")}: ${issue?.message}. ${make}`);
  }
  if (data.stack !== stack)
    throw new Error(`${source} is the import set of ${data.stack}, and this is ${stack}. Unset ${IMPORT_SET_VARIABLE}.`);
  return data;
}
