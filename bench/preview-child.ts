/**
 * One preview of the stack prod in a process of its own, as `npm run preview` starts it. `gated`: this program with both packs. `empty`: a
 * program that imports what this one does, registers nothing, and meets no pack.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openStack, REPOSITORY } from "../ops/engine";

const STACK = "prod";

async function main(kind: string | undefined): Promise<void> {
  if (kind === "gated") {
    const { preview } = await import("../ops/preview.js");
    await preview({ stack: STACK, write: () => undefined });
    return;
  }
  const stack = await openStack({ stack: STACK, program: importAll, report: () => undefined });
  try {
    await stack.preview();
  } finally {
    await stack.close();
  }
}

/** Loads the modules that program.ts imports. */
async function importAll(): Promise<Record<string, unknown>> {
  const program = await readFile(join(REPOSITORY, "program.ts"), "utf8");
  for (const [, module] of program.matchAll(/^import .* from "(.+)";$/gm)) await import(join(REPOSITORY, `${module}.ts`));
  return {};
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
