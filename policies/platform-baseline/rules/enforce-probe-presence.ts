import { podTemplate, servingContainers } from "../../lib/kubernetes";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

const HANDLERS = ["httpGet", "tcpSocket", "grpc", "exec"];

/** Every container that serves has a startup, a readiness and a liveness probe. */
export const enforceProbePresence: ResourceRule = {
  name: "probe-enforce-presence",
  description: "Every container that serves has a startup, a readiness and a liveness probe.",
  severity: "high",
  checklist: ["RB-1.1"],
  remediationSteps: "Use healthProbe of components/lib/web-pod.ts.",
  page: "runbook/1-https.md",
  types: ["kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet", "kubernetes:apps/v1:DaemonSet"],
  check: (resource, report) => {
    for (const { path, container } of servingContainers(podTemplate(resource)))
      for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
        if (!HANDLERS.some((handler) => at(container, probe, handler) !== undefined))
          report({ field: `${path}.${probe}`, found: at(container, probe), fix: "Add one with an httpGet, tcpSocket, grpc or exec." });
  },
};
