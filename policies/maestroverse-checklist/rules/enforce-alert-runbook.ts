import { list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { MONITOR, SYNTHETICS } from "../runbook";

/** A link to a heading of the runbook: `Runbook: https://…/6-observability.md#cpu`. */
const LINK = /^Runbook: (https:\/\/\S+#([a-z0-9-]+))$/m;

/** Whoever is woken finds the page that says what to do. */
export const enforceAlertRunbook: ResourceRule = {
  name: "alert-enforce-runbook",
  description: "The message of every monitor and uptime test links its own heading of the runbook; a monitor's assets link the same.",
  severity: "high",
  checklist: ["RB-6.4"],
  remediationSteps: "Build the message with components/lib/alerts.ts.",
  page: "on-call.md",
  types: [MONITOR, SYNTHETICS],
  check: ({ type, properties }, report) => {
    const [, url, heading] = LINK.exec(text(properties, "message") ?? "") ?? [];
    if (url === undefined)
      report({ field: "message (Runbook: https://…#<heading>)", found: undefined, fix: "Link its heading of the runbook." });
    else if (!list(properties, "tags").includes(`monitor:${heading}`))
      report({ field: "message (Runbook)", found: url, fix: "Link its own heading: the one of its tag monitor:<heading>." });
    const assets = list(properties, "assets").filter((asset) => text(asset, "category") === "runbook");
    if (type === MONITOR && url !== undefined && !assets.some((asset) => text(asset, "url") === url))
      report({ field: "assets[category=runbook].url", found: assets.map((asset) => text(asset, "url")), fix: `Set it to ${url}.` });
  },
};
