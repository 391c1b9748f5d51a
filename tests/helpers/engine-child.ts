/**
 * Runs one operation of the real engine in a process of its own, as the CLI does: a program that throws leaves unhandled rejections behind,
 * which a test runner would count as failures of its own. Usage: tsx engine-child.ts <stack> <settings file> <preview|up>
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStack } from "../../ops/engine";
import { EngineError } from "../../ops/engine-error";

/** What the child prints as its last line. */
export interface ChildResult {
  /** Message of the error; undefined when the operation succeeded. */
  readonly message: string | undefined;
  /** Types of the resources that the engine took up, the stack itself aside. */
  readonly types: readonly string[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

async function main([name, settingsFile, operation]: readonly string[]): Promise<void> {
  if (name === undefined || settingsFile === undefined || (operation !== "preview" && operation !== "up"))
    throw new Error("usage: engine-child.ts <stack> <settings file> <preview|up>");
  const directory = await mkdtemp(join(tmpdir(), "engine-child-"));
  const stack = await openStack({ stack: name, settingsFile, state: { directory, passphrase: "test" }, report: () => undefined });
  try {
    let message: string | undefined;
    const events = await stack[operation]().then(
      (result) => result.events,
      (error: unknown) => {
        if (!(error instanceof EngineError)) throw error;
        message = error.message;
        return error.events;
      },
    );
    const types = events.flatMap(({ resourcePreEvent }) => (resourcePreEvent === undefined ? [] : [resourcePreEvent.metadata.type]));
    const result: ChildResult = {
      message,
      types: types.filter((type) => type !== "pulumi:pulumi:Stack"),
      outputs: await stack.outputs(),
    };
    process.stdout.write(`\n${JSON.stringify(result)}\n`);
  } finally {
    await stack.close();
    await rm(directory, { recursive: true, force: true });
  }
}

void main(process.argv.slice(2));
