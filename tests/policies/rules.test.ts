/** The rules' files, names and packs agree, as design.md has it. */
import { readdirSync, readFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { PACK_RULES } from "../../ops/policy-report";

const ROOT = resolve(__dirname, "..", "..");
const VERBS = ["missing", "disallow", "enable", "disable", "configure", "enforce"];
const packs = Object.entries(PACK_RULES);

/** `ingress-enforce-https` → `enforce-ingress-https`. */
const fileOf = (name: string) => name.replace(/^([a-z0-9]+)-([a-z]+)-/, "$2-$1-");
const camelCase = (kebab: string) => kebab.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

it.each(packs)("%s lists exactly the rules of its folder, one for each file, named as its file is", (pack, rules) => {
  const folder = join(ROOT, "policies", pack, "rules");
  const files = readdirSync(folder).filter((file) => file !== "index.ts");
  expect(rules.map(({ name }) => `${fileOf(name)}.ts`).sort()).toEqual(files.sort());
  for (const { name } of rules) {
    expect(VERBS).toContain(name.split("-")[1]);
    const text = readFileSync(join(folder, `${fileOf(name)}.ts`), "utf8");
    expect([name, text.match(/^export const (\w+)/gm)]).toEqual([name, [`export const ${camelCase(fileOf(name))}`]]);
  }
});

it("names every rule once", () => {
  const names = packs.flatMap(([, rules]) => rules.map(({ name }) => name));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

it("says of every rule what holds, what to do and where it is written", () => {
  for (const [, rules] of packs)
    for (const { name, description, remediationSteps, page, types } of rules) {
      expect([name, /^[A-Z].{20,}\.$/s.test(description), /^[A-Z].{10,}\.$/s.test(remediationSteps)]).toEqual([name, true, true]);
      expect([name, page, existsSync(join(ROOT, "docs", page))]).toEqual([name, page, true]);
      expect([name, types.length > 0, types.filter((type) => !/^[\w.-]+:[\w./-]+:\w+$/.test(type))]).toEqual([name, true, []]);
    }
});

it("lets a configuration tighten a number, never loosen it", () => {
  const limits = packs.flatMap(([, rules]) =>
    rules.flatMap(({ name, limits: own = {} }) => Object.entries(own).map((entry) => [name, ...entry] as const)),
  );
  for (const [name, key, { default: value, minimum, maximum }] of limits)
    expect([name, key, minimum < maximum, value === minimum || value === maximum]).toEqual([name, key, true, true]);
});
