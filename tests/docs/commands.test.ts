/** Every command that a page, a message or help tells people to type exists, with its arguments and options. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Code } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { visit } from "unist-util-visit";
import { REPOSITORY } from "../../ops/engine";
import { advertisedCalls, callCheck } from "../helpers/advertised-calls";
import { PAGES } from "../helpers/pages";

const check = callCheck();
const read = (file: string) => readFileSync(join(REPOSITORY, file), "utf8");

/** Wrong calls of a text. */
async function problemsOf(text: string, options?: { complete: boolean }): Promise<string[]> {
  const problems = await Promise.all(advertisedCalls(text).map((call) => check(call, options)));
  return problems.filter((problem) => problem !== undefined);
}

describe("the check", () => {
  it.each([
    ["npm run ops -- verify --stack prod --only RB-7.3", []],
    ["`npm run rehearse -- status`. And npm run doctor -- --provide.", []],
    ["npm run -s ops -- render edge --stack ${stack} > nginx.conf", []],
    ["npm run no-such", ["npm run no-such: package.json has no script no-such"]],
    ["npm run ops -- bury --stack prod", ["npm run ops bury --stack prod: ops has no command bury"]],
    ["npm run ops -- up --stck prod", ["npm run ops up --stck prod: it has no option --stck"]],
    ["npm run rehearse -- upside", ["npm run rehearse upside: it takes no upside"]],
    ["npm run ops -- rotate --stack <stack> --secret <name> (3-secrets.md)", []],
    ["npm run ops -- drift --stack NAME says what differs", []],
    ["npm run ops -- render nothing", ["npm run ops render nothing: it takes no nothing"]],
  ])("of %s", async (text, problems) => {
    expect(await problemsOf(text)).toEqual(problems);
  });

  it("wants what is required in a text that is copied, and values that an option takes", async () => {
    expect(await problemsOf("npm run ops -- up", { complete: true })).toEqual(["npm run ops up: it needs --stack"]);
    expect(await problemsOf("npm run ops -- rotate --secret JWT")).toEqual([
      expect.stringMatching(/^npm run ops rotate --secret JWT: error: option '--secret <name...>' argument 'JWT' is invalid/),
    ]);
  });
});

it.each(PAGES)("%s names commands that exist", async (page) => {
  expect(await problemsOf(read(page))).toEqual([]);
});

it.each(PAGES)("%s has commands to be copied that are complete", async (page) => {
  const blocks: string[] = [];
  visit(fromMarkdown(read(page)), "code", ({ value }: Code) => void blocks.push(value));
  expect(await problemsOf(blocks.join("\n"), { complete: true })).toEqual([]);
});

it.each(PAGES)("%s names suites of tests that exist", (page) => {
  const suites = readdirSync(join(REPOSITORY, "tests"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `tests/${name}`);
  const named = [...read(page).matchAll(/(?:npm test --|npx jest) ([\w ./-]*\w)/g)].flatMap(
    ([, words = ""]) => words.trim().split(/ {2}/)[0]?.split(" ") ?? [],
  );
  expect(named.filter((word) => !word.startsWith("--") && !suites.some((suite) => suite.includes(word)))).toEqual([]);
});

it("is so of what the programs say", async () => {
  const folders = ["components", "ops", "policies", "quality", "rehearsal", "settings", "toolchain", "bench"];
  const sources = folders.flatMap((folder) =>
    readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );
  const problems = await Promise.all(sources.map(async (file) => (await problemsOf(read(file))).map((problem) => `${file}: ${problem}`)));
  expect(problems.flat()).toEqual([]);
});

it("are, of npm run check, those that CONTRIBUTING.md explains", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const explained = [...read("CONTRIBUTING.md").matchAll(/^\| `(check:\w+)`/gm)].map(([, name]) => name);
  expect(explained).toEqual(Object.keys(scripts).filter((name) => name.startsWith("check:")));
});
