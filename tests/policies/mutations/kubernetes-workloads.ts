import { add, defect, edit, type Mutation, remove } from "../mutation";
import { alsoAs, CONTAINER, DEPLOYMENT, inPod, POD, SERVER } from "./kubernetes";

const BUDGET = "kubernetes:policy/v1:PodDisruptionBudget";
const BUDGET_NAME = "maestroverse-server-disruption-budget";
const SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler";
const SCALER_NAME = "maestroverse-server-autoscaler";
const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const zone = `${POD}.topologySpreadConstraints["topology.kubernetes.io/zone"]`;

/** Defects of workloads: probes, rollouts, and what has to stand beside a Deployment. */
export const KUBERNETES_WORKLOAD_MUTATIONS: readonly Mutation[] = [
  ...["startupProbe", "readinessProbe", "livenessProbe"].map((probe) =>
    defect(
      `the server has no ${probe}`,
      "probe-enforce-presence",
      inPod((_, container) => delete container[probe]),
      `${SERVER}: ${CONTAINER}.${probe} is absent. Add one with an httpGet`,
    ),
  ),
  defect(
    "a sidecar has no probe",
    "probe-enforce-presence",
    inPod((spec, container) => {
      const none = { startupProbe: undefined, readinessProbe: undefined, livenessProbe: undefined };
      spec.initContainers = [{ ...container, ...none, name: "sidecar", restartPolicy: "Always" }];
    }),
    `${SERVER}: ${POD}.initContainers[0].startupProbe is absent.`,
    `${SERVER}: ${POD}.initContainers[0].livenessProbe is absent.`,
  ),
  defect(
    "a StatefulSet has no liveness probe",
    "probe-enforce-presence",
    alsoAs(STATEFUL_SET, (spec) => delete spec.containers[0].livenessProbe),
    `another: ${CONTAINER}.livenessProbe is absent.`,
  ),
  defect(
    "a probe asks a port that the server does not have",
    "probe-enforce-ports",
    inPod((_, container) => (container.readinessProbe.httpGet.port = "web")),
    `${SERVER}: ${CONTAINER}.readinessProbe.httpGet.port is web. Name one of the container's ports.`,
  ),
  defect(
    "all pods go at once in a rollout",
    "deployment-enforce-rollout",
    edit(DEPLOYMENT, ({ spec }) => (spec.strategy = { type: "Recreate", rollingUpdate: spec.strategy.rollingUpdate })),
    `${SERVER}: spec.strategy.type is Recreate. Set it to RollingUpdate.`,
  ),
  defect(
    "a pod goes before its successor is ready",
    "deployment-enforce-rollout",
    edit(DEPLOYMENT, ({ spec }) => (spec.strategy.rollingUpdate.maxUnavailable = 1)),
    `${SERVER}: spec.strategy.rollingUpdate.maxUnavailable is 1. Set it to 0.`,
  ),
  defect(
    "several pods are replaced at a time",
    "deployment-enforce-rollout",
    edit(DEPLOYMENT, ({ spec }) => (spec.strategy.rollingUpdate.maxSurge = "25%")),
    `${SERVER}: spec.strategy.rollingUpdate.maxSurge is 25%. Set it to 1.`,
  ),
  defect(
    "a pod counts as soon as it was ready once",
    "deployment-enforce-rollout",
    edit(DEPLOYMENT, ({ spec }) => delete spec.minReadySeconds),
    `${SERVER}: spec.minReadySeconds is absent. Set it`,
  ),
  defect(
    "the Deployment fixes the number of its pods",
    "deployment-disallow-replicas",
    edit(DEPLOYMENT, ({ spec }) => (spec.replicas = 3)),
    `${SERVER}: spec.replicas is 3. Remove it`,
  ),
  defect(
    "a pod that goes stops at once",
    "deployment-enforce-drain",
    inPod((_, container) => delete container.lifecycle),
    `${SERVER}: ${CONTAINER}.lifecycle.preStop.sleep.seconds is absent. Set it to 1 or more`,
  ),
  defect(
    "a pod that goes waits for nothing",
    "deployment-enforce-drain",
    inPod((_, container) => (container.lifecycle.preStop.sleep.seconds = 0)),
    `${SERVER}: ${CONTAINER}.lifecycle.preStop.sleep.seconds is 0. Set it to 1 or more`,
  ),
  defect(
    "a pod is killed before its longest request is over",
    "deployment-enforce-drain",
    inPod((spec) => (spec.terminationGracePeriodSeconds = 44)),
    `${SERVER}: ${POD}.terminationGracePeriodSeconds is 44. Set it to 45 or more.`,
  ),
  defect(
    "the time until a pod is killed is Kubernetes' own",
    "deployment-enforce-drain",
    inPod((spec) => delete spec.terminationGracePeriodSeconds),
    `${SERVER}: ${POD}.terminationGracePeriodSeconds is absent. Set it to 45 or more.`,
  ),
  defect(
    "all pods may be in one zone",
    "deployment-enforce-spread",
    inPod((spec) => spec.topologySpreadConstraints.shift()),
    `${SERVER}: ${zone} is absent. Add it, with maxSkew 1.`,
  ),
  defect(
    "most pods may be in one zone",
    "deployment-enforce-spread",
    inPod((spec) => (spec.topologySpreadConstraints[0].maxSkew = 5)),
    `${SERVER}: ${zone}.maxSkew is 5. Set it to 1.`,
  ),
  defect(
    "other pods than the server's are spread",
    "deployment-enforce-spread",
    inPod((spec) => (spec.topologySpreadConstraints[0].labelSelector.matchLabels = { app: "other" })),
    `${SERVER}: ${zone}.labelSelector is {"matchLabels":{"app":"other"}}. Select the Deployment's own pods.`,
  ),
  defect(
    "no pods are named that are spread",
    "deployment-enforce-spread",
    inPod((spec) => delete spec.topologySpreadConstraints[0].labelSelector),
    `${SERVER}: ${zone}.labelSelector is absent.`,
  ),
  defect(
    "the Deployment has no disruption budget",
    "deployment-missing-budget",
    remove(BUDGET),
    `${SERVER}: its PodDisruptionBudgets is []. Have one that selects its pods, in the namespace maestroverse.`,
  ),
  defect(
    "the disruption budget selects other pods",
    "deployment-missing-budget",
    edit(BUDGET, ({ spec }) => (spec.selector.matchLabels = { "app.kubernetes.io/name": "server" })),
    `${SERVER}: its PodDisruptionBudgets is [].`,
  ),
  defect(
    "the disruption budget selects nothing",
    "deployment-missing-budget",
    edit(BUDGET, ({ spec }) => delete spec.selector),
    `${SERVER}: its PodDisruptionBudgets is [].`,
  ),
  defect(
    "the disruption budget is in another namespace",
    "deployment-missing-budget",
    edit(BUDGET, ({ metadata }) => (metadata.namespace = "maestroverse-migrations")),
    `${SERVER}: its PodDisruptionBudgets is [].`,
  ),
  defect(
    "a second disruption budget selects every pod",
    "deployment-missing-budget",
    add(BUDGET, "second", { metadata: { name: "second", namespace: "maestroverse" }, spec: { selector: {}, maxUnavailable: 1 } }),
    `${SERVER}: its PodDisruptionBudgets is ["${BUDGET_NAME}","second"].`,
  ),
  defect(
    "the disruption budget lets no pod go",
    "deployment-missing-budget",
    edit(BUDGET, ({ spec }) => (spec.maxUnavailable = 0)),
    `${BUDGET_NAME}: spec.maxUnavailable is 0. Set it to 1`,
  ),
  defect(
    "the autoscaler is in another namespace",
    "deployment-missing-autoscaler",
    edit(SCALER, ({ metadata }) => (metadata.namespace = "maestroverse-migrations")),
    `${SERVER}: its HorizontalPodAutoscalers is []. Have one with scaleTargetRef maestroverse-server, in the namespace maestroverse.`,
    `${SCALER_NAME}: spec.scaleTargetRef is {"apiVersion":"apps/v1","kind":"Deployment","name":"maestroverse-server"}. Name one of`,
  ),
  {
    defect: "the Deployment has no autoscaler",
    transform: remove(SCALER),
    caughtBy: ["autoscaler-enforce-range", "deployment-missing-autoscaler"],
    says: [`${SERVER}: its HorizontalPodAutoscalers is [].`, `the stack has no ${SCALER} to look at`],
  },
  ...(["kind", "apiVersion", "name"] as const).map((key) =>
    defect(
      `the autoscaler's target has another ${key}`,
      "deployment-missing-autoscaler",
      edit(SCALER, ({ spec }) => (spec.scaleTargetRef[key] = "other")),
      `${SERVER}: its HorizontalPodAutoscalers is [].`,
      `${SCALER_NAME}: spec.scaleTargetRef is {`,
    ),
  ),
  defect(
    "two autoscalers fight over the Deployment",
    "deployment-missing-autoscaler",
    (resources) => {
      const scaler = structuredClone(resources.filter(({ type }) => type === SCALER));
      return [...resources, ...scaler.map((each) => ({ ...each, name: "second" }))];
    },
    `${SERVER}: its HorizontalPodAutoscalers is ["${SCALER_NAME}","second"].`,
  ),
  {
    ...defect(
      "the settings allow a single pod",
      "autoscaler-enforce-range",
      (resources) => resources,
      `${SCALER_NAME}: spec.minReplicas is 1.`,
    ),
    transform: undefined,
    settings: ({ web }) => {
      web.allowSingleReplica = true;
      web.replicas.minimum = 1;
    },
  },
  defect(
    "the autoscaler cannot scale",
    "autoscaler-enforce-range",
    edit(SCALER, ({ spec }) => (spec.maxReplicas = spec.minReplicas)),
    `${SCALER_NAME}: spec.maxReplicas is `,
    "Set it above minReplicas",
  ),
  defect(
    "the autoscaler does not look at the CPU",
    "autoscaler-enforce-range",
    edit(SCALER, ({ spec }) => spec.metrics.shift()),
    `${SCALER_NAME}: spec.metrics["cpu"].resource.target.averageUtilization is absent. Set it to 80 or less.`,
  ),
  defect(
    "the autoscaler adds pods only once memory is nearly full",
    "autoscaler-enforce-range",
    edit(SCALER, ({ spec }) => (spec.metrics[1].resource.target.averageUtilization = 76)),
    `${SCALER_NAME}: spec.metrics["memory"].resource.target.averageUtilization is 76. Set it to 75 or less.`,
  ),
];
