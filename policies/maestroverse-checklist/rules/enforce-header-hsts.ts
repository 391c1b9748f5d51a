import { text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { edgeServers } from "../edge";
import { CONFIG_MAP, CONTROLLER_CONFIG } from "../runbook";

/** Seconds that Mozilla's Observatory accepts: 180 days. */
const LONG_SECONDS = 15_552_000;
/** Annotation of a ConfigMap of the edge: since when the present stage of the ramp is sent. */
const STAGE_ANNOTATION = "maestroverse.edu/hsts-since";
const DAY_MILLISECONDS = 86_400_000;

/** Browsers insist on HTTPS for half a year at least, or the ramp to it is under way. */
export const enforceHeaderHsts: StackRule = {
  name: "header-enforce-hsts",
  description:
    "Strict-Transport-Security is sent for each host: for 180 days or longer, or as a stage of the ramp that began not long ago.",
  severity: "high",
  checklist: ["RB-1.3"],
  remediationSteps: "Add the next stage to `edge.hsts.ramp` once the present one has held.",
  page: "runbook/1-https.md",
  types: [CONTROLLER_CONFIG],
  limits: {
    stageDays: { description: "Longest life of a stage of the ramp", unit: "days", default: 30, minimum: 1, maximum: 30 },
  },
  checkStack: (stack, report, { limits: { stageDays = 30 }, now }) => {
    const [since] = stack
      .ofType(CONFIG_MAP)
      .flatMap(({ properties }) => text(properties, "metadata", "annotations", STAGE_ANNOTATION) ?? []);
    for (const { resource, field, host, headers } of edgeServers(stack)) {
      const found = headers.find(({ name }) => name === "strict-transport-security")?.value;
      const seconds = Number(/^max-age=(\d+)(;|$)/.exec(found ?? "")?.[1] ?? 0);
      if (seconds >= LONG_SECONDS) continue;
      const header = `${field} add_header Strict-Transport-Security of ${host}`;
      if (seconds === 0) {
        report(resource, { field: header, found, fix: "Send it with max-age=31536000, or begin the ramp with 300." });
        continue;
      }
      const days = (now.getTime() - Date.parse(since ?? "")) / DAY_MILLISECONDS;
      if (!(days >= 0 && days <= stageDays))
        report(resource, {
          field: header,
          found: `${found} since ${since ?? "a day that nothing names"}`,
          fix: `Raise it to ${LONG_SECONDS} seconds or more: a shorter stage lasts ${stageDays} days at most.`,
        });
    }
  },
};
