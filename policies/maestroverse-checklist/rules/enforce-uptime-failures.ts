import { at, list } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { SYNTHETICS } from "../runbook";

/** Keys of the two tests that the runbook's rule is about. */
const FREQUENT = ["monitor:uptime-health", "monitor:uptime-websocket"];

/** Two failures in a row alert, one does not, and they are less than two minutes apart. */
export const enforceUptimeFailures: StackRule = {
  name: "uptime-enforce-failures",
  description: "The uptime tests of /health and of the websocket alert on two failures in a row, less than two minutes apart.",
  severity: "high",
  checklist: ["RB-6.1"],
  remediationSteps: "Leave tickEvery, minFailureDuration and retry to components/lib/synthetics.ts.",
  page: "runbook/6-observability.md",
  types: [SYNTHETICS],
  limits: {
    secondsApart: { description: "Seconds below which two failures lie", unit: "seconds", default: 120, minimum: 31, maximum: 120 },
  },
  checkStack: (stack, report, { limits: { secondsApart = 120 } }) => {
    for (const test of stack
      .ofType(SYNTHETICS)
      .filter(({ properties }) => list(properties, "tags").some((tag) => FREQUENT.includes(String(tag))))) {
      const option = (...path: string[]) => Number(at(test.properties, "optionsList", ...path) ?? NaN);
      const [interval, duration, timeout] = [
        option("tickEvery"),
        option("minFailureDuration"),
        Number(at(test.properties, "requestDefinition", "timeout")),
      ];
      const expect = (holds: boolean, field: string, found: number, fix: string) => {
        if (!holds) report(test, { field: `optionsList.${field}`, found: Number.isNaN(found) ? undefined : found, fix });
      };
      expect(interval < secondsApart, "tickEvery", interval, `Set it below ${secondsApart} seconds: so far apart two failures lie.`);
      // The second failure is known one interval and one timeout after the first; the third begins after two intervals.
      expect(
        duration >= interval + timeout && duration < 2 * interval,
        "minFailureDuration",
        duration,
        `Set it to ${interval + timeout}: after the second failure, before a third.`,
      );
      expect(option("retry", "count") === 0, "retry.count", option("retry", "count"), "Set it to 0: a retry hides the first failure.");
    }
  },
};
