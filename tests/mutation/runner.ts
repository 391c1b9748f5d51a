/** Switches on one mutant after the other and runs the checks that may notice it, until one does. */
import { runInThisContext } from "node:vm";
import type { Check, Hits, Suite } from "./check";
import { instrument, type Mutant, switchboard } from "./instrument";
import { Modules } from "./modules";

/** How a mutant ended: noticed, running for too long (noticed too), unnoticed, or never reached by any test. */
export type Status = "killed" | "timeout" | "survived" | "not reached";

/** A mutant, and what became of it. */
export interface Verdict extends Mutant {
  readonly status: Status;
  /** The check that noticed it. */
  readonly by?: string;
}

/** Milliseconds that a check may take without giving back control, and as a whole. */
const LIMIT = 3_000;
/** Times the runs of its place without the mutant; after as many, a loop has no end. */
const HITS = 100;

/** What is to be mutated, and by what it is held. */
export interface Project {
  readonly root: string;
  /** Paths from the root. */
  readonly files: readonly string[];
  readonly suites: readonly Suite[];
}

/** What a run tells on the way. */
export interface Watcher {
  /** A verdict that is known already. */
  readonly known?: (mutant: Mutant) => Verdict | undefined;
  readonly onVerdict?: (verdict: Verdict, done: number, all: number) => void | Promise<void>;
}

/**
 * A verdict for every mutant.
 *
 * @throws Error when a check fails without any mutant
 */
export async function runMutants({ root, files, suites }: Project, watcher: Watcher = {}): Promise<Verdict[]> {
  Error.stackTraceLimit = 0;
  const { texts, mutants } = await instrument(root, files);
  const base = new Modules(root, texts);
  const most = new Map<string, number>();
  const reached = (hits: Hits) => {
    for (const [id, count] of Object.entries(hits)) most.set(id, Math.max(count, most.get(id) ?? 0));
  };
  for (const suite of suites)
    for await (const check of suite.all(base, reached)) {
      const reason = await failureOf(check);
      if (reason !== undefined) throw new Error(`without any mutant a check fails: ${check.title}: ${reason}`);
    }
  const once = new Set(Object.keys(switchboard.mutantCoverage.static));
  const verdicts: Verdict[] = [];
  for (const mutant of mutants) {
    const verdict = watcher.known?.(mutant) ?? (await verdictOn(mutant));
    verdicts.push(verdict);
    await watcher.onVerdict?.(verdict, verdicts.length, mutants.length);
  }
  return verdicts;

  async function verdictOn(mutant: Mutant): Promise<Verdict> {
    const anew = once.has(mutant.id);
    const hits = most.get(mutant.id);
    if (!anew && hits === undefined) return { ...mutant, status: "not reached" };
    Object.assign(switchboard, { activeMutant: mutant.id, hitCount: 0, hitLimit: HITS * Math.max(hits ?? 0, 1000) });
    try {
      const modules = anew ? base.without(mutant.file) : base;
      // What a module does once is data, mostly, which unit tests and documents look at.
      for (const suite of anew ? [...suites].reverse() : suites)
        for await (const check of suite.of(mutant, modules, anew)) {
          switchboard.hitCount = 0;
          const reason = await failureOf(check);
          if (reason !== undefined) return { ...mutant, status: isTimeout(reason) ? "timeout" : "killed", by: check.title };
        }
      return { ...mutant, status: "survived" };
    } catch (error) {
      return { ...mutant, status: "killed", by: `it cannot be loaded: ${(error as Error).message.split("\n")[0]}` };
    } finally {
      Object.assign(switchboard, { activeMutant: undefined, hitCount: undefined, hitLimit: undefined });
    }
  }
}

const TIMED_OUT = "took too long";
const isTimeout = (reason: string) =>
  reason.includes(TIMED_OUT) || reason.includes("timed out after") || reason.includes("Hit count limit");

/** Why a check fails; undefined: it does not. Neither a loop without an end nor a promise that nobody keeps can hold it up. */
async function failureOf({ run }: Check): Promise<string | undefined> {
  const holder = globalThis as { mutationStep?: () => unknown };
  holder.mutationStep = run;
  let timer: NodeJS.Timeout | undefined;
  try {
    const result: unknown = runInThisContext("mutationStep()", { timeout: LIMIT });
    if (result instanceof Promise)
      await Promise.race([
        result,
        new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error(TIMED_OUT)), LIMIT);
        }),
      ]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
