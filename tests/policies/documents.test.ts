import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { renderPolicies } from "../../ops/policy-document";
import { PACK_RULES } from "../../ops/policy-report";

const ROOT = resolve(__dirname, "..", "..");

it("is what docs/policies.md says: npm run ops -- render policies > docs/policies.md", () => {
  expect(readFileSync(join(ROOT, "docs", "policies.md"), "utf8")).toBe(renderPolicies());
});

it("has a section for every rule", () => {
  const text = renderPolicies();
  const names = Object.values(PACK_RULES).flatMap((rules) => rules.map(({ name }) => name));
  expect(text.match(/^### .+$/gm)).toEqual(names.map((name) => `### ${name}`));
});
