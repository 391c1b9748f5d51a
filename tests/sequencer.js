const { readFileSync } = require("node:fs");
const { basename } = require("node:path");
const { default: Sequencer } = require("@jest/test-sequencer");

/** Milliseconds that are expected of a suite that has not run here yet, as on a new machine of CI. */
const UNKNOWN = { rehearsal: 150_000, other: 10_000 };
/** The same for suites that take much longer, so that none waits long for another's rehearsal. */
const LONG = { "rotation.test.ts": 350_000, "rehearse.test.ts": 300_000, "adopt.test.ts": 300_000, "drill-encrypted.test.ts": 200_000 };

/**
 * The order of suites: the longest first, and those that need the machine's one rehearsal (helpers/kept-rehearsal.ts) one after the other. Two of
 * them at once would have one wait for the other's lock, and a worker with it.
 */
module.exports = class LaneSequencer extends Sequencer {
  constructor(options) {
    super(options);
    this.workers = options?.globalConfig?.maxWorkers ?? 1;
  }

  sort(tests) {
    const queues = { rehearsal: [], other: [] };
    for (const test of super.sort([...tests])) queues[needsRehearsal(test) ? "rehearsal" : "other"].push(test);
    const workers = Array.from({ length: this.workers }, () => 0);
    let rehearsalFree = 0;
    return tests.map(() => {
      const now = Math.min(...workers);
      const kind = queues.other.length === 0 || (queues.rehearsal.length > 0 && rehearsalFree <= now) ? "rehearsal" : "other";
      const test = queues[kind].shift();
      const end = now + (this.time(test) ?? LONG[basename(test.path)] ?? UNKNOWN[kind]);
      workers[workers.indexOf(now)] = end;
      if (kind === "rehearsal") rehearsalFree = end;
      return test;
    });
  }
};

function needsRehearsal({ path }) {
  return readFileSync(path, "utf8").includes("/helpers/kept-rehearsal");
}
