import { MONITOR, PAGING_STACK } from "../../lib/datadog";
import { text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

/** Where a query says what it looks at: a metric's braces, a search of logs. */
const SCOPES = /\{([^{}]*)\}|logs\("([^"]*)"\)/g;
/** The runbook's own query names no environment; in production it stands to the letter. */
const RUNBOOK_QUERY = /^avg\(last_5m\):sum:maestroverse\.api\.errors\{service:maestroverse-api\} > [\d.]+$/;

/** What happens in staging never wakes anybody. */
export const enforceMonitorScope: ResourceRule = {
  name: "monitor-enforce-scope",
  description: "Every query looks at the stack's own environment only (env:), so that what happens in staging never pages for production.",
  severity: "high",
  checklist: [],
  remediationSteps: "Add env:<stack> to each scope of the query.",
  page: "policies.md",
  types: [MONITOR],
  check: ({ urn, properties }, report) => {
    const stack = stackOf(urn);
    const query = text(properties, "query") ?? "";
    if (stack === PAGING_STACK && RUNBOOK_QUERY.test(query)) return;
    const scopes = [...query.matchAll(SCOPES)].map(([, ofMetric, ofLogs]) => ofMetric ?? ofLogs ?? "");
    if (scopes.length === 0) report({ field: "query", found: query, fix: `Say what it looks at: env:${stack}.` });
    for (const found of scopes.filter((scope) => !scope.split(/[\s,]+/).includes(`env:${stack}`)))
      report({ field: "query", found, fix: `Add env:${stack} to the scope.` });
  },
};
