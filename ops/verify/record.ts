/** The record of a verification: what is written, shown and compared. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BOXES, CHECKLIST } from "../../checklist";
import { type Finding, type Outcome, type Probe, worst } from "./probe";

/** What became of one probe. */
export interface ProbeResult extends Pick<Probe, "line" | "name" | "title">, Finding {
  readonly milliseconds: number;
}

/** A line or a box, and what its probes came to together. */
export interface Verdict {
  readonly id: string;
  readonly title: string;
  readonly outcome: Outcome;
}

/** What is otherwise than at the last run. */
export interface Difference {
  /** Name of a probe. */
  readonly name: string;
  readonly line: string;
  /** undefined: the probe is new. */
  readonly before: Outcome | undefined;
  readonly now: Outcome;
  readonly seenBefore?: string;
  readonly seen: string;
}

/** The machine-readable record. */
export interface VerifyRecord {
  readonly formatVersion: 1;
  readonly stack: string;
  /** Names what the run created and sent. */
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly milliseconds: number;
  readonly outcome: Outcome;
  /** What was asked for with `--only`; absent: everything. */
  readonly only?: readonly string[];
  /** The lines that were looked at. */
  readonly lines: readonly Verdict[];
  /** The boxes of which every line was looked at. */
  readonly boxes: readonly Verdict[];
  readonly probes: readonly ProbeResult[];
  /** When the run was that this one is compared with; absent: there was none. */
  readonly comparedWith?: string;
  readonly differences: readonly Difference[];
}

/** Everything of a record that follows from the probes' results. */
export function verdicts(probes: readonly ProbeResult[]): Pick<VerifyRecord, "outcome" | "lines" | "boxes"> {
  const of = (ids: readonly string[]) => worst(probes.filter(({ line }) => ids.includes(line)).map(({ outcome }) => outcome));
  const lines = CHECKLIST.flatMap(({ id, title }) => {
    const outcome = of([id]);
    return outcome === undefined ? [] : [{ id, title, outcome }];
  });
  const boxes = BOXES.filter((box) => box.lines.every((id) => lines.some((line) => line.id === id))).map(({ id, title, lines: ids }) => {
    const own = lines.filter((line) => ids.includes(line.id)).map(({ outcome }) => outcome);
    // A box is ticked when each of its lines was seen to hold: one that could not be asked here leaves it open.
    const open = (["fail", "undetermined", "not-applicable"] as const).find((each) => own.includes(each));
    const outcome: Outcome = open ?? "pass";
    return { id, title, outcome };
  });
  // A run that looked at nothing has shown nothing.
  return { outcome: worst(probes.map(({ outcome }) => outcome)) ?? "undetermined", lines, boxes };
}

/** Probes whose outcome is another one than before. Probes that did not run this time are no difference. */
export function compareRecords(before: Pick<VerifyRecord, "probes"> | undefined, probes: readonly ProbeResult[]): Difference[] {
  if (before === undefined) return [];
  return probes.flatMap(({ name, line, outcome, seen }) => {
    const last = before.probes.find((each) => each.name === name);
    if (last?.outcome === outcome) return [];
    return [{ name, line, before: last?.outcome, now: outcome, ...(last === undefined ? {} : { seenBefore: last.seen }), seen }];
  });
}

const lastFile = (folder: string) => join(folder, "verify.json");

/** The last whole run's record; undefined: there is none that can be read. */
export async function readLastRecord(folder: string): Promise<VerifyRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(lastFile(folder), "utf8")) as VerifyRecord;
    return record.formatVersion === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a whole run's record for the next one to be compared with. */
export async function keepRecord(folder: string, record: VerifyRecord): Promise<void> {
  const file = lastFile(folder);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
