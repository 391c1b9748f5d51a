import { defect, edit, type Mutation } from "../mutation";
import { alsoAs, CONTAINER, inCronJob, inPod, JOB, POD, SERVER, withInitContainer } from "./kubernetes";

const CRON_POD = "spec.jobTemplate.spec.template.spec";

/** Kinds that this program does not use, and that make pods too. */
const OTHER_KINDS = ["apps/v1:StatefulSet", "apps/v1:DaemonSet", "apps/v1:ReplicaSet", "core/v1:ReplicationController", "core/v1:Pod"];

/** Defects of what a pod may do to its node: Pod Security "restricted", its root file system, its resources. */
export const KUBERNETES_POD_SECURITY_MUTATIONS: readonly Mutation[] = [
  defect(
    "the server's container may run as root",
    "pod-enforce-nonroot",
    inPod((_, container) => (container.securityContext.runAsNonRoot = false)),
    `${SERVER}: ${CONTAINER}.securityContext.runAsNonRoot is false. Set it to true.`,
  ),
  defect(
    "nothing says that the server must not run as root",
    "pod-enforce-nonroot",
    inPod((spec, container) => {
      delete spec.securityContext.runAsNonRoot;
      delete container.securityContext.runAsNonRoot;
    }),
    `${SERVER}: ${CONTAINER}.securityContext.runAsNonRoot is absent. Set it to true.`,
  ),
  defect(
    "the pod may run as root, and its container says nothing",
    "pod-enforce-nonroot",
    inPod((spec, container) => {
      spec.securityContext.runAsNonRoot = false;
      delete container.securityContext.runAsNonRoot;
    }),
    `${SERVER}: ${POD}.securityContext.runAsNonRoot is false. Set it to true.`,
  ),
  defect(
    "the dump's pod has the user id of root",
    "pod-enforce-nonroot",
    inCronJob((spec) => (spec.securityContext.runAsUser = 0)),
    `backup-cron-job: ${CRON_POD}.securityContext.runAsUser is 0. Choose a user id above 0.`,
  ),
  defect(
    "an init container has the user id of root",
    "pod-enforce-nonroot",
    withInitContainer((container) => (container.securityContext.runAsUser = 0)),
    `${SERVER}: ${POD}.initContainers[0].securityContext.runAsUser is 0.`,
  ),
  defect(
    "the server may gain privileges",
    "pod-disallow-escalation",
    inPod((_, container) => (container.securityContext.allowPrivilegeEscalation = true)),
    `${SERVER}: ${CONTAINER}.securityContext.allowPrivilegeEscalation is true. Set it to false.`,
  ),
  defect(
    "an init container may gain privileges, as nothing forbids it",
    "pod-disallow-escalation",
    withInitContainer((container) => delete container.securityContext.allowPrivilegeEscalation),
    `${SERVER}: ${POD}.initContainers[0].securityContext.allowPrivilegeEscalation is absent.`,
  ),
  defect(
    "the server's container is privileged",
    "pod-disallow-privileged",
    inPod((_, container) => (container.securityContext.privileged = true)),
    `${SERVER}: ${CONTAINER}.securityContext.privileged is true. Remove it.`,
  ),
  ...OTHER_KINDS.map((kind) =>
    defect(
      `a ${kind} has a privileged container`,
      "pod-disallow-privileged",
      alsoAs(`kubernetes:${kind}`, (spec) => (spec.containers[0].securityContext.privileged = true)),
      `another: ${kind.endsWith(":Pod") ? "spec" : POD}.containers[0].securityContext.privileged is true. Remove it.`,
    ),
  ),
  defect(
    "a debugging container is privileged",
    "pod-disallow-privileged",
    inPod((spec, container) => {
      spec.ephemeralContainers = [
        { ...container, securityContext: { ...container.securityContext, privileged: true }, resources: undefined },
      ];
    }),
    `${SERVER}: ${POD}.ephemeralContainers[0].securityContext.privileged is true.`,
  ),
  defect(
    "the server sees all of /proc",
    "pod-disallow-privileged",
    inPod((_, container) => (container.securityContext.procMount = "Unmasked")),
    `${SERVER}: ${CONTAINER}.securityContext.procMount is Unmasked. Remove it.`,
  ),
  defect(
    "the pod runs as a process of a Windows host",
    "pod-disallow-privileged",
    inPod((spec) => (spec.securityContext.windowsOptions = { hostProcess: true })),
    `${SERVER}: ${POD}.securityContext.windowsOptions.hostProcess is true. Remove it.`,
  ),
  defect(
    "the migration keeps its capabilities",
    "pod-enforce-capabilities",
    edit(JOB, ({ spec }) => delete spec.template.spec.containers[0].securityContext.capabilities),
    `maestroverse-server-migrate: ${CONTAINER}.securityContext.capabilities.drop is absent. Set it to ["ALL"].`,
  ),
  defect(
    "the server drops one capability only",
    "pod-enforce-capabilities",
    inPod((_, container) => (container.securityContext.capabilities.drop = ["NET_RAW"])),
    `${SERVER}: ${CONTAINER}.securityContext.capabilities.drop is ["NET_RAW"]. Set it to ["ALL"].`,
  ),
  defect(
    "the server takes a capability back",
    "pod-enforce-capabilities",
    inPod((_, container) => (container.securityContext.capabilities.add = ["NET_BIND_SERVICE", "SYS_PTRACE"])),
    `${SERVER}: ${CONTAINER}.securityContext.capabilities.add is ["NET_BIND_SERVICE","SYS_PTRACE"]. Remove all but NET_BIND_SERVICE.`,
  ),
  defect(
    "the server's container is out of seccomp",
    "pod-enforce-seccomp",
    inPod((_, container) => (container.securityContext.seccompProfile.type = "Unconfined")),
    `${SERVER}: ${CONTAINER}.securityContext.seccompProfile.type is Unconfined. Set it to RuntimeDefault.`,
  ),
  defect(
    "no seccomp profile is named",
    "pod-enforce-seccomp",
    inPod((spec, container) => {
      delete spec.securityContext.seccompProfile;
      delete container.securityContext.seccompProfile;
    }),
    `${SERVER}: ${CONTAINER}.securityContext.seccompProfile.type is absent.`,
  ),
  defect(
    "AppArmor is off for the server",
    "pod-disallow-unconfined",
    inPod((_, container) => (container.securityContext.appArmorProfile = { type: "Unconfined" })),
    `${SERVER}: ${CONTAINER}.securityContext.appArmorProfile.type is Unconfined. Set it to RuntimeDefault.`,
  ),
  defect(
    "AppArmor is off for the server, by the old annotation",
    "pod-disallow-unconfined",
    inPod(
      (_, __, { metadata }) => (metadata.annotations["container.apparmor.security.beta.kubernetes.io/maestroverse-server"] = "unconfined"),
    ),
    `${SERVER}: metadata.annotations["container.apparmor.security.beta.kubernetes.io/maestroverse-server"] is unconfined. Remove it.`,
  ),
  defect(
    "the pod chooses an SELinux type that confines nothing",
    "pod-disallow-unconfined",
    inPod((spec) => (spec.securityContext.seLinuxOptions = { type: "spc_t" })),
    `${SERVER}: ${POD}.securityContext.seLinuxOptions.type is spc_t. Remove it.`,
  ),
  defect(
    "the server chooses an SELinux user and role",
    "pod-disallow-unconfined",
    inPod((_, container) => (container.securityContext.seLinuxOptions = { type: "container_t", user: "system_u", role: "system_r" })),
    `${SERVER}: ${CONTAINER}.securityContext.seLinuxOptions.user is system_u. Remove it.`,
    `${SERVER}: ${CONTAINER}.securityContext.seLinuxOptions.role is system_r. Remove it.`,
  ),
  defect(
    "the pod sets a kernel parameter of its node",
    "pod-disallow-sysctls",
    inPod((spec) => {
      spec.securityContext.sysctls = [
        { name: "net.ipv4.tcp_syncookies", value: "1" },
        { name: "kernel.msgmax", value: "65536" },
      ];
    }),
    `${SERVER}: ${POD}.securityContext.sysctls[1].name is kernel.msgmax. Remove it.`,
  ),
  ...["hostNetwork", "hostPID", "hostIPC"].map((key) =>
    defect(
      `the pod has ${key}`,
      "pod-disallow-host",
      inPod((spec) => (spec[key] = true)),
      `${SERVER}: ${POD}.${key} is true. Remove it.`,
    ),
  ),
  defect(
    "the server takes a port of its node",
    "pod-disallow-host",
    inPod((_, container) => (container.ports[0].hostPort = 3000)),
    `${SERVER}: ${CONTAINER}.ports[0].hostPort is 3000. Remove it.`,
  ),
  defect(
    "a probe asks another machine",
    "pod-disallow-host",
    inPod((_, container) => (container.readinessProbe.httpGet.host = "169.254.169.254")),
    `${SERVER}: ${CONTAINER}.readinessProbe.httpGet.host is 169.254.169.254. Remove it.`,
  ),
  defect(
    "a hook asks another machine",
    "pod-disallow-host",
    inPod((_, container) => (container.lifecycle.postStart = { httpGet: { host: "10.0.0.1", port: 80 } })),
    `${SERVER}: ${CONTAINER}.lifecycle.postStart.httpGet.host is 10.0.0.1. Remove it.`,
  ),
  defect(
    "the logs are in a folder of the node",
    "pod-enforce-volumes",
    inPod((spec) => (spec.volumes[1] = { name: "logs", hostPath: { path: "/var/log/maestroverse" } })),
    `${SERVER}: ${POD}.volumes[1] is hostPath. Use one of configMap, csi, `,
  ),
  defect(
    "a volume says nothing of its type",
    "pod-enforce-volumes",
    inPod((spec) => (spec.volumes[1] = { name: "logs" })),
    `${SERVER}: ${POD}.volumes[1] is absent. Name its type`,
  ),
  defect(
    "the dump may write to its image",
    "pod-enforce-readonly",
    inCronJob((_, container) => (container.securityContext.readOnlyRootFilesystem = false)),
    `backup-cron-job: ${CRON_POD}.containers[0].securityContext.readOnlyRootFilesystem is false. Set it to true.`,
  ),
  ...(["requests.cpu", "requests.memory", "limits.memory", "limits.ephemeral-storage"] as const).map((path) => {
    const [part, resource] = path.split(".") as [string, string];
    return defect(
      `the server has no ${path}`,
      "pod-enforce-resources",
      inPod((_, container) => delete container.resources[part][resource]),
      `${SERVER}: ${CONTAINER}.resources.${path} is absent. Set a quantity above 0.`,
    );
  }),
  defect(
    "an init container asks for nothing",
    "pod-enforce-resources",
    withInitContainer((container) => (container.resources.requests.cpu = "0")),
    `${SERVER}: ${POD}.initContainers[0].resources.requests.cpu is 0. Set a quantity above 0.`,
  ),
  defect(
    "the server requests more memory than it may have",
    "pod-enforce-resources",
    inPod((_, container) => (container.resources.requests.memory = "2Gi")),
    `${SERVER}: ${CONTAINER}.resources.requests.memory is 2147483648. Request no more than the limit, `,
  ),
];
