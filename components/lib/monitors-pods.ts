/** Monitors of the API's pods and of the nodes under them. */
import type { MonitorRow, MonitorTableArgs } from "./monitors";
import { commandsOf, NOT_OF_TRAFFIC, percent } from "./monitors-shared";
import { SERVER_NAME } from "./web-pod";

/** Restarts of the server's containers in 15 minutes that alert: rollouts and lost nodes make new containers and restart none. */
const RESTARTS = 3;
/** Percent of the replicas at which the autoscaler has nothing left to give. */
const ALL_REPLICAS = 100;
/** Percent of the CPU's periods in which a pod was held back. */
const THROTTLED_PERCENT = 25;
/** Percent of a node's disk. The kubelet evicts pods at 90 (less in places). */
const DISK_PERCENT = 85;

/** The rows. */
export function podRows(args: MonitorTableArgs): Record<string, MonitorRow> {
  const { environment, namespaceName: namespace } = args;
  const env = `env:${environment}`;
  const container = `${env},kube_namespace:${namespace},kube_container_name:${SERVER_NAME}`;
  const pods = `{${container}}`;
  const deployment = `{${env},kube_namespace:${namespace},kube_deployment:${SERVER_NAME}}`;
  const autoscaled = `{${env},kube_namespace:${namespace},horizontalpodautoscaler:${SERVER_NAME}}`;
  const { kubectl, getPods, describePods, top, autoscaler, previousLogs, history } = commandsOf(args);
  const common = { panel: "pods", lowTraffic: NOT_OF_TRAFFIC } as const;
  return {
    cpu: {
      ...common,
      title: "CPU of the API's pods (percent of their limits)",
      section: 6,
      // Of the limit: the autoscaler keeps the pods near its target, which is a percentage of the request.
      source: {
        window: "avg(last_10m)",
        metric: `100 * sum:kubernetes.cpu.usage.total${pods} / sum:kubernetes.cpu.limits${pods} / 1000000000`,
      },
      comparator: ">",
      thresholds: percent(args.cpuPercent),
      onMissingData: "show_and_notify_no_data",
      maintenance: "muted",
      priority: 3,
      meaning: "The pods are close to being throttled, in spite of the autoscaler. No data: the agents on the nodes report nothing.",
      firstCommands: [top, autoscaler, getPods],
    },
    "cpu-throttled": {
      ...common,
      title: "CPU periods in which the API's pods were held back (percent)",
      section: 6,
      source: {
        window: "avg(last_15m)",
        metric: `100 * sum:kubernetes.cpu.cfs.throttled.periods${pods} / sum:kubernetes.cpu.cfs.periods${pods}`,
      },
      comparator: ">",
      thresholds: percent(THROTTLED_PERCENT),
      onMissingData: "resolve",
      maintenance: "muted",
      priority: 3,
      meaning: "The kernel holds the pods back at their CPU limit: answers are late although the average looks harmless.",
      firstCommands: [top, describePods, autoscaler],
    },
    memory: {
      ...common,
      title: "Memory of the API's fullest pod (percent of its limit)",
      section: 6,
      source: {
        window: "avg(last_10m)",
        metric: `100 * max:kubernetes.memory.working_set${pods} / max:kubernetes.memory.limits${pods}`,
      },
      comparator: ">",
      thresholds: percent(args.memoryPercent),
      onMissingData: "resolve",
      maintenance: "pages",
      priority: 3,
      meaning: "A pod nears its memory limit, at which it is killed and its requests are lost.",
      firstCommands: [top, describePods, history],
    },
    "oom-killed": {
      ...common,
      title: "Containers of the API that were killed for their memory",
      section: 6,
      source: {
        window: "max(last_10m)",
        metric: `sum:kubernetes_state.container.status_report.count.terminated{${container},reason:oomkilled}`,
      },
      comparator: ">=",
      thresholds: { critical: 1, criticalRecovery: 0 },
      onMissingData: "resolve",
      maintenance: "pages",
      priority: 2,
      meaning: "A pod was killed at its memory limit: the requests and websockets that it had are lost.",
      firstCommands: [describePods, top, previousLogs],
    },
    restarts: {
      ...common,
      title: "Restarts of the API's containers (in 15 minutes)",
      section: 6,
      source: { window: "change(max(last_15m),last_15m)", metric: `sum:kubernetes.containers.restarts${pods}` },
      comparator: ">",
      thresholds: { critical: RESTARTS, criticalRecovery: 1 },
      onMissingData: "resolve",
      maintenance: "muted",
      priority: 3,
      meaning: "Containers of the API die or are killed by their liveness probe, and start again.",
      firstCommands: [getPods, previousLogs, describePods],
    },
    "crash-loop": {
      ...common,
      title: "Containers of the API in CrashLoopBackOff",
      section: 1,
      source: {
        window: "max(last_10m)",
        metric: `max:kubernetes_state.container.status_report.count.waiting{${container},reason:crashloopbackoff}`,
      },
      comparator: ">=",
      thresholds: { critical: 1, criticalRecovery: 0 },
      onMissingData: "resolve",
      maintenance: "muted",
      priority: 2,
      meaning: "A pod of the API does not come up. In a rollout the old pods serve on; otherwise the service runs with fewer pods.",
      firstCommands: [getPods, previousLogs, `${kubectl} rollout status deploy/${SERVER_NAME} --timeout=5s`],
    },
    "replicas-missing": {
      ...common,
      title: "Pods of the API that are wanted and not available",
      section: 1,
      source: {
        // The least of 15 minutes: a rollout's pods are missing for one or two.
        window: "min(last_15m)",
        metric: `max:kubernetes_state.deployment.replicas_desired${deployment} - max:kubernetes_state.deployment.replicas_available${deployment}`,
      },
      comparator: ">=",
      thresholds: { critical: 1, criticalRecovery: 0 },
      onMissingData: "show_and_notify_no_data",
      maintenance: "muted",
      priority: 2,
      meaning:
        "For 15 minutes a pod has been missing: no node has room for it, or it is not ready. The next loss hurts users. No data: kube-state-metrics does not report.",
      firstCommands: [getPods, describePods, "kubectl get nodes -o wide"],
    },
    "rollout-stuck": {
      ...common,
      title: "Rollouts of the API that do not go on",
      section: 1,
      source: {
        window: "max(last_5m)",
        metric: `max:kubernetes_state.deployment.condition{${env},kube_namespace:${namespace},kube_deployment:${SERVER_NAME},condition:progressing,status:false}`,
      },
      comparator: ">=",
      thresholds: { critical: 1, criticalRecovery: 0 },
      onMissingData: "resolve",
      maintenance: "muted",
      priority: 3,
      meaning: "Kubernetes gave a rollout up: the old pods serve on, and the new version is not out.",
      firstCommands: [`${kubectl} rollout status deploy/${SERVER_NAME} --timeout=5s`, getPods, describePods],
    },
    "autoscaler-at-maximum": {
      ...common,
      title: "Replicas of the API (percent of the autoscaler's maximum)",
      section: 6,
      source: {
        window: "min(last_15m)",
        metric: `100 * max:kubernetes_state.hpa.current_replicas${autoscaled} / max:kubernetes_state.hpa.max_replicas${autoscaled}`,
      },
      comparator: ">=",
      thresholds: { critical: ALL_REPLICAS, criticalRecovery: ALL_REPLICAS - 1 },
      onMissingData: "resolve",
      maintenance: "pages",
      priority: 3,
      meaning: "The autoscaler has given all pods it may for 15 minutes: the next rise of the load meets no new ones.",
      firstCommands: [autoscaler, top, getPods],
    },
    "node-disk": {
      ...common,
      title: "Fullest disk of the cluster's nodes (percent)",
      section: 6,
      source: { window: "min(last_15m)", metric: `100 * max:system.disk.in_use{${env}}` },
      comparator: ">",
      thresholds: percent(DISK_PERCENT),
      onMissingData: "resolve",
      maintenance: "pages",
      priority: 3,
      meaning: "A node's disk fills up: the kubelet soon evicts pods, those of the API among them.",
      firstCommands: [
        "kubectl get nodes -o custom-columns=NAME:.metadata.name,PRESSURE:.status.conditions[?(@.type=='DiskPressure')].status",
        getPods,
        "kubectl get events -A --field-selector reason=Evicted --sort-by=.lastTimestamp",
      ],
    },
  };
}
