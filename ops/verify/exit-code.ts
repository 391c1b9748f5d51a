/** What a verification ends a command with. */
import { EXIT, type ExitCode } from "../cli/exit-codes";
import type { Outcome } from "./probe";
import type { VerifyRecord } from "./record";

/** Code by the worst outcome. Nothing applicable: nothing was shown. */
const CODES: Readonly<Record<Outcome, ExitCode>> = {
  pass: EXIT.ok,
  fail: EXIT.found,
  undetermined: EXIT.undetermined,
  "not-applicable": EXIT.undetermined,
};

/** 0 only if all that is applicable passed. */
export function exitCodeOf({ outcome }: Pick<VerifyRecord, "outcome">): ExitCode {
  return CODES[outcome];
}
