/** What every pod of this program has in common: the strictest settings that Pod Security knows, and then some. */
import type * as k8s from "@pulumi/kubernetes";

/** User and group of every container: not root, not a user of any image's distribution. */
const CONTAINER_UID = 10001;

/** Pod-level security: Pod Security `restricted`, and files of mounted volumes readable by the container's group. */
export const POD_SECURITY_CONTEXT: k8s.types.input.core.v1.PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: CONTAINER_UID,
  runAsGroup: CONTAINER_UID,
  fsGroup: CONTAINER_UID,
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
};

/** Container-level security: nothing to escalate to, nothing to write to but the mounted volumes. */
export const CONTAINER_SECURITY_CONTEXT: k8s.types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** A writable /tmp of its own, bounded. */
export const TMP_VOLUME: k8s.types.input.core.v1.Volume = { name: "tmp", emptyDir: { sizeLimit: "64Mi" } };
/** Where {@link TMP_VOLUME} is mounted. */
export const TMP_MOUNT: k8s.types.input.core.v1.VolumeMount = { name: "tmp", mountPath: "/tmp" };
