import { POD_TYPES } from "../../lib/kubernetes";
import type { StackRule } from "../../lib/rule";
import { serverContainers, variableOf } from "../server";

/** The server, and its migrations, run in production mode: development mode shows stack traces and trusts any origin. */
export const enforceEnvironmentProduction: StackRule = {
  name: "environment-enforce-production",
  description: "Every container of the server's image runs with NODE_ENV=production.",
  severity: "critical",
  checklist: ["RB-1.1"],
  remediationSteps: "Leave NODE_ENV as components/web-service.ts and components/lib/migration-job.ts set it.",
  page: "runbook/1-https.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    for (const each of serverContainers(stack)) {
      const { field, value } = variableOf(stack, each, "NODE_ENV");
      if (value !== "production") report(each.workload, { field, found: value, fix: 'Set NODE_ENV to "production".' });
    }
  },
};
