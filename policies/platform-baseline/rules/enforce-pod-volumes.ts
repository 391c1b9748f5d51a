import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { list, mapping } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Types of volumes that may be mounted. @see https://kubernetes.io/docs/concepts/security/pod-security-standards */
const ALLOWED_TYPES: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

/** Volumes are of the types that Pod Security "restricted" knows: none is a folder of the node. */
export const enforcePodVolumes: ResourceRule = {
  name: "pod-enforce-volumes",
  description: 'Volumes are of the types that Pod Security "restricted" knows: none is a folder of the node.',
  severity: "critical",
  checklist: [],
  remediationSteps: "Use an emptyDir, a PersistentVolumeClaim, a Secret or a ConfigMap.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    const { path, spec } = podTemplate(resource);
    for (const [index, volume] of list(spec, "volumes").entries()) {
      const types = Object.keys(mapping(volume)).filter((key) => key !== "name");
      const field = `${path}.volumes[${index}]`;
      for (const type of types)
        if (!ALLOWED_TYPES.has(type)) report({ field, found: type, fix: `Use one of ${[...ALLOWED_TYPES].join(", ")}.` });
      if (types.length === 0) report({ field, found: undefined, fix: "Name its type: without one it is an emptyDir without a limit." });
    }
  },
};
