/** The repository's pages for people. */
import { readdirSync } from "node:fs";
import { REPOSITORY } from "../../ops/engine";

/** Paths from the repository's root: those at the top, then docs/. */
export const PAGES: readonly string[] = [
  ...readdirSync(REPOSITORY),
  ...readdirSync(`${REPOSITORY}/docs`, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md"));
