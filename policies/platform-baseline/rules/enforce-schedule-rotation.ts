import { at, isSet, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Somebody is on call, at every hour, and not always the same. */
export const enforceScheduleRotation: ResourceRule = {
  name: "schedule-enforce-rotation",
  description: "Every layer of an on-call schedule takes turns between two people at least, around the clock.",
  severity: "high",
  checklist: ["RB-6.4"],
  remediationSteps: "Build the layer with components/lib/on-call.ts.",
  page: "on-call.md",
  types: ["datadog:index/onCallSchedule:OnCallSchedule"],
  check: ({ properties }, report) => {
    const layers = list(properties, "layers");
    if (layers.length === 0) report({ field: "layers", found: layers, fix: "Add a layer." });
    for (const [index, layer] of layers.entries()) {
      const users = new Set(list(layer, "users"));
      if (users.size < 2) report({ field: `layers[${index}].users`, found: users.size, fix: "Name two people or more." });
      const days = Number(at(layer, "interval", "days") ?? 0) + Number(at(layer, "interval", "seconds") ?? 0) / 86_400;
      if (!(days > 0)) report({ field: `layers[${index}].interval`, found: days, fix: "Say how long a turn is." });
      if (!isSet(layer, "timeZone"))
        report({ field: `layers[${index}].timeZone`, found: undefined, fix: "Name the time zone of the hand-over." });
      const restrictions = list(layer, "restrictions").length;
      if (restrictions > 0)
        report({ field: `layers[${index}].restrictions`, found: restrictions, fix: "Remove them: hours without anybody." });
    }
  },
};
