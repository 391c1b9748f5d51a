/** The mutants of a folder's files and its unit tests, as JSON: `root`, `files` and `tests` as JSON on standard input. */
import { text } from "node:stream/consumers";
import { runMutants } from "./runner";
import { UnitTests } from "./unit-tests";

void (async () => {
  const { root, files, tests } = JSON.parse(await text(process.stdin)) as Record<"files" | "tests", string[]> & { readonly root: string };
  process.stdout.write(JSON.stringify(await runMutants({ root, files, suites: [new UnitTests(tests)] })));
})();
