import { describeGap, firstUnstaffed, PROVEN_WEEKS, type ScheduleLayer } from "../../../components/lib/on-call-proof";
import { isTimeZone } from "../../../components/lib/zoned-time";
import { at, list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Somebody is on call in every minute of the coming quarter. */
export const enforceScheduleStaffing: ResourceRule = {
  name: "schedule-enforce-staffing",
  description: `Somebody is on call in every minute of the next ${PROVEN_WEEKS} weeks, changes of the clocks among them.`,
  severity: "critical",
  checklist: ["RB-6.4"],
  remediationSteps: "Begin the rotation (`onCall.handover.startsOn`) today or earlier, and leave its layer to components/lib/on-call.ts.",
  page: "on-call.md",
  types: ["datadog:index/onCallSchedule:OnCallSchedule"],
  check: ({ properties }, report, { now }) => {
    const layers = list(properties, "layers").map((layer) => layerOf(layer, text(properties, "timeZone")));
    const gap = firstUnstaffed(layers, now);
    if (gap !== undefined)
      report({ field: "layers", found: `nobody ${describeGap(gap, layers[0]?.timeZone ?? "UTC")}`, fix: "Have somebody on call then." });
  },
};

function layerOf(layer: unknown, scheduleZone: string | undefined): ScheduleLayer {
  const timeZone = text(layer, "timeZone") ?? scheduleZone ?? "UTC";
  const endDate = text(layer, "endDate");
  return {
    name: text(layer, "name") ?? "",
    // One that does not exist is schedule-enforce-rotation's.
    timeZone: isTimeZone(timeZone) ? timeZone : "UTC",
    effectiveDate: text(layer, "effectiveDate") ?? "",
    rotationStart: text(layer, "rotationStart") ?? "",
    ...(endDate === undefined ? {} : { endDate }),
    interval: { days: Number(at(layer, "interval", "days") ?? 0), seconds: Number(at(layer, "interval", "seconds") ?? 0) },
    users: list(layer, "users").map(String),
    restrictions: list(layer, "restrictions").map((each) => ({
      startDay: text(each, "startDay") ?? "",
      startTime: text(each, "startTime") ?? "",
      endDay: text(each, "endDay") ?? "",
      endTime: text(each, "endTime") ?? "",
    })),
  };
}
