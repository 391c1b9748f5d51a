import { at, isSet, known, list, text, UNKNOWN } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const TEAM = "datadog:index/team:Team";
const ROUTING = "datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules";
const POLICY = "datadog:index/onCallEscalationPolicy:OnCallEscalationPolicy";
const SCHEDULE = "datadog:index/onCallSchedule:OnCallSchedule";
/** The chain: who an alert's handle names, and what it leads to. */
const CHAIN = [TEAM, ROUTING, POLICY, SCHEDULE];

/** An alert's handle leads to a person: its team, the team's routing, the ladder, the schedule, and at the end the lead. */
export const enforceLadderSteps: StackRule = {
  name: "ladder-enforce-steps",
  description:
    "The team's routing leads to a ladder: who is on call, who is on call next, then the lead; team, routing, ladder and schedule belong together.",
  severity: "critical",
  checklist: ["RB-6.4"],
  remediationSteps: "Leave the ladder to components/lib/on-call.ts.",
  page: "on-call.md",
  types: CHAIN,
  checkStack: (stack, report) => {
    // Before they exist their ids are unknown: with one of each they can lead nowhere else.
    for (const type of CHAIN)
      if (stack.ofType(type).length !== 1) report(undefined, { field: type, found: stack.ofType(type).length, fix: "Have one." });
    for (const policy of stack.ofType(POLICY)) {
      const steps = list(policy.properties, "steps").map((step) => at(step, "targets", 0));
      const kinds = steps.map((step) =>
        isSet(step, "schedule") ? `schedule ${text(step, "position") ?? "current"}` : isSet(step, "user") ? "user" : "nobody",
      );
      if (kinds.join() !== "schedule current,schedule next,user")
        report(policy, { field: "steps", found: kinds, fix: "Page who is on call, then who is next, then the lead (a user)." });
      const lead = text(steps.at(-1), "user");
      const people = stack
        .ofType(SCHEDULE)
        .flatMap(({ properties }) => list(properties, "layers").flatMap((layer) => list(layer, "users")));
      if (kinds.at(-1) === "user" && !people.includes(lead))
        report(policy, { field: "steps[].targets[].user", found: lead, fix: "Name somebody of the rotation." });
    }
    const team = known(() => stack.ofType(ROUTING).map(({ properties }) => text(properties, "teamId"))[0]);
    if (team === UNKNOWN) return;
    for (const resource of stack.ofType(POLICY, SCHEDULE)) {
      const teams = known(() => [...list(resource.properties, "teams")]);
      if (teams !== UNKNOWN && !teams.includes(team))
        report(resource, { field: "teams", found: teams, fix: `Add ${team}, whose alerts lead here.` });
    }
  },
};
