import { UPTIME_TEST } from "../../lib/datadog";
import { at, isSet, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** An uptime test runs, often enough, ends, and asserts something. */
export const configureUptimeInterval: ResourceRule = {
  name: "uptime-configure-interval",
  description: "Every uptime test is live, runs every hour at least, says how it retries, gives up in time, and asserts something.",
  severity: "high",
  checklist: ["RB-6.1"],
  remediationSteps: "Build the test with components/lib/synthetics.ts.",
  page: "runbook/6-observability.md",
  types: [UPTIME_TEST],
  limits: { maximumSeconds: { description: "Longest time between two runs", unit: "seconds", default: 3600, minimum: 60, maximum: 3600 } },
  check: ({ properties }, report, { limits }) => {
    const status = at(properties, "status");
    if (status !== "live") report({ field: "status", found: status, fix: "Set it to live." });
    const interval = at(properties, "optionsList", "tickEvery");
    const maximum = limits["maximumSeconds"] ?? NaN;
    if (!(typeof interval === "number" && interval >= 30 && interval <= maximum))
      report({ field: "optionsList.tickEvery", found: interval, fix: `Set it to 30 to ${maximum} seconds.` });
    for (const path of ["optionsList.retry.count", "optionsList.minFailureDuration"])
      if (!isSet(properties, ...path.split("."))) report({ field: path, found: undefined, fix: "Say after which failures it alerts." });
    const timeout = at(properties, "requestDefinition", "timeout");
    if (!(typeof timeout === "number" && timeout > 0 && timeout < Number(interval)))
      report({ field: "requestDefinition.timeout", found: timeout, fix: "Set it to fewer seconds than lie between two runs." });
    const assertions = list(properties, "assertions");
    if (assertions.length === 0) report({ field: "assertions", found: assertions, fix: "Assert what a good answer is." });
  },
};
