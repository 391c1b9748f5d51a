import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { at, mapping } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Pod Security allows these types, which confine. @see https://kubernetes.io/docs/concepts/security/pod-security-standards */
const SELINUX_TYPES: readonly unknown[] = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
/** How AppArmor was chosen before Kubernetes 1.30; the container's name follows. */
const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

/** No pod takes AppArmor off or chooses an SELinux identity of its own. */
export const disallowPodUnconfined: ResourceRule = {
  name: "pod-disallow-unconfined",
  description: "No pod takes AppArmor off or chooses an SELinux identity of its own.",
  severity: "high",
  checklist: [],
  remediationSteps: "Remove the setting: the runtime confines a container by default.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    const pod = podTemplate(resource);
    for (const [annotation, found] of Object.entries(mapping(pod.metadata, "annotations")))
      if (annotation.startsWith(APPARMOR_ANNOTATION) && found !== "runtime/default" && !String(found).startsWith("localhost/"))
        report({ field: `metadata.annotations["${annotation}"]`, found, fix: "Remove it." });
    const contexts = [pod, ...pod.containers.map(({ path, container }) => ({ path, spec: container }))];
    for (const { path, spec } of contexts) {
      const field = `${path}.securityContext`;
      const profile = at(spec, "securityContext", "appArmorProfile", "type");
      if (profile !== undefined && profile !== "RuntimeDefault" && profile !== "Localhost")
        report({ field: `${field}.appArmorProfile.type`, found: profile, fix: "Set it to RuntimeDefault." });
      const { type, user, role } = mapping(spec, "securityContext", "seLinuxOptions");
      if (type !== undefined && !SELINUX_TYPES.includes(type))
        report({ field: `${field}.seLinuxOptions.type`, found: type, fix: "Remove it." });
      for (const [key, found] of Object.entries({ user, role }))
        if (found !== undefined) report({ field: `${field}.seLinuxOptions.${key}`, found, fix: "Remove it." });
    }
  },
};
