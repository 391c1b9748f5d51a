/** Asks for something that is not shown while it is typed. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** @throws AbortError when the operator interrupts */
export async function askHidden(
  question: string,
  signal: AbortSignal,
  {
    input = process.stdin,
    output = process.stderr,
  }: { readonly input?: NodeJS.ReadableStream; readonly output?: NodeJS.WritableStream } = {},
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // A terminal that echoes would show it: this one does by itself, and to nobody.
  const prompt = createInterface({ input, output: nowhere, terminal: true });
  output.write(question);
  try {
    return await prompt.question("", { signal });
  } finally {
    prompt.close();
    output.write("\n");
  }
}
