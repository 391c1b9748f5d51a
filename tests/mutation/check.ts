/** What can kill a mutant. */
import type { Mutant } from "./instrument";
import type { Modules } from "./modules";

/** Something that a test asserts. */
export interface Check {
  readonly title: string;
  /** Throws, at once or later, where the test would fail. */
  readonly run: () => unknown;
}

/** How often each mutant's place ran, by id. */
export type Hits = Readonly<Record<string, number>>;

/** Tests of one kind. */
export interface Suite {
  /** Every check of the code as it is, to be run once; tells what each reached. */
  readonly all: (modules: Modules, reached: (hits: Hits) => void) => AsyncIterable<Check>;
  /**
   * The checks that a mutant may fail, the likeliest first.
   *
   * @param modules as they are with the mutant
   * @param anew whether the mutant's file was evaluated anew, because the mutant lies in what a module does once
   */
  readonly of: (mutant: Mutant, modules: Modules, anew: boolean) => AsyncIterable<Check> | Iterable<Check>;
}
