import { UPTIME_TEST } from "../../lib/datadog";
import { at, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** The trouble of a single location is its own. */
export const enforceUptimeLocations: ResourceRule = {
  name: "uptime-enforce-locations",
  description: "Every uptime test runs from three locations at least; more than one must fail, and not all of them have to.",
  severity: "high",
  checklist: ["RB-6.1"],
  remediationSteps: "Add locations, and set optionsList.minLocationFailed to 2.",
  page: "runbook/6-observability.md",
  types: [UPTIME_TEST],
  limits: {
    minimumLocations: { description: "Fewest locations of an uptime test", unit: "locations", default: 3, minimum: 3, maximum: 10 },
  },
  check: ({ properties }, report, { limits }) => {
    const locations = new Set(list(properties, "locations"));
    const minimum = limits["minimumLocations"] ?? NaN;
    if (!(locations.size >= minimum)) report({ field: "locations", found: [...locations], fix: `Name ${minimum} or more.` });
    const found = at(properties, "optionsList", "minLocationFailed");
    if (!(typeof found === "number" && found >= 2 && (found < locations.size || locations.size < minimum)))
      report({ field: "optionsList.minLocationFailed", found, fix: "Set it to 2 or more, and less than the number of locations." });
  },
};
