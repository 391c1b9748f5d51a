/** A pod's status from those of its containers, as kubelet computes it. */
import { identity, type ContainerStatus, type Pod, type PodCondition, type PodStatus } from "./objects";

/** What a pod's status is made of. */
export interface PodFacts {
  readonly startTime: string;
  readonly hostIP: string;
  /** Undefined until the pod has one. */
  readonly podIP: string | undefined;
  /** Whether its volumes are there. */
  readonly mounted: boolean;
  readonly initContainers: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  /** Whether it is being stopped for good: no container starts any more. */
  readonly ending: boolean;
  /** Why the agent itself ended it. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
}

/** The status to report. Conditions of others (the scheduler's) stay as they are. */
export function buildStatus(pod: Pod, facts: PodFacts, now: string): PodStatus {
  const { podIP, hostIP, containers, initContainers, failure } = facts;
  const phase = phaseOf(pod, facts);
  return {
    observedGeneration: pod.metadata?.generation,
    phase,
    startTime: facts.startTime,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    ...(failure ?? {}),
    conditions: conditionsOf(facts, phase).map((condition) => withTransition(condition, pod, now)),
    ...(initContainers.length === 0 ? {} : { initContainerStatuses: [...initContainers] }),
    containerStatuses: [...containers],
  };
}

/** Pending, Running, Succeeded or Failed. */
export function phaseOf(pod: Pod, { initContainers, containers, ending, failure }: PodFacts): string {
  const policy = pod.spec?.restartPolicy ?? "Always";
  if (failure !== undefined) return "Failed";
  if (
    initContainers.some(({ state }) => state?.terminated !== undefined && state.terminated.exitCode !== 0 && (ending || policy === "Never"))
  )
    return "Failed";
  const over = (status: ContainerStatus) => exitCodeOf(status) !== undefined;
  if (ending && !containers.some(({ state }) => state?.running !== undefined))
    return containers.every((status) => exitCodeOf(status) === 0) ? "Succeeded" : "Failed";
  if (initContainers.some((status) => exitCodeOf(status) !== 0)) return "Pending";
  // One that waits and never ran.
  if (containers.some((status) => status.state?.running === undefined && !over(status))) return "Pending";
  if (!containers.every(over) || policy === "Always" || containers.some(({ state }) => state?.terminated === undefined)) return "Running";
  if (containers.every((status) => exitCodeOf(status) === 0)) return "Succeeded";
  return policy === "Never" ? "Failed" : "Running";
}

/** How a container ended the last time, unless it runs. */
function exitCodeOf({ state, lastState }: ContainerStatus): number | undefined {
  return state?.running === undefined ? (state?.terminated ?? lastState?.terminated)?.exitCode : undefined;
}

function conditionsOf({ podIP, mounted, initContainers, containers }: PodFacts, phase: string): Omit<PodCondition, "lastTransitionTime">[] {
  const completed = phase === "Succeeded" ? "PodCompleted" : undefined;
  const names = (statuses: readonly ContainerStatus[]) => `[${statuses.map(({ name }) => name).join(" ")}]`;
  const notInitialized = initContainers.filter(({ state }) => state?.terminated?.exitCode !== 0);
  const unready = containers.filter(({ ready }) => !ready);
  const condition = (type: string, holds: boolean, reason: string, message: string) =>
    holds ? { type, status: "True" } : { type, status: "False", reason: completed ?? reason, ...(completed === undefined && { message }) };
  const containersReady = unready.length === 0 && phase === "Running";
  const unreadyMessage = `containers with unready status: ${names(unready)}`;
  return [
    condition("PodReadyToStartContainers", podIP !== undefined && mounted, "VolumesNotMounted", "the pod's volumes are not there yet"),
    condition(
      "Initialized",
      notInitialized.length === 0,
      "ContainersNotInitialized",
      `containers with incomplete status: ${names(notInitialized)}`,
    ),
    condition("ContainersReady", containersReady, "ContainersNotReady", unreadyMessage),
    condition("Ready", containersReady, "ContainersNotReady", unreadyMessage),
  ];
}

function withTransition(condition: Omit<PodCondition, "lastTransitionTime">, pod: Pod, now: string): PodCondition {
  const before = pod.status?.conditions?.find(({ type }) => type === condition.type);
  const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
  // A merge keeps what is not named: what no longer holds is taken away by null.
  const cleared = { reason: null, message: null } as unknown as Partial<PodCondition>;
  return { ...cleared, ...condition, lastTransitionTime: since ?? now };
}

/** Path of a pod in the API. */
export function podPath(pod: Pod): string {
  const { name, namespace } = identity(pod);
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}
