import { API_ERRORS, DRILL_AGE, SECRET_AGE } from "../../../components/lib/metrics";
import { OBJECTIVE, queryOf } from "../../lib/datadog";
import { text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { MONITOR } from "../runbook";

const LOG_METRIC = "datadog:index/logsMetric:LogsMetric";
/** Metrics that no resource makes: the application sends the first, `ops verify --send-ages` the others. */
const SENT: readonly string[] = [API_ERRORS, DRILL_AGE, SECRET_AGE];
/** A metric of this program's in a query. */
const OWN_METRIC = /\bmaestroverse(?:\.\w+)+(?=\{)/g;

/** A metric that nobody makes never alerts. */
export const enforceMonitorSource: StackRule = {
  name: "monitor-enforce-source",
  description:
    "Every metric of the program's own that a monitor or an objective reads is made of log lines in the same stack, or sent by a known sender.",
  severity: "high",
  checklist: ["RB-5.1", "RB-6.2"],
  remediationSteps: "Name the metric by its constant in components/lib/metrics.ts, and make it in components/lib/log-pipeline.ts.",
  page: "runbook/6-observability.md",
  types: [MONITOR, OBJECTIVE],
  checkStack: (stack, report) => {
    const made = new Set([...SENT, ...stack.ofType(LOG_METRIC).map(({ properties }) => text(properties, "name"))]);
    const read = [
      ...stack.ofType(MONITOR).map((resource) => ({ resource, field: "query", query: queryOf(resource) })),
      ...stack.ofType(OBJECTIVE).flatMap((resource) =>
        ["numerator", "denominator"].map((part) => ({
          resource,
          field: `query.${part}`,
          query: text(resource.properties, "query", part) ?? "",
        })),
      ),
    ];
    for (const { resource, field, query } of read)
      for (const metric of new Set(query.match(OWN_METRIC)))
        if (!made.has(metric)) report(resource, { field, found: metric, fix: `Make ${metric} of log lines, or read one that is made.` });
  },
};
