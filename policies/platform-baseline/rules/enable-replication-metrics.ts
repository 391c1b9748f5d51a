import { NO_DUMPS } from "../../lib/aws";
import { at, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A copy that lags or fails is seen. */
export const enableReplicationMetrics: ResourceRule = {
  name: "replication-enable-metrics",
  description: "Every replication is on and reports its lag and its failures.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Set status, destination.metrics and destination.replicationTime to Enabled.",
  page: "policies.md",
  types: ["aws:s3/bucketReplicationConfig:BucketReplicationConfig"],
  mayBeAbsent: NO_DUMPS,
  check: ({ properties }, report) => {
    const rules = list(properties, "rules");
    if (rules.length === 0) report({ field: "rules", found: rules, fix: "Say what is copied." });
    for (const [index, rule] of rules.entries())
      for (const path of ["status", "destination.metrics.status", "destination.replicationTime.status"]) {
        const found = at(rule, ...path.split("."));
        if (found !== "Enabled") report({ field: `rules[${index}].${path}`, found, fix: "Set it to Enabled." });
      }
  },
};
