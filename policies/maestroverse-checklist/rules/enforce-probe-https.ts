import { POD_TYPES } from "../../lib/kubernetes";
import { at, list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { HEALTH_PATH } from "../runbook";
import { servingContainers } from "../server";

const PROBES = ["startupProbe", "readinessProbe", "livenessProbe"] as const;

/** Probes ask as the edge does: the server redirects what is not marked as HTTPS, and kubelet takes a redirect to another host for health. */
export const enforceProbeHttps: StackRule = {
  name: "probe-enforce-https",
  description: "Readiness of the server, and every other probe over HTTP, asks /health with X-Forwarded-Proto: https.",
  severity: "high",
  checklist: ["RB-1.1"],
  remediationSteps: "Leave the probes as components/lib/web-pod.ts makes them.",
  page: "runbook/1-https.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    for (const { workload, container } of servingContainers(stack))
      for (const probe of PROBES) {
        const asked = at(container.container, probe);
        // Whether there is a probe at all is another rule's. Only readiness must ask over HTTP: it decides who gets requests.
        if (asked === undefined || (probe !== "readinessProbe" && at(asked, "httpGet") === undefined)) continue;
        const field = `${container.path}.${probe}.httpGet`;
        const path = text(asked, "httpGet", "path");
        if (path !== HEALTH_PATH) report(workload, { field: `${field}.path`, found: path, fix: `Ask ${HEALTH_PATH}.` });
        const scheme = list(asked, "httpGet", "httpHeaders")
          .filter((header) => text(header, "name")?.toLowerCase() === "x-forwarded-proto")
          .map((header) => text(header, "value"));
        if (scheme.length !== 1 || scheme[0] !== "https")
          report(workload, {
            field: `${field}.httpHeaders[X-Forwarded-Proto]`,
            found: scheme[0],
            fix: 'Set it to "https": a redirect counts as health.',
          });
      }
  },
};
