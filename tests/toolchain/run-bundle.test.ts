/** How a bundle is started: as Node.js would start it, and with what V8 kept of the time before. Does not prove that this is faster: `npm run bench` does. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { RUN_BUNDLE } from "../../toolchain/bundle";

let folder: string;
let bundle: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "run-bundle-"));
  bundle = join(folder, "program.js");
  // Lives long enough for what was compiled to be kept.
  writeFileSync(
    bundle,
    `const { basename } = require("node:path");
     console.log(JSON.stringify([process.argv.slice(1), require.main === module, basename(__filename), __dirname]));
     setTimeout(() => console.log("end"), Number(process.argv[3] ?? 0));`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

const LONG = "2500";
const kept = () => `${bundle}.v8`;
const run = async (...words: string[]) => (await execa(process.execPath, [RUN_BUNDLE, bundle, ...words])).stdout.split("\n");

it("gives the program what Node.js would: its arguments, its module, its place", async () => {
  const [said = "", end] = await run("first");
  expect([JSON.parse(said), end]).toEqual([[[bundle, "first"], true, "program.js", folder], "end"]);
  expect(existsSync(kept())).toBe(false);
});

it("keeps what was compiled once the program has run a while, and leaves it as it is from then on", async () => {
  await run("first", LONG);
  const { ino, size } = statSync(kept());
  expect(size).toBeGreaterThan(100);
  const again = await run("again", LONG);
  expect(again.at(-1)).toBe("end");
  expect(statSync(kept()).ino).toBe(ino);
});

it("runs without it where it is another Node.js's or broken, and makes it anew", async () => {
  writeFileSync(kept(), "not what V8 wrote");
  expect((await run("first", LONG)).at(-1)).toBe("end");
  expect(readFileSync(kept(), "utf8")).not.toBe("not what V8 wrote");
});

it("runs all the same where it cannot be kept", async () => {
  // Whoever runs it, root too, cannot write a file where a folder is.
  mkdirSync(kept());
  expect((await run("first", LONG)).at(-1)).toBe("end");
  expect(readdirSync(folder).sort()).toEqual(["program.js", "program.js.v8"]);
});
