import { ALERT_TYPES, tags } from "../../lib/datadog";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

/** An alert can be found by its environment, its team, and its page of the runbook. */
export const enforceMonitorTags: ResourceRule = {
  name: "monitor-enforce-tags",
  description: "Every monitor and uptime test is tagged with the environment, the team, and its heading and section of the runbook.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Build the tags with components/lib/alerts.ts.",
  page: "policies.md",
  types: ALERT_TYPES,
  check: (resource, report) => {
    const found = tags(resource);
    const expect = (what: string, pattern: RegExp) => {
      if (!found.some((tag) => pattern.test(String(tag)))) report({ field: "tags", found, fix: `Add ${what}.` });
    };
    const stack = stackOf(resource.urn);
    expect(`env:${stack}`, new RegExp(`^env:${stack}$`));
    expect("team:<handle>", /^team:[a-z0-9-]+$/);
    expect("monitor:<heading in the runbook>", /^monitor:[a-z0-9-]+$/);
    expect("runbook-section:<1 to 7>", /^runbook-section:[1-7]$/);
    for (const tag of found.filter((each) => /^env:/.test(String(each)) && each !== `env:${stack}`))
      report({ field: "tags", found: tag, fix: `Remove it: this is ${stack}.` });
  },
};
