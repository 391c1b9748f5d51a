import { POD_TYPES } from "../../lib/kubernetes";
import type { StackRule } from "../../lib/rule";
import { environmentOf, servingContainers, variableOf } from "../server";

/** Levels that write requests and errors, no more. */
const QUIET_LEVELS = ["error", "warn", "info"];
/** Variables that make libraries or Node.js itself talk. */
const DEBUG_VARIABLES = ["DEBUG", "NODE_DEBUG", "NODE_DEBUG_NATIVE"];
/** Node.js options that print, or open a port to a debugger. */
const DEBUG_OPTIONS = /--(inspect|trace)/;

/** Logs hold lines of the combined format, nothing verbose. */
export const enforceEnvironmentCombined: StackRule = {
  name: "environment-enforce-combined",
  description: "The server logs in the combined format, and nothing that is set makes it verbose.",
  severity: "medium",
  checklist: ["RB-1.4"],
  remediationSteps: "Set LOG_FORMAT to combined, LOG_LEVEL to error, warn or info if at all, and remove every debugging variable.",
  page: "runbook/1-https.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    for (const each of servingContainers(stack)) {
      const format = variableOf(stack, each, "LOG_FORMAT");
      if (format.value !== "combined")
        report(each.workload, { field: format.field, found: format.value, fix: 'Set LOG_FORMAT to "combined".' });
      for (const [name, { field, value }] of environmentOf(stack, each)) {
        const verbose =
          (name === "LOG_LEVEL" && !QUIET_LEVELS.includes(String(value).toLowerCase())) ||
          DEBUG_VARIABLES.includes(name) ||
          (name === "NODE_OPTIONS" && DEBUG_OPTIONS.test(String(value)));
        if (verbose) report(each.workload, { field, found: value, fix: `Remove ${name}: production logs are not verbose.` });
      }
    }
  },
};
