import { hasPort, podTemplate } from "../../lib/kubernetes";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every probe asks a port that its container declares. */
export const enforceProbePorts: ResourceRule = {
  name: "probe-enforce-ports",
  description: "Every probe asks a port that its container declares.",
  severity: "high",
  checklist: ["RB-1.1"],
  remediationSteps: "Name a port of the container.",
  page: "runbook/1-https.md",
  types: ["kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet", "kubernetes:apps/v1:DaemonSet"],
  check: (resource, report) => {
    for (const container of podTemplate(resource).containers)
      for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
        for (const handler of ["httpGet", "tcpSocket", "grpc"]) {
          if (at(container.container, probe, handler) === undefined) continue;
          const found = at(container.container, probe, handler, "port");
          if (!hasPort([container], found))
            report({ field: `${container.path}.${probe}.${handler}.port`, found, fix: "Name one of the container's ports." });
        }
  },
};
