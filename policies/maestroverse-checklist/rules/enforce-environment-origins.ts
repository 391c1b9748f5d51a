import { POD_TYPES } from "../../lib/kubernetes";
import type { StackRule } from "../../lib/rule";
import { servingContainers, variableOf } from "../server";

/** An origin as a browser sends it: scheme, host, perhaps a port. */
const HTTPS_ORIGIN = /^https:\/\/[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$/;

/** Browsers may call the API from named https origins only. */
export const enforceEnvironmentOrigins: StackRule = {
  name: "environment-enforce-origins",
  description: "CORS_ORIGINS names https origins, each without path or wildcard.",
  severity: "critical",
  checklist: ["RB-1.1"],
  remediationSteps: "Name the applications' origins in `corsOrigins` of the stack's settings.",
  page: "runbook/1-https.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    for (const each of servingContainers(stack)) {
      const { field, value } = variableOf(stack, each, "CORS_ORIGINS");
      const origins = typeof value === "string" ? value.split(",") : [];
      if (origins.length === 0) report(each.workload, { field, found: value, fix: "Name the origins that may call the API." });
      for (const origin of origins)
        if (!HTTPS_ORIGIN.test(origin))
          report(each.workload, { field, found: origin, fix: "Name it https://host, without path or wildcard." });
    }
  },
};
