import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Numbers that must be there. Below 10 s the controller, which looks every 10 s, would miss every start. */
const LEAST = [
  ["startingDeadlineSeconds", 10],
  ["successfulJobsHistoryLimit", 1],
  ["failedJobsHistoryLimit", 1],
] as const;

/** A CronJob never runs beside itself, starts soon or not at all, and keeps a few of its runs to look at. */
export const enforceCronjobConcurrency: ResourceRule = {
  name: "cronjob-enforce-concurrency",
  description: "A CronJob never runs beside itself, starts soon or not at all, and keeps a few of its runs to look at.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Set concurrencyPolicy: Forbid, startingDeadlineSeconds and both history limits.",
  page: "policies.md",
  types: ["kubernetes:batch/v1:CronJob"],
  mayBeAbsent: "backups.method managed has no nightly dump",
  check: ({ properties }, report) => {
    const policy = at(properties, "spec", "concurrencyPolicy");
    if (policy !== "Forbid") report({ field: "spec.concurrencyPolicy", found: policy, fix: "Set it to Forbid." });
    for (const [key, least] of LEAST) {
      const found = at(properties, "spec", key);
      if (typeof found !== "number" || found < least) report({ field: `spec.${key}`, found, fix: `Set it to ${least} or more.` });
    }
  },
};
