/** docs/traceability.md is what checklist, rules, probes and monitors say, and section 7's page says of every line what to do. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKLIST, SECTIONS } from "../../checklist";
import { REPOSITORY } from "../../ops/engine";
import { renderTraceability } from "../../ops/traceability-document";
import { PROBES } from "../../ops/verify/probes";
import { anchorsOf } from "../helpers/pages";

const read = (page: string) => readFileSync(join(REPOSITORY, "docs", page), "utf8");
const verification = read("runbook/7-verification.md");

/** Text under the heading of a line. */
const partOf = (id: string) => verification.split(/^### /m).find((part) => part.startsWith(`${id}\n`)) ?? "";

it("is what docs/traceability.md says: npm run -s ops -- render traceability > docs/traceability.md", () => {
  expect(read("traceability.md")).toBe(renderTraceability());
});

it("has a row for every line, in its section", () => {
  const rows = renderTraceability()
    .split(/^## /m)
    .flatMap((part) => {
      const [, number] = /^(\d)\. /.exec(part) ?? [];
      return number === undefined ? [] : [...part.matchAll(/^\| \[(RB-[\d.]+)\]/gm)].map(([, id]) => [Number(number), id]);
    });
  expect(rows).toEqual(CHECKLIST.map(({ section, id }) => [section, id]));
  expect(SECTIONS.map(({ number }) => number)).toEqual([...new Set(CHECKLIST.map(({ section }) => section))]);
});

it("leads from every line to a heading of its page", () => {
  const wrong = CHECKLIST.filter(({ page }) => {
    const [file = "", anchor = ""] = page.split("#");
    return !anchorsOf(`docs/${file}`).has(anchor);
  });
  expect(wrong.map(({ id, page }) => `${id}: ${page}`)).toEqual([]);
});

it("finds a heading for every line in section 7's page, which names each of the line's probes and no other", () => {
  expect([...verification.matchAll(/^### (RB-[\d.]+)$/gm)].map(([, id]) => id)).toEqual(CHECKLIST.map(({ id }) => id));
  const named = (id: string) => [...partOf(id).matchAll(/^- `([a-z-]+)`/gm)].map(([, name]) => name);
  expect(CHECKLIST.map(({ id }) => [id, ...named(id)])).toEqual(
    CHECKLIST.map(({ id }) => [id, ...PROBES.filter(({ line }) => line === id).map(({ name }) => name)]),
  );
});
