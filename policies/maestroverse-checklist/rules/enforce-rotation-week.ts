import { at, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

const DAYS = 7;

/** Everybody has a week. */
export const enforceRotationWeek: ResourceRule = {
  name: "rotation-enforce-week",
  description: "Turns of the on-call rotation last a week, in days, so that the hand-over stays at its hour when clocks change.",
  severity: "medium",
  checklist: ["RB-6.4"],
  remediationSteps: "Leave the schedule to components/lib/on-call.ts.",
  page: "on-call.md",
  types: ["datadog:index/onCallSchedule:OnCallSchedule"],
  check: ({ properties }, report) => {
    for (const [index, layer] of list(properties, "layers").entries()) {
      const found = at(layer, "interval", "days");
      if (found !== DAYS) report({ field: `layers[${index}].interval.days`, found, fix: `Set it to ${DAYS}.` });
    }
  },
};
