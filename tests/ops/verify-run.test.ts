/** How probes are run: which ones, side by side or last, given up in time, ended by Ctrl-C; what goes wrong with looking is no verdict. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Access } from "../../ops/access";
import { fail, notApplicable, pass, type Probe } from "../../ops/verify/probe";
import { PROBES } from "../../ops/verify/probes";
import { readLastRecord } from "../../ops/verify/record";
import { selectProbes, verify, type VerifyOptions } from "../../ops/verify/run";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "verify-run-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A stack that nobody is to ask. */
const access = (): Access =>
  ({
    stack: "staging",
    settings: { environment: "staging" },
    edge: { host: "api.staging.maestroverse.edu" },
    records: folder,
    outputs: () => Promise.reject(new Error("nobody asked for outputs")),
  }) as unknown as Access;

const probe = (name: string, run: Probe["run"], more: Partial<Probe> = {}): Probe => ({
  line: "RB-1.1",
  name,
  title: `${name} holds`,
  needs: ["cluster", "aws"],
  run,
  ...more,
});
const passing = (name: string, more: Partial<Probe> = {}) => probe(name, () => Promise.resolve(pass("good")), more);
const run = (probes: readonly Probe[], options: Partial<VerifyOptions> = {}) =>
  verify(access(), { probes, signal: new AbortController().signal, ...options });

describe("--only", () => {
  const names = (...only: string[]) => selectProbes(PROBES, only).map(({ name }) => name);

  it.each([
    ["a line", "RB-4.1", ["flood"]],
    ["a line in small letters", "rb-2.1", ["privilege-contract", "privilege-catalogue"]],
    ["a box", "RB-7.5", ["flood", "client-address"]],
    ["a probe", "drill", ["drill"]],
  ])("takes %s", (_, word, found) => {
    expect(names(word)).toEqual(found);
  });

  it("takes several, in the runbook's order and each once", () => {
    expect(names("drill", "RB-1.2", "RB-7.1")).toEqual(["http-redirect", "drill"]);
  });

  it("takes everything when nothing is named", () => {
    expect([selectProbes(PROBES, undefined), selectProbes(PROBES, [])]).toEqual([PROBES, PROBES]);
  });

  it.each(["RB-9.9", "7", "flod", ""])("refuses %j, and says what there is", (word) => {
    expect(() => names("flood", word)).toThrow(
      `--only knows no ${JSON.stringify(word)}. Give a line (RB-1.1), a box (RB-7.1), a section (1 to 6, or https, database, secrets, edge, backups, observability) ` +
        `or a probe: ${PROBES.map(({ name }) => name).join(", ")}.`,
    );
  });
});

describe("a probe", () => {
  const only = async (look: Probe["run"], options: Partial<VerifyOptions> = {}) => {
    const { probes, outcome } = await run([probe("it", look)], options);
    const { milliseconds, ...rest } = probes[0] ?? { milliseconds: NaN };
    expect(milliseconds).toBeGreaterThanOrEqual(0);
    return { ...rest, whole: outcome };
  };
  const itself = { line: "RB-1.1", name: "it", title: "it holds" };

  it("that throws is undetermined, with the error's words and whom to reach", async () => {
    expect(await only(() => Promise.reject(new Error("connect ECONNREFUSED 127.0.0.1:6443")))).toEqual({
      ...itself,
      outcome: "undetermined",
      seen: "connect ECONNREFUSED 127.0.0.1:6443",
      todo: "See that cluster, aws can be reached from here, then run again.",
      whole: "undetermined",
    });
  });

  it.each<[string, Probe["run"], string]>([
    [
      "throws before it asks",
      () => {
        throw new TypeError("no such name");
      },
      "no such name",
    ],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a library's does
    ["throws no Error", () => Promise.reject("a word"), "a word"],
    ["throws without a message", () => Promise.reject(new RangeError("")), "RangeError"],
  ])("that %s has something to say all the same", async (_, look, seen) => {
    const found = await only(look);
    expect([found.outcome, found.seen]).toEqual(["undetermined", seen]);
  });

  it("that does not answer is given up, and told to stop", async () => {
    let told: unknown;
    const found = await only(
      ({ signal }) => {
        signal.addEventListener("abort", () => {
          told = signal.reason;
        });
        return new Promise<never>(() => undefined);
      },
      { probeMilliseconds: 50 },
    );
    expect([found.outcome, found.seen]).toEqual(["undetermined", "no answer within 0.05 s"]);
    expect((told as Error).name).toBe("TimeoutError");
  });

  it("that is left out is not asked, and says why", async () => {
    const look = jest.fn<ReturnType<Probe["run"]>, []>(() => Promise.resolve(pass("good")));
    const found = await only(look, { leaveOut: { it: "it is sent once, not while watching" } });
    expect([found.outcome, found.seen, found.whole]).toEqual(["not-applicable", "it is sent once, not while watching", "not-applicable"]);
    expect(look).not.toHaveBeenCalled();
  });

  it("knows the stack, the moment and the run's name", async () => {
    const now = new Date("2026-11-28T05:00:00Z");
    const seen: unknown[] = [];
    const record = await run(
      [
        probe("it", (context) => {
          seen.push(context.stack, context.now, context.run, context.allowFlood);
          return Promise.resolve(pass("good"));
        }),
      ],
      { now: () => now, allowFlood: true },
    );
    expect(seen).toEqual(["staging", now, record.run, true]);
    expect(record.run).toMatch(/^verify-[0-9a-f]{8}$/);
    expect(record.startedAt).toBe("2026-11-28T05:00:00.000Z");
  });
});

