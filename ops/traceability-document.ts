/** docs/traceability.md, from the checklist and those who name its lines: what answers for each, and where nothing does, why. */
import { BOXES, CHECKLIST, type ChecklistLine, SECTIONS } from "../checklist";
import { PACK_RULES } from "./policy-report";
import { PROBES } from "./verify/probes";

/** Page of section 7, which has a heading for every line. */
const VERIFICATION = "runbook/7-verification.md";

/** The document. */
export function renderTraceability(): string {
  const rules = Object.values(PACK_RULES).flat();
  const monitors = new Set(CHECKLIST.flatMap((line) => line.monitors));
  return `# Traceability

<!-- Made from checklist.ts and those who name its lines by \`npm run -s ops -- render traceability > docs/traceability.md\`; a test holds it to them. -->

The runbook has ${CHECKLIST.length} lines and, in section 7, ${BOXES.length} boxes. For each line: the policies that gate a deployment by it, the probes of
\`ops verify\` that look at it on what runs, the monitors that watch it afterwards, and the page that says how it is made to hold. ${rules.filter(({ checklist }) => checklist.length > 0).length} of
${rules.length} rules answer for a line (the others harden beyond the runbook), as do all ${PROBES.length} probes and ${monitors.size} monitors. A line that lacks one of the
three says why; a test fails where one is open in silence, and where a reason is given though there is one.

## The seven boxes

A box is ticked when each of its lines was seen to hold.

| box | what is ticked | lines | by hand, beside it |
| --- | --- | --- | --- |
${BOXES.map(({ id, title, lines, byHand }) => row(id, title, lines.map(toLine).join(", "), byHand ?? "–")).join("\n")}

${outsideBoxes()}

${SECTIONS.map(({ number, title }) => section(number, title)).join("\n\n")}

## What nothing here shows

${CHECKLIST.flatMap(({ id, gaps }) => (gaps === undefined ? [] : [`- ${toLine(id)}: ${gaps}.`])).join("\n")}

More of the kind, beyond the runbook's lines: [README](../README.md#not-proven-here).
`;
}

/** Lines of no box: a deployment has them, section 7 does not ask for them. */
function outsideBoxes(): string {
  const inBoxes = new Set(BOXES.flatMap(({ lines }) => lines));
  const others = CHECKLIST.filter(({ id }) => !inBoxes.has(id)).map(({ id }) => toLine(id));
  return `In no box, since they are about the deployment itself: ${others.join(", ")}.`;
}

function section(number: number, title: string): string {
  const lines = CHECKLIST.filter((line) => line.section === number);
  return `## ${number}. ${title}

| line | what must hold | policies | probes | monitors | page |
| --- | --- | --- | --- | --- | --- |
${lines.map(entry).join("\n")}`;
}

/** A line, and what answers for it. */
function entry({ id, title, page, monitors, without = {} }: ChecklistLine): string {
  const gates = Object.values(PACK_RULES).flatMap((rules) => rules.filter(({ checklist }) => checklist.includes(id)));
  const probes = PROBES.filter(({ line }) => line === id);
  const cell = (links: readonly string[], why: string | undefined) => (links.length === 0 ? `none: ${why}` : links.join(", "));
  return row(
    toLine(id),
    title,
    cell(
      gates.map(({ name }) => link(name, `policies.md#${name}`)),
      without.policy,
    ),
    cell(
      probes.map(({ name }) => link(name, `${VERIFICATION}#${anchor(id)}`)),
      without.probe,
    ),
    cell(
      monitors.map((key) => link(key, `runbook/6-observability.md#${key}`)),
      without.monitor,
    ),
    link(page.replace(/^runbook\//, "").replace(/\.md#.*$/, ""), page),
  );
}

const row = (...cells: readonly string[]) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
const link = (text: string, target: string) => `[${text}](${target})`;
/** The heading that says what to do when a line does not hold. */
const toLine = (id: string) => link(id, `${VERIFICATION}#${anchor(id)}`);

/** A heading's anchor, as GitHub makes it of an id: `RB-1.2` → `rb-12`. */
const anchor = (id: string) => id.toLowerCase().replaceAll(".", "");
