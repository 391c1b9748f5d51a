import { parseMonitorQuery, scopesOf } from "../../../components/lib/monitor-query";
import { MONITOR, OBJECTIVE_ALERT, PAGING_STACK, queryOf } from "../../lib/datadog";
import { text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

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
  check: (resource, report) => {
    // Its scope is the objective's: objective-enforce-scope.
    if (text(resource.properties, "type") === OBJECTIVE_ALERT) return;
    const stack = stackOf(resource.urn);
    const query = queryOf(resource);
    if (stack === PAGING_STACK && RUNBOOK_QUERY.test(query)) return;
    const scopes = scopesIn(query);
    if (scopes === undefined || scopes.length === 0) report({ field: "query", found: query, fix: `Say what it looks at: env:${stack}.` });
    for (const found of (scopes ?? []).filter((scope) => !scope.includes(`env:${stack}`)))
      report({ field: "query", found: found.join(query.startsWith("logs(") ? " " : ","), fix: `Add env:${stack} to the scope.` });
  },
};

/** Scopes of a query; undefined: it cannot be read. */
function scopesIn(query: string): (readonly string[])[] | undefined {
  try {
    return scopesOf(parseMonitorQuery(query));
  } catch {
    return undefined;
  }
}
