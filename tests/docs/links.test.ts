/** Every link of a page to a file here, and every anchor, leads somewhere; files that it names are there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { InlineCode, Nodes } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { visit } from "unist-util-visit";
import { REPOSITORY } from "../../ops/engine";
import { anchorsOf, PAGES } from "../helpers/pages";

/** Folders and files at the top whose mention in code is a path. */
const PATHS =
  /^(?:\.github|bench|components|docs|ops|policies|quality|rehearsal|settings|tests|toolchain)\/[\w./-]*\w$|^[\w.-]+\.(?:ts|md|yaml)$/;

const parsed = new Map(PAGES.map((page) => [page, fromMarkdown(readFileSync(join(REPOSITORY, page), "utf8"))]));
const read = (page: string) => parsed.get(page) ?? { type: "root" as const, children: [] };
const anchors = new Map(PAGES.map((page) => [page, anchorsOf(page)]));

/** Names of files without their folder: a page names a folder once. */
const fileNames = new Set(
  ["components", "ops", "tests"].flatMap((folder) =>
    readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" }).map((name) => basename(name)),
  ),
);

/** Links, images and definitions of a page, but for those to other sites. */
function linksOf(file: string): string[] {
  const found: string[] = [];
  visit(read(file), (node: Nodes) => {
    if ((node.type === "link" || node.type === "image" || node.type === "definition") && !/^(https?|mailto):/.test(node.url))
      found.push(node.url);
  });
  return found;
}

/** What is wrong with a link; undefined when it leads somewhere. */
function problemOf(page: string, url: string): string | undefined {
  const [path = "", anchor] = decodeURI(url).split("#");
  const file = path === "" ? page : relative(REPOSITORY, join(REPOSITORY, dirname(page), path));
  if (file.startsWith("..") || !existsSync(join(REPOSITORY, file))) return `${page}: ${url} is not there`;
  if (anchor === undefined || !file.endsWith(".md")) return undefined;
  return anchors.get(file)?.has(anchor) === true ? undefined : `${page}: ${file} has no heading #${anchor}`;
}

it("looks at every page", () => {
  expect(PAGES).toEqual(
    expect.arrayContaining(["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/on-call.md", "docs/runbook/1-https.md"]),
  );
  expect(PAGES.flatMap(linksOf).length).toBeGreaterThan(200);
});

it.each(PAGES)("%s: links lead somewhere", (page) => {
  expect(linksOf(page).flatMap((url) => problemOf(page, url) ?? [])).toEqual([]);
});

it.each(PAGES)("%s: files that it names are there", (page) => {
  const named: string[] = [];
  visit(read(page), "inlineCode", ({ value }: InlineCode) => {
    if (PATHS.test(value)) named.push(value);
  });
  const places = (path: string) => ["", dirname(page), "docs", "docs/runbook"].map((folder) => join(REPOSITORY, folder, path));
  expect(named.filter((path) => !fileNames.has(path) && !places(path).some((place) => existsSync(place)))).toEqual([]);
});
