/** docs/architecture.md is what the program registers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { renderArchitecture } from "../../ops/architecture/document";
import { REPOSITORY } from "../../ops/engine";
import type { DumpedResource } from "../helpers/dump-stack";
import { readGolden } from "../helpers/stack-dumps";

const page = readFileSync(join(REPOSITORY, "docs", "architecture.md"), "utf8");

it("is what docs/architecture.md says: npm run -s ops -- render architecture > docs/architecture.md", async () => {
  const { stdout } = await execa("npx", ["tsx", "ops/main.ts", "render", "architecture"], { cwd: REPOSITORY, stripFinalNewline: false });
  expect(page).toBe(stdout);
}, 60_000);

it("is the same as of the resources that the golden dump has", () => {
  const resources = JSON.parse(readGolden("prod")) as DumpedResource[];
  const text = renderArchitecture(
    { environment: "prod" },
    resources.map(({ type, name, parent, dependsOn }) => ({ type, name, parent, needs: dependsOn })),
  );
  expect(text).toBe(page);
});

it("says of every component what it is for", () => {
  expect(page.match(/<br\/>"\]/g)).toBeNull();
});
