/** The repository's pages for people. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import GithubSlugger from "github-slugger";
import type { Heading } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { toString } from "mdast-util-to-string";
import { visit } from "unist-util-visit";
import { REPOSITORY } from "../../ops/engine";

/** Paths from the repository's root: those at the top, then docs/. */
export const PAGES: readonly string[] = [
  ...readdirSync(REPOSITORY),
  ...readdirSync(`${REPOSITORY}/docs`, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md"));

/** Anchors that GitHub gives the headings of a page. @param page its path from the repository's root */
export function anchorsOf(page: string): Set<string> {
  const slugger = new GithubSlugger();
  const found = new Set<string>();
  visit(
    fromMarkdown(readFileSync(join(REPOSITORY, page), "utf8")),
    "heading",
    (heading: Heading) => void found.add(slugger.slug(toString(heading))),
  );
  return found;
}
