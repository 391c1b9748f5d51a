import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Settings, each with the one value that it may have. */
const SETTINGS = [
  [["privileged"], false],
  [["procMount"], "Default"],
  [["windowsOptions", "hostProcess"], false],
] as const;

/** No container is privileged, sees an unmasked /proc or runs as a process of a Windows host. */
export const disallowPodPrivileged: ResourceRule = {
  name: "pod-disallow-privileged",
  description: "No container is privileged, sees an unmasked /proc or runs as a process of a Windows host.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Remove the setting: nothing of this program administers a node.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    const pod = podTemplate(resource);
    const contexts = [pod, ...pod.containers.map(({ path, container }) => ({ path, spec: container }))];
    for (const { path, spec } of contexts)
      for (const [keys, allowed] of SETTINGS) {
        const found = at(spec, "securityContext", ...keys);
        if (found !== undefined && found !== allowed)
          report({ field: [path, "securityContext", ...keys].join("."), found, fix: "Remove it." });
      }
  },
};