describe("several probes", () => {
  it("run side by side, six at a time; whoever is done makes room for the next", async () => {
    let [running, most] = [0, 0];
    const begun: string[] = [];
    const timed = (name: string, milliseconds: number) =>
      probe(name, async () => {
        begun.push(name);
        most = Math.max(most, ++running);
        await sleep(milliseconds);
        running--;
        return pass("good");
      });
    // One that takes long holds nobody up behind it.
    await run([timed("slow", 400), ...Array.from({ length: 12 }, (_, index) => timed(`quick-${index}`, 20)), timed("behind", 1)]);
    expect(most).toBe(6);
    expect(begun.indexOf("behind")).toBe(13);
  });

  it("are followed by those that disturb, one by one, in their order", async () => {
    const events: string[] = [];
    const noted = (name: string, more: Partial<Probe> = {}) =>
      probe(
        name,
        async () => {
          events.push(`${name} begins`);
          await sleep(20);
          events.push(`${name} ends`);
          return pass("good");
        },
        more,
      );
    const { probes } = await run([noted("flood", { last: true }), noted("headers-of-refusals", { last: true }), noted("pods")]);
    expect(events).toEqual([
      "pods begins",
      "pods ends",
      "flood begins",
      "flood ends",
      "headers-of-refusals begins",
      "headers-of-refusals ends",
    ]);
    // The record has them in the runbook's order.
    expect(probes.map(({ name }) => name)).toEqual(["flood", "headers-of-refusals", "pods"]);
  });

  it("are announced before the first begins, each with its start and its result to come", async () => {
    const events: string[] = [];
    const announced: Promise<unknown>[] = [];
    await run([passing("one"), passing("two")], {
      onStart: (running) => {
        events.push(`announced ${running.map(({ probe: { name } }) => name).join(" ")}`);
        for (const { probe: each, started, result } of running)
          announced.push(
            started.then(() => events.push(`${each.name} started`)),
            result.then(({ outcome }) => events.push(`${each.name} ${outcome}`)),
          );
      },
    });
    await Promise.all(announced);
    expect(events[0]).toBe("announced one two");
    expect(events.slice(1).sort()).toEqual(["one pass", "one started", "two pass", "two started"]);
  });
});

describe("Ctrl-C", () => {
  it("ends the run with its own reason, once every probe has let go, and keeps no record", async () => {
    const controller = new AbortController();
    const later = jest.fn(() => Promise.resolve(pass("good")));
    const running = run(
      [
        probe("slow", () => {
          setTimeout(() => controller.abort(new Error("interrupted")), 20);
          return new Promise<never>(() => undefined);
        }),
        probe("flood", later, { last: true }),
      ],
      { signal: controller.signal },
    );
    await expect(running).rejects.toThrow("interrupted");
    expect(later).not.toHaveBeenCalled();
    expect(await readLastRecord(folder)).toBeUndefined();
  });
});

describe("the record of a run", () => {
  it("is compared with the last whole run; a run of a part is compared, and not kept", async () => {
    const first = await run([passing("pods"), passing("drill", { line: "RB-5.3" })]);
    expect([first.comparedWith, first.differences]).toEqual([undefined, []]);

    const failing = probe("pods", () => Promise.resolve(fail("1 of 2 pods", "wait")));
    const part = await run([failing, passing("drill", { line: "RB-5.3" })], { only: ["pods"] });
    expect(part.only).toEqual(["pods"]);
    expect(part.probes.map(({ name }) => name)).toEqual(["pods"]);
    expect(part.differences).toEqual([
      { name: "pods", line: "RB-1.1", before: "pass", now: "fail", seenBefore: "good", seen: "1 of 2 pods" },
    ]);

    const second = await run([passing("pods"), probe("drill", () => Promise.resolve(notApplicable("none yet")), { line: "RB-5.3" })]);
    expect(second.comparedWith).toBe(first.startedAt);
    expect(second.differences.map(({ name, before, now }) => [name, before, now])).toEqual([["drill", "pass", "not-applicable"]]);
    expect(await readLastRecord(folder)).toEqual(second);
  });
});
