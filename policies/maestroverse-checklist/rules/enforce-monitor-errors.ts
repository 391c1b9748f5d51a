import { queryOf } from "../../lib/datadog";
import type { StackRule } from "../../lib/rule";
import { MONITOR } from "../runbook";

/** The runbook's query; outside of prod the scope names the environment too. */
const QUERY = /^avg\(last_5m\):sum:maestroverse\.api\.errors\{service:maestroverse-api(,env:[a-z]+)?\} > (\d+)$/;

/** Users who meet errors are noticed. */
export const enforceMonitorErrors: StackRule = {
  name: "monitor-enforce-errors",
  description: "A monitor has the runbook's query: avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api} > 5.",
  severity: "critical",
  checklist: ["RB-6.2"],
  remediationSteps: "Leave the monitor to components/lib/monitors.ts, and `observability.errorsPerFiveMinutes` at 5.",
  page: "runbook/6-observability.md",
  types: [MONITOR],
  limits: { errors: { description: "Errors in five minutes above which it alerts", unit: "errors", default: 5, minimum: 1, maximum: 5 } },
  checkStack: (stack, report, { limits: { errors = 5 } }) => {
    const asked = stack.ofType(MONITOR).map((monitor) => ({ monitor, query: queryOf(monitor) }));
    const about = asked.filter(({ query }) => query.includes("maestroverse.api.errors"));
    const fix = `Set it to avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api} > ${errors}.`;
    if (about.length === 0) report(undefined, { field: "monitor of maestroverse.api.errors", found: undefined, fix });
    for (const { monitor, query } of about) {
      const threshold = QUERY.exec(query)?.[2];
      if (threshold === undefined || Number(threshold) > errors) report(monitor, { field: "query", found: query, fix });
    }
  },
};
