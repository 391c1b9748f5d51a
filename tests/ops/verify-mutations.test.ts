/**
 * Everything that `ops verify` says holds is broken, one by one, in a running environment: exactly the probes that answer for it say so, by the name
 * of what is wrong, and are content again once it is mended. Does not prove what only the real systems have: Datadog's evaluation, S3's copies.
 */
import { CHECKLIST } from "../../checklist";
import type { Probe } from "../../ops/verify/probe";
import { PROBES } from "../../ops/verify/probes";
import type { ProbeResult, VerifyRecord } from "../../ops/verify/record";
import { verify, type VerifyOptions } from "../../ops/verify/run";
import { type Environment, openEnvironment } from "../helpers/broken/environment";
import type { Mutation } from "../helpers/broken/mutation";
import type { Undo } from "../helpers/broken/undo";
import { KEEP_TIMEOUT } from "../helpers/kept-rehearsal";
import { MUTATIONS } from "./verify-mutations";
import { findingsOf } from "./verify-mutations/backups";

const MUTATION_MILLISECONDS = 120_000;
/** What has no defect in the rehearsal, and why. */
const NOT_HERE: Readonly<Record<string, string>> = { "backup-copy": "the rehearsal's S3 copies nothing" };
const WITHOUT_FLOOD = { flood: "no mutation of the edge", "headers-of-refusals": "no flood" };

const lineOf = (name: string): string => PROBES.find((probe) => probe.name === name)?.line ?? `no probe ${name}`;
const linesOf = ({ caughtBy }: Mutation) => [...new Set(Object.keys(caughtBy).map(lineOf))].sort();

describe("the table", () => {
  it("has a defect for every probe that can be asked in the rehearsal, and names no other", () => {
    const caught = new Set(MUTATIONS.flatMap(({ caughtBy }) => Object.keys(caughtBy)));
    expect([...caught, ...Object.keys(NOT_HERE)].sort()).toEqual(PROBES.map(({ name }: Probe) => name).sort());
  });

  it("has a defect for every line that this line alone answers for", () => {
    const alone = MUTATIONS.map(linesOf).filter((lines) => lines.length === 1);
    expect([...new Set(alone.flat())].sort()).toEqual(CHECKLIST.map(({ id }) => id).sort());
  });

  it("names each defect once, and says why where several lines answer for it", () => {
    const names = MUTATIONS.map(({ defect }) => defect);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(
      MUTATIONS.filter((mutation) => linesOf(mutation).length > 1 !== (mutation.because !== undefined)).map(({ defect }) => defect),
    ).toEqual([]);
  });
});

describe("on the rehearsal", () => {
  let environment: Environment;
  let forgetDrill: Undo | undefined;
  /** The defect that could not be mended: whatever comes after it would be told of the wrong one. */
  let unmended: string | undefined;

  beforeAll(async () => {
    environment = await openEnvironment();
    const { key, text } = findingsOf(0);
    forgetDrill = await environment.dumps.put(key, text);
    await run({ only: ["own-metrics"], sendAges: true });
  }, KEEP_TIMEOUT);
  afterAll(async () => {
    await forgetDrill?.();
    if (unmended !== undefined) environment?.rehearsal.spoil();
    await environment?.close();
  });

  const run = (options: Partial<VerifyOptions> = {}): Promise<VerifyRecord> =>
    verify(environment.access, { outputs: environment.outputs, signal: AbortSignal.timeout(MUTATION_MILLISECONDS), ...options });
  /** What is neither in order nor out of the question. */
  const red = ({ probes }: VerifyRecord) =>
    Object.fromEntries(probes.filter(({ outcome }) => !["pass", "not-applicable"].includes(outcome)).map(told));
  const told = ({ name, outcome, seen }: ProbeResult) => [name, outcome === "fail" ? seen : `${outcome}: ${seen}`] as const;
  const wholeRun = async () => {
    const record = await run();
    expect(red(record)).toEqual({});
    expect(record.probes.filter(({ outcome }) => outcome === "not-applicable").map(({ name }) => name)).toEqual(Object.keys(NOT_HERE));
  };

  it("finds everything in order before anything is broken", wholeRun, MUTATION_MILLISECONDS);

  it.each(MUTATIONS)(
    "$defect",
    async ({ defect, breaks, caughtBy, flood = false, hoursAhead = 0 }) => {
      if (unmended !== undefined) throw new Error(`nothing can be said: not mended is that ${unmended}`);
      unmended = defect;
      const names = Object.keys(caughtBy);
      const now = () => new Date(Date.now() + hoursAhead * 3_600_000);
      const undo = await breaks(environment);
      try {
        const seen = red(await run({ now, ...(flood ? {} : { leaveOut: WITHOUT_FLOOD }) }));
        expect(seen).toEqual(
          Object.fromEntries(
            Object.entries(caughtBy).map(([name, says]) => [
              name,
              (says instanceof RegExp ? expect.stringMatching(says) : expect.stringContaining(says)) as string,
            ]),
          ),
        );
      } finally {
        await undo();
      }
      // What else there is, the next defect's run looks at, and the last one at everything.
      const flooding = flood ? ["flood"] : [];
      expect(red(await run({ only: [...flooding, ...names] }))).toEqual({});
      unmended = undefined;
    },
    MUTATION_MILLISECONDS,
  );

  it("finds everything in order again after the last", wholeRun, MUTATION_MILLISECONDS);
});
