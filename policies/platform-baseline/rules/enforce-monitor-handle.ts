import { ALERT_TYPES, handles, TEAM } from "../../lib/datadog";
import { text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Where the team's description says that PagerDuty pages it. */
const PAGER_DUTY = /Paged through PagerDuty service ([\w-]+)\./;

/** An alert pages the stack's own on-call team, and nobody else's. */
export const enforceMonitorHandle: StackRule = {
  name: "monitor-enforce-handle",
  description: "The message of every monitor and uptime test pages the on-call team of the stack, and no other.",
  severity: "critical",
  checklist: ["RB-6.4"],
  remediationSteps: "Build the message with components/lib/alerts.ts.",
  page: "on-call.md",
  types: ALERT_TYPES,
  checkStack: (stack, report) => {
    const teams = stack.ofType(TEAM).map(({ properties }) => {
      // A team that is paged elsewhere says so.
      const [, service] = PAGER_DUTY.exec(text(properties, "description") ?? "") ?? [];
      return service === undefined ? `@oncall-${text(properties, "handle")}` : `@pagerduty-${service}`;
    });
    for (const alert of stack.ofType(...ALERT_TYPES)) {
      const found = handles(alert);
      if (!found.some((handle) => teams.includes(handle))) report(alert, { field: "message", found, fix: `Name ${teams.join(" or ")}.` });
      for (const other of found.filter((handle) => !teams.includes(handle)))
        report(alert, { field: "message", found: other, fix: "Remove the handle: it is not this stack's team." });
    }
  },
};
