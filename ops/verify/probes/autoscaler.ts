/** Runbook §6: whether the service scales by itself when it has to. */
import { SERVER_NAME } from "../../../components/lib/web-pod";
import { judge, type Probe } from "../probe";

interface Autoscaler {
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly {
      readonly resource?: { readonly name: string; readonly target: { readonly averageUtilization?: number } };
    }[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
}

const autoscaler: Probe = {
  line: "RB-6.3",
  name: "autoscaler",
  title: "The autoscaler holds the pods between the settings' numbers, by CPU and memory",
  needs: ["cluster"],
  async run({ settings: { web }, systems }) {
    const cluster = await systems.cluster();
    const { names } = await systems.outputs();
    const path = `/apis/autoscaling/v2/namespaces/${names.namespace}/horizontalpodautoscalers/${SERVER_NAME}`;
    const found = await cluster.find<Autoscaler>(path);
    const { scaleTargetRef, minReplicas = 1, maxReplicas, metrics = [] } = found?.spec ?? { scaleTargetRef: undefined, maxReplicas: 0 };
    const target = (resource: string) => metrics.find((each) => each.resource?.name === resource)?.resource?.target.averageUtilization;
    const numbers = [
      ["minReplicas", minReplicas, web.replicas.minimum],
      ["maxReplicas", maxReplicas, web.replicas.maximum],
      ["its percentage of CPU", target("cpu"), web.cpuTargetPercent],
      ["its percentage of memory", target("memory"), web.memoryTargetPercent],
    ] as const;
    // The rehearsal has no server of metrics: its autoscaler keeps the minimum, and says that it cannot see.
    const blind = systems.isRehearsal
      ? []
      : (found?.status?.conditions ?? []).filter(({ type, status }) => status === "False" && type !== "ScalingLimited");
    const wrong =
      found === undefined
        ? ["it is gone"]
        : [
            ...(scaleTargetRef?.kind === "Deployment" && scaleTargetRef.name === names.deployment
              ? []
              : [`it scales ${scaleTargetRef?.kind} ${scaleTargetRef?.name}, not Deployment ${names.deployment}`]),
            ...numbers
              .filter(([, is, wanted]) => is !== wanted)
              .map(([what, is, wanted]) => `${what} is ${is ?? "not set"}, not ${wanted}`),
            ...blind.map(({ type, message }) => `${type} is False: ${message ?? "no reason given"}`),
          ];
    return judge(
      wrong.map((problem) => `HorizontalPodAutoscaler ${SERVER_NAME}: ${problem}`),
      `${minReplicas} to ${maxReplicas} pods, at ${target("cpu")} % of CPU or ${target("memory")} % of memory`,
      `pulumi up puts it back; kubectl -n ${names.namespace} describe hpa ${SERVER_NAME} (docs/runbook/6-observability.md).`,
    );
  },
};

export const autoscalerProbes: readonly Probe[] = [autoscaler];
