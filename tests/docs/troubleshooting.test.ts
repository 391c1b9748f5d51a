/** Every message that docs/troubleshooting.md explains is still said by some file, in these words. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Code } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { visit } from "unist-util-visit";
import { REPOSITORY } from "../../ops/engine";

const messages: string[] = [];
visit(fromMarkdown(readFileSync(join(REPOSITORY, "docs", "troubleshooting.md"), "utf8")), "code", ({ lang, value }: Code) => {
  if (lang === "text") messages.push(value);
});

/** Source files, as one line of text each: what is interpolated is an ellipsis, literals that are added up are one. */
const sources = ["components", "ops", "policies/lib", "rehearsal", "settings", "toolchain"].flatMap((folder) =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) =>
      readFileSync(join(REPOSITORY, folder, name), "utf8")
        .replace(/["`] \+\s*["`]/g, "")
        .replaceAll("\\`", "`"),
    ),
);

/** Words between what differs; a bracket or a stop alone says nothing. */
const wordsOf = (message: string) =>
  message
    .split("…")
    .map((part) => part.trim())
    .filter((part) => /\w.*\w/.test(part));

it("explains messages", () => {
  expect(messages.length).toBeGreaterThan(25);
  expect(messages.filter((message) => wordsOf(message).join("").length < 10)).toEqual([]);
});

it.each(messages)("%s", (message) => {
  const words = wordsOf(message);
  expect(sources.filter((source) => words.every((part) => source.includes(part))).length).toBeGreaterThan(0);
});
