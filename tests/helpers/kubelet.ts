/** Plays the kubelet's and the scheduler's part for a test: a pod runs, or fails, as its image says. No process is started. */
import type { CoreV1Api, V1Pod, V1PodStatus } from "@kubernetes/client-node";

/** Image of pods that run and are ready. */
export const RUNS = "test/runs";
/** Image of pods that end well. */
export const COMPLETES = "test/completes";
/** Image of pods that end with exit code 3. */
export const FAILS = "test/fails";
/** Image of pods that crash, again and again. */
export const CRASHES = "test/crashes";

const NODE = "test-node";

/** Starts looking after the pods of a cluster. @returns what ends it */
export async function startKubelet(core: CoreV1Api): Promise<() => Promise<void>> {
  await core.createNode({ body: { metadata: { name: NODE } } });
  let stopped = false;
  const work = (async () => {
    while (!stopped) {
      const { items } = await core.listPodForAllNamespaces();
      // A controller may change or delete a pod at the same time: the next round sees how it is then.
      await Promise.all(items.map((pod) => attend(core, pod).catch(() => undefined)));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  return async () => {
    stopped = true;
    await work;
  };
}

async function attend(core: CoreV1Api, pod: V1Pod): Promise<void> {
  const { name = "", namespace = "" } = pod.metadata ?? {};
  if (pod.metadata?.deletionTimestamp !== undefined) {
    await core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 });
    return;
  }
  const status = statusFor(pod);
  if (status === undefined) return;
  if (pod.spec?.nodeName === undefined) {
    const body = { metadata: { name }, target: { kind: "Node", name: NODE } };
    await core.createNamespacedPodBinding({ name, namespace, body });
  } else if (pod.status?.phase === "Pending" && pod.status.containerStatuses === undefined) {
    await core.replaceNamespacedPodStatus({ name, namespace, body: { ...pod, status: { ...pod.status, ...status } } });
  }
}

function statusFor(pod: V1Pod): V1PodStatus | undefined {
  const [container] = pod.spec?.containers ?? [];
  if (container === undefined) return undefined;
  const about = { name: container.name, image: container.image ?? "", imageID: "", restartCount: 0 };
  const now = new Date();
  const ended = (exitCode: number) => ({
    terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error", startedAt: now, finishedAt: now },
  });
  switch (container.image) {
    case RUNS:
      return {
        phase: "Running",
        podIP: "10.1.0.1",
        podIPs: [{ ip: "10.1.0.1" }],
        conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({ type, status: "True" })),
        containerStatuses: [{ ...about, ready: true, started: true, state: { running: { startedAt: now } } }],
      };
    case COMPLETES:
      return { phase: "Succeeded", containerStatuses: [{ ...about, ready: false, state: ended(0) }] };
    case FAILS:
      return { phase: "Failed", containerStatuses: [{ ...about, ready: false, state: ended(3) }] };
    case CRASHES:
      return {
        phase: "Running",
        containerStatuses: [
          { ...about, ready: false, state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } }, lastState: ended(3) },
        ],
      };
    default:
      return undefined;
  }
}
