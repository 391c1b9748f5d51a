import { PAGING_STACK, TEAM } from "../../lib/datadog";
import { text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

/** No stack changes whom production pages. */
export const enforceTeamEnvironment: ResourceRule = {
  name: "team-enforce-environment",
  description: "The on-call team of a stack that is not production is its own: its handle ends with the stack's name.",
  severity: "high",
  checklist: ["RB-6.4"],
  remediationSteps: "Set onCall.teamHandle to a team of the stack's own.",
  page: "on-call.md",
  types: [TEAM],
  check: ({ urn, properties }, report) => {
    const stack = stackOf(urn);
    const found = text(properties, "handle");
    const isOwn = stack === PAGING_STACK ? found !== undefined && !/-(staging|rehearsal)$/.test(found) : found?.endsWith(`-${stack}`);
    if (isOwn !== true)
      report({ field: "handle", found, fix: stack === PAGING_STACK ? "Name production's team." : `End it with -${stack}.` });
  },
};
