/** Runs the probes: side by side where they do not disturb each other, then the others one by one. */
import { randomBytes } from "node:crypto";
import { BOXES, CHECKLIST } from "../../checklist";
import type { Access } from "../access";
import type { StackOutputs } from "../stack-outputs";
import type { Finding, Probe, ProbeContext } from "./probe";
import { PROBES } from "./probes";
import { compareRecords, keepRecord, type ProbeResult, readLastRecord, verdicts, type VerifyRecord } from "./record";
import { Systems } from "./systems";

/** Seconds after which a probe is given up: the slowest take 10. */
const PROBE_SECONDS = 60;
/** Probes at a time: each asks another system, and none is to be hurried. */
const SIDE_BY_SIDE = 6;

/** Arguments of {@link verify}. */
export interface VerifyOptions {
  /** Lines, boxes, sections (`4`, `edge`) or names of probes. @default all */
  readonly only?: readonly string[];
  /** Lets the flood probe send its requests to prod. @default false */
  readonly allowFlood?: boolean;
  /** Sends the ages of secrets and of the last drill to Datadog. @default false */
  readonly sendAges?: boolean;
  readonly signal: AbortSignal;
  /** Outputs of the stack, where they are known already. */
  readonly outputs?: StackOutputs;
  /** Names of probes that are left out, and why: they are not applicable. */
  readonly leaveOut?: Readonly<Record<string, string>>;
  /** @default every probe of ops/verify/probes */
  readonly probes?: readonly Probe[];
  /** Milliseconds after which a probe is given up. @default PROBE_SECONDS */
  readonly probeMilliseconds?: number;
  /** @default the system's clock */
  readonly now?: () => Date;
  /** Called with every probe and its result to come, in their order, before the first of them begins. */
  readonly onStart?: (running: readonly RunningProbe[]) => void;
}

/** A probe that will have a result. */
export interface RunningProbe {
  readonly probe: Probe;
  /** When its turn comes. */
  readonly started: Promise<void>;
  /** Never rejects. */
  readonly result: Promise<ProbeResult>;
}

/** Sections of the runbook by name, for `--only`. */
const SECTIONS: Readonly<Record<string, number>> = { https: 1, database: 2, secrets: 3, edge: 4, backups: 5, observability: 6 };

/** Probes by id of a line or box, section or name. @throws Error that names what there is */
export function selectProbes(probes: readonly Probe[], only: readonly string[] | undefined): Probe[] {
  if (only === undefined || only.length === 0) return [...probes];
  const wanted = only.map((word) => {
    const box = BOXES.find(({ id }) => id === word.toUpperCase());
    const lines =
      box?.lines ??
      CHECKLIST.filter(({ id, section }) => id === word.toUpperCase() || section === (SECTIONS[word] ?? Number(word))).map(({ id }) => id);
    const found = probes.filter(({ name, line }) => name === word || lines.includes(line));
    if (found.length === 0)
      throw new Error(
        `--only knows no ${JSON.stringify(word)}. Give a line (${CHECKLIST[0]?.id}), a box (${BOXES[0]?.id}), a section (1 to 6, or ${Object.keys(SECTIONS).join(", ")}) or a probe: ` +
          `${probes.map(({ name }) => name).join(", ")}.`,
      );
    return found;
  });
  return probes.filter((probe) => wanted.some((found) => found.includes(probe)));
}

/**
 * Verifies a stack. Changes nothing but what it makes under its own name and removes.
 *
 * @throws Error of the signal when it is aborted
 */
export async function verify(access: Access, options: VerifyOptions): Promise<VerifyRecord> {
  const { only, signal, now = () => new Date() } = options;
  const selected = selectProbes(options.probes ?? PROBES, only);
  const startedAt = now();
  const begun = performance.now();
  const run = `verify-${randomBytes(4).toString("hex")}`;
  const systems = new Systems(access, options.outputs);
  try {
    const context = {
      stack: access.stack,
      settings: access.settings,
      systems,
      allowFlood: options.allowFlood ?? false,
      sendAges: options.sendAges ?? false,
      run,
      now: startedAt,
    };
    const turns = selected.map((probe) => turnOf(probe, context, options));
    options.onStart?.(turns);
    const first = turns.filter(({ probe }) => probe.last === undefined);
    const waiting = first.values();
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => takeTurns(waiting)));
    for (const { take, probe } of turns) if (probe.last === true) await take();
    signal.throwIfAborted();
    const probes = await Promise.all(turns.map(({ result }) => result));
    const before = await readLastRecord(access.records);
    const record: VerifyRecord = {
      formatVersion: 1,
      stack: access.stack,
      run,
      startedAt: startedAt.toISOString(),
      milliseconds: Math.round(performance.now() - begun),
      ...verdicts(probes),
      ...(only === undefined || only.length === 0 ? {} : { only }),
      probes,
      ...(before === undefined ? {} : { comparedWith: before.startedAt }),
      differences: compareRecords(before, probes),
    };
    if (record.only === undefined) await keepRecord(access.records, record);
    return record;
  } finally {
    await systems.close();
  }
}

interface Turn extends RunningProbe {
  take(): Promise<void>;
}

/** One of several lanes: each takes the next probe that nobody has taken. */
async function takeTurns(waiting: Iterable<Turn>): Promise<void> {
  for (const turn of waiting) await turn.take();
}

function turnOf(probe: Probe, context: Omit<ProbeContext, "signal">, options: VerifyOptions): Turn {
  const { leaveOut = {} } = options;
  const started = deferred<void>();
  const result = deferred<ProbeResult>();
  return {
    probe,
    started: started.promise,
    result: result.promise,
    async take() {
      started.resolve();
      const begun = performance.now();
      const why = leaveOut[probe.name];
      const finding = why === undefined ? await look(probe, context, options) : { outcome: "not-applicable" as const, seen: why };
      const { line, name, title } = probe;
      result.resolve({ line, name, title, ...finding, milliseconds: Math.round(performance.now() - begun) });
    },
  };
}

/** Whatever goes wrong with looking is no verdict on what was looked at. */
async function look(
  probe: Probe,
  context: Omit<ProbeContext, "signal">,
  { signal, probeMilliseconds = PROBE_SECONDS * 1000 }: VerifyOptions,
): Promise<Finding> {
  const limit = AbortSignal.timeout(probeMilliseconds);
  const both = AbortSignal.any([signal, limit]);
  const over = new Promise<never>((_, reject) => both.addEventListener("abort", () => reject(both.reason as Error), { once: true }));
  try {
    both.throwIfAborted();
    return await Promise.race([probe.run({ ...context, signal: both }), over]);
  } catch (error) {
    const message = limit.aborted
      ? `no answer within ${probeMilliseconds / 1000} s`
      : error instanceof Error
        ? error.message
        : String(error);
    return {
      outcome: "undetermined",
      seen: message || String(error),
      todo: `See that ${probe.needs.join(", ")} can be reached from here, then run again.`,
    };
  }
}

/** `Promise.withResolvers`, which Node.js 20 lacks. */
function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
