/** A verification as text for people, and as JUnit XML. */
import { XMLBuilder } from "fast-xml-parser";
import { BOXES } from "../../checklist";
import type { Outcome } from "./probe";
import type { ProbeResult, VerifyRecord } from "./record";

/** Words of an outcome, as wide as each other where they stand below each other. */
const WORDS: Readonly<Record<Outcome, string>> = {
  pass: "pass",
  fail: "FAIL",
  undetermined: "UNDETERMINED",
  "not-applicable": "n/a",
};

/** Boxes as the runbook has them: ticked, or what is the matter. */
const BOX: Readonly<Record<Outcome, string>> = { pass: "[x]", fail: "[!]", undetermined: "[?]", "not-applicable": "[-]" };

/** A result in a line. */
export function resultLine({ outcome, line, name, seen, milliseconds }: ProbeResult): string {
  return `${WORDS[outcome].padEnd(12)} ${line} ${name} (${(milliseconds / 1000).toFixed(1)} s): ${seen}`;
}

/** The whole record. */
export function verifyText(record: VerifyRecord): string {
  const { stack, startedAt, milliseconds, probes, lines, boxes, differences, comparedWith } = record;
  const ofLine = (id: string) =>
    probes
      .filter(({ line }) => line === id)
      .flatMap((probe) => [
        `      ${WORDS[probe.outcome].padEnd(12)} ${probe.name}: ${probe.seen}`,
        ...(probe.todo === undefined || probe.outcome === "pass" ? [] : [`        what to do: ${probe.todo}`]),
      ]);
  const lineBlock = (id: string) => {
    const line = lines.find((each) => each.id === id);
    return line === undefined ? [] : [`    ${WORDS[line.outcome]} ${line.id} ${line.title}`, ...ofLine(id)];
  };
  const inBoxes = BOXES.flatMap((box) => box.lines);
  const others = lines.filter(({ id }) => !inBoxes.includes(id));
  return [
    ...BOXES.flatMap(({ id, title, lines: ids, byHand }) => {
      const block = ids.flatMap(lineBlock);
      if (block.length === 0) return [];
      const box = boxes.find((each) => each.id === id);
      const hand = byHand === undefined ? [] : [`    by hand, beside it: ${byHand}`];
      return [`${box === undefined ? "[ ]" : BOX[box.outcome]} ${id} ${title}`, ...block, ...hand];
    }),
    ...(others.length === 0 ? [] : ["    The deployment itself", ...others.flatMap(({ id }) => lineBlock(id))]),
    "",
    ...(differences.length === 0
      ? comparedWith === undefined
        ? []
        : [`As at the last run (${comparedWith}).`]
      : [
          `Otherwise than at the last run (${comparedWith}):`,
          ...differences.map(
            ({ line, name, before, now }) => `  ${line} ${name}: ${before === undefined ? "new" : WORDS[before]} -> ${WORDS[now]}`,
          ),
        ]),
    `${stack} at ${startedAt}: ${summaryOf(record)} in ${(milliseconds / 1000).toFixed(1)} s`,
    "",
  ].join("\n");
}

/** `21 passed, 1 failed (RB-4.1 flood), 1 not applicable`. */
export function summaryOf({ probes }: Pick<VerifyRecord, "probes">): string {
  const part = (outcome: Outcome, word: string, naming: boolean) => {
    const found = probes.filter((probe) => probe.outcome === outcome);
    if (found.length === 0) return [];
    return [`${found.length} ${word}${naming ? ` (${found.map(({ line, name }) => `${line} ${name}`).join(", ")})` : ""}`];
  };
  return [
    ...part("pass", "passed", false),
    ...part("fail", "failed", true),
    ...part("undetermined", "undetermined", true),
    ...part("not-applicable", "not applicable", false),
  ].join(", ");
}

/** JUnit: a suite for each line, a case for each probe. Undetermined is an error: nobody knows is no pass. */
export function verifyJunit({ stack, lines, probes, startedAt }: VerifyRecord): string {
  const testsuite = lines.map(({ id, title }) => {
    const own = probes.filter(({ line }) => line === id);
    const count = (outcome: Outcome) => own.filter((probe) => probe.outcome === outcome).length;
    return {
      "@name": `${id} ${title} (${stack})`,
      "@timestamp": startedAt,
      "@tests": own.length,
      "@failures": count("fail"),
      "@errors": count("undetermined"),
      "@skipped": count("not-applicable"),
      testcase: own.map(({ name, title: holds, outcome, seen, todo, milliseconds }) => {
        const said = { "@message": writable(seen), "#text": writable(todo ?? "") };
        return {
          "@name": `${name}: ${holds}`,
          "@classname": id,
          "@time": (milliseconds / 1000).toFixed(3),
          ...(outcome === "fail"
            ? { failure: said }
            : outcome === "undetermined"
              ? { error: said }
              : outcome === "not-applicable"
                ? { skipped: said }
                : {}),
        };
      }),
    };
  });
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- fast-xml-builder gives CommonJS something else than its types say
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@", format: true, suppressEmptyNode: true });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ testsuites: { testsuite } })}`;
}

/** What XML 1.0 has a way to write: a probe repeats what a server sent, and one control character would make the whole file unreadable. */
// eslint-disable-next-line no-control-regex -- they are what it removes
const writable = (text: string) => text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "");
