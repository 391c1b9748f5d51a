import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { at, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Where the node sends a request to a container. */
const HANDLERS = [
  ...["startupProbe", "readinessProbe", "livenessProbe"].map((probe) => [probe]),
  ...["postStart", "preStop"].map((hook) => ["lifecycle", hook]),
].flatMap((keys) => ["httpGet", "tcpSocket"].map((handler) => [...keys, handler]));

/** No pod shares the namespaces, ports or addresses of its node. */
export const disallowPodHost: ResourceRule = {
  name: "pod-disallow-host",
  description: "No pod shares the namespaces, ports or addresses of its node.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Remove the setting; what has to be reached from outside is a Service.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    const { path, spec, containers } = podTemplate(resource);
    for (const key of ["hostNetwork", "hostPID", "hostIPC"])
      if (spec[key] !== undefined && spec[key] !== false) report({ field: `${path}.${key}`, found: spec[key], fix: "Remove it." });
    for (const { path: field, container } of containers) {
      for (const [index, port] of list(container, "ports").entries()) {
        const found = at(port, "hostPort");
        if (found !== undefined && found !== 0) report({ field: `${field}.ports[${index}].hostPort`, found, fix: "Remove it." });
      }
      // A probe or hook with a host asks another machine in the node's name.
      for (const keys of HANDLERS) {
        const found = at(container, ...keys, "host");
        if (found !== undefined && found !== "") report({ field: [field, ...keys, "host"].join("."), found, fix: "Remove it." });
      }
    }
  },
};
