/** `npm run test:update-golden`: writes the golden dumps anew, to be reviewed as a diff. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { DUMPED_STACKS, dumpStack, goldenFile } from "./helpers/stack-dumps";

async function main(): Promise<void> {
  for (const stack of DUMPED_STACKS) {
    const file = goldenFile(stack);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await dumpStack(stack));
    process.stdout.write(`${stack}: ${file}\n`);
  }
}

void main();
