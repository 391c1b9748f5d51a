import { at, json, list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A dashboard shows something: Datadog reads its JSON at the deployment only. */
export const enforceDashboardContent: ResourceRule = {
  name: "dashboard-enforce-content",
  description: "Every dashboard is valid JSON with a title, a layout, and widgets that each have a type.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Build it with components/lib/dashboard.ts.",
  page: "policies.md",
  types: ["datadog:index/dashboardJson:DashboardJson"],
  check: ({ properties }, report) => {
    const definition = json(at(properties, "dashboard"));
    for (const field of ["title", "layout_type"])
      if ((text(definition, field) ?? "") === "") report({ field: `dashboard.${field}`, found: undefined, fix: "Set it in valid JSON." });
    const widgets = list(definition, "widgets");
    if (widgets.length === 0) report({ field: "dashboard.widgets", found: undefined, fix: "Add widgets." });
    for (const [index, widget] of widgets.entries())
      if (text(widget, "definition", "type") === undefined)
        report({ field: `dashboard.widgets[${index}].definition.type`, found: undefined, fix: "Say what it shows." });
  },
};
