/** What the probes' results come to: lines, boxes, the whole, what is otherwise than at the last run, and the exit code. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BOXES, CHECKLIST } from "../../checklist";
import { EXIT } from "../../ops/cli/exit-codes";
import { exitCodeOf } from "../../ops/verify/exit-code";
import { type Outcome, worst } from "../../ops/verify/probe";
import { compareRecords, keepRecord, type ProbeResult, readLastRecord, verdicts, type VerifyRecord } from "../../ops/verify/record";

const result = (line: string, outcome: Outcome, name = `probe-of-${line}`): ProbeResult => ({
  line,
  name,
  title: "it holds",
  outcome,
  seen: `${name}: ${outcome}`,
  milliseconds: 12,
});
/** Every line with a probe that passed, but for these. */
const allBut = (outcomes: Readonly<Record<string, Outcome>>) => CHECKLIST.map(({ id }) => result(id, outcomes[id] ?? "pass"));
const boxOf = (probes: readonly ProbeResult[], id: string) => verdicts(probes).boxes.find((box) => box.id === id)?.outcome;

describe("several outcomes together", () => {
  it.each<[Outcome[], Outcome | undefined]>([
    [["pass", "pass"], "pass"],
    [["pass", "not-applicable"], "pass"],
    [["not-applicable"], "not-applicable"],
    [["pass", "undetermined", "not-applicable"], "undetermined"],
    [["undetermined", "fail", "pass"], "fail"],
    [[], undefined],
  ])("%j are %s", (outcomes, together) => {
    expect(worst(outcomes)).toBe(together);
  });
});

describe("the verdicts", () => {
  it("have every line and every box in the runbook's order when every line was looked at", () => {
    const { lines, boxes, outcome } = verdicts(allBut({}));
    expect(lines.map(({ id, title }) => [id, title])).toEqual(CHECKLIST.map(({ id, title }) => [id, title]));
    expect(boxes.map(({ id, title }) => [id, title])).toEqual(BOXES.map(({ id, title }) => [id, title]));
    expect([...lines, ...boxes].filter((each) => each.outcome !== "pass")).toEqual([]);
    expect(outcome).toBe("pass");
  });

  it("leave out lines that nobody looked at, and boxes that are not whole", () => {
    const { lines, boxes } = verdicts([result("RB-1.2", "pass"), result("RB-4.1", "pass")]);
    expect(lines.map(({ id }) => id)).toEqual(["RB-1.2", "RB-4.1"]);
    expect(boxes.map(({ id }) => id)).toEqual(["RB-7.1"]);
  });

  it("take of a line's probes the worst", () => {
    const { lines } = verdicts([result("RB-1.3", "pass", "a"), result("RB-1.3", "fail", "b"), result("RB-1.3", "undetermined", "c")]);
    expect(lines.map(({ id, outcome }) => [id, outcome])).toEqual([["RB-1.3", "fail"]]);
  });

  it.each<[Outcome, Outcome]>([
    ["fail", "fail"],
    ["undetermined", "undetermined"],
    // A box is ticked by what was seen, not by what could not be asked.
    ["not-applicable", "not-applicable"],
    ["pass", "pass"],
  ])("of a box with a line that is %s are %s", (line, box) => {
    expect(boxOf(allBut({ "RB-5.2": line }), "RB-7.6")).toBe(box);
  });

  it("of a box with a line that failed and one that is undetermined are fail", () => {
    expect(boxOf(allBut({ "RB-5.1": "undetermined", "RB-5.3": "fail" }), "RB-7.6")).toBe("fail");
  });

  it("of nothing are undetermined: a run that looked at nothing has shown nothing", () => {
    expect(verdicts([])).toEqual({ outcome: "undetermined", lines: [], boxes: [] });
  });
});

describe("the exit code", () => {
  it.each<[Outcome, number]>([
    ["pass", EXIT.ok],
    ["fail", EXIT.found],
    ["undetermined", EXIT.undetermined],
    ["not-applicable", EXIT.undetermined],
  ])("of %s is %d", (outcome, code) => {
    expect(exitCodeOf({ outcome })).toBe(code);
  });
});

describe("compared with the last run", () => {
  it("names what became another, and what is new, with both words; what stayed or did not run is no difference", () => {
    const before = [result("RB-1.1", "pass", "a"), result("RB-1.2", "pass", "b"), result("RB-1.3", "fail", "gone")];
    const now = [result("RB-1.1", "pass", "a"), result("RB-1.2", "fail", "b"), result("RB-4.1", "pass", "new")];
    expect(compareRecords({ probes: before }, now)).toEqual([
      { name: "b", line: "RB-1.2", before: "pass", now: "fail", seenBefore: "b: pass", seen: "b: fail" },
      { name: "new", line: "RB-4.1", before: undefined, now: "pass", seen: "new: pass" },
    ]);
  });

  it("has nothing to say of a first run", () => {
    expect(compareRecords(undefined, [result("RB-1.1", "fail")])).toEqual([]);
  });
});

describe("the record of the last run", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "verify-record-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const record: VerifyRecord = {
    formatVersion: 1,
    stack: "prod",
    run: "verify-12345678",
    startedAt: "2026-11-28T05:00:00.000Z",
    milliseconds: 4321,
    probes: allBut({}),
    ...verdicts(allBut({})),
    differences: [],
  };

  it("is read as it was kept, by its owner alone, and leaves no other file", async () => {
    const inside = join(folder, "records");
    await keepRecord(inside, record);
    expect(await readLastRecord(inside)).toEqual(record);
    expect(readdirSync(inside)).toEqual(["verify.json"]);
    expect([inside, join(inside, "verify.json")].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  });

  it.each([
    ["is missing", undefined],
    ["is no JSON", "{"],
    ["is of another format", JSON.stringify({ ...record, formatVersion: 2 })],
  ])("that %s is none", async (_, text) => {
    if (text !== undefined) writeFileSync(join(folder, "verify.json"), text);
    expect(await readLastRecord(folder)).toBeUndefined();
  });
});
