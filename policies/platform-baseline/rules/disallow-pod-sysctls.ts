import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Parameters of a pod alone. @see https://kubernetes.io/docs/concepts/security/pod-security-standards */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

/** No pod sets a kernel parameter that its node shares with other pods. */
export const disallowPodSysctls: ResourceRule = {
  name: "pod-disallow-sysctls",
  description: "No pod sets a kernel parameter that its node shares with other pods.",
  severity: "high",
  checklist: [],
  remediationSteps: "Remove the parameter, or set it on a node of its own.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    const { path, spec } = podTemplate(resource);
    for (const [index, sysctl] of list(spec, "securityContext", "sysctls").entries()) {
      const found = text(sysctl, "name");
      if (found === undefined || !SAFE_SYSCTLS.has(found))
        report({ field: `${path}.securityContext.sysctls[${index}].name`, found, fix: "Remove it." });
    }
  },
};
