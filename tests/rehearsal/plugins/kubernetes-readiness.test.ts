import type { V1Deployment, V1Job, V1Pod } from "@kubernetes/client-node";

import { formatSelector, podProblems } from "../../../rehearsal/plugins/kubernetes/pods";
import * as readiness from "../../../rehearsal/plugins/kubernetes/readiness";

const READY = { ready: true, waitingFor: "" };

describe("a Deployment", () => {
  const deployment = (status: object, replicas = 2) =>
    ({ metadata: { generation: 3 }, spec: { replicas }, status }) as unknown as V1Deployment;
  const conditions = (progressing: string, available = "True") => [
    { type: "Progressing", status: "True", reason: progressing },
    { type: "Available", status: available },
  ];
  const complete = { observedGeneration: 3, updatedReplicas: 2, availableReplicas: 2, conditions: conditions("NewReplicaSetAvailable") };

  it("is ready when the rollout of this very generation is complete", () => {
    expect(readiness.deploymentProgress(deployment(complete))).toEqual(READY);
  });

  it.each([
    ["the controller has not seen the change", { ...complete, observedGeneration: 2 }, "the deployment controller"],
    ["the rollout goes on", { ...complete, conditions: conditions("ReplicaSetUpdated") }, "pods (2 of 2 updated, 2 available)"],
    ["too few are updated", { ...complete, updatedReplicas: 1 }, "pods (1 of 2 updated, 2 available)"],
    ["too few are available", { ...complete, availableReplicas: 1 }, "pods (2 of 2 updated, 1 available)"],
    [
      "it is not available",
      { ...complete, conditions: conditions("NewReplicaSetAvailable", "False") },
      "pods (2 of 2 updated, 2 available)",
    ],
    ["it has no status yet", {}, "the deployment controller"],
  ])("waits while %s", (_when, status, waitingFor) => {
    expect(readiness.deploymentProgress(deployment(status))).toEqual({ ready: false, waitingFor });
  });

  it("has failed when Kubernetes gave the rollout up", () => {
    const stuck = {
      ...complete,
      conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" }],
    };
    expect(readiness.deploymentProgress(deployment(stuck))).toEqual({
      ready: false,
      waitingFor: "",
      failed: "the rollout got stuck: timed out",
    });
  });
});

describe("a Job", () => {
  const job = (...types: string[]) => ({
    status: { active: 1, conditions: types.map((type) => ({ type, status: "True", reason: "R", message: "m" })) },
  });
  it("is ready when complete, has failed when given up, and waits else", () => {
    expect(readiness.jobProgress(job("SuccessCriteriaMet", "Complete") as unknown as V1Job)).toEqual(READY);
    expect(readiness.jobProgress(job("FailureTarget", "Failed") as unknown as V1Job)).toEqual({
      ready: false,
      waitingFor: "",
      failed: "the job failed: R: m",
    });
    expect(readiness.jobProgress(job() as unknown as V1Job)).toEqual({
      ready: false,
      waitingFor: "the job (1 active, 0 succeeded, 0 failed)",
    });
  });
});

describe("a Service", () => {
  const subsets = [{ addresses: [{ ip: "10.0.0.1" }] }];
  it("waits for a ready pod", () => {
    const service = { spec: { selector: { app: "x" } } };
    expect(readiness.serviceProgress(service, { subsets })).toEqual(READY);
    expect(readiness.serviceProgress(service, {}).ready).toBe(false);
    expect(readiness.serviceProgress(service, undefined).ready).toBe(false);
  });

  it.each([[{ type: "ExternalName" }], [{ clusterIP: "None", selector: { app: "x" } }], [{}], [{ selector: {} }]])(
    "of %j has no pod to wait for",
    (spec) => {
      expect(readiness.serviceProgress({ spec }, undefined)).toEqual(READY);
    },
  );

  it("of type LoadBalancer also waits for its address", () => {
    const spec = { type: "LoadBalancer", selector: { app: "x" } };
    expect(readiness.serviceProgress({ spec }, { subsets })).toEqual({ ready: false, waitingFor: "the load balancer's address" });
    expect(readiness.serviceProgress({ spec, status: { loadBalancer: { ingress: [{ ip: "10.0.0.1" }] } } }, { subsets })).toEqual(READY);
  });
});

describe("an Ingress", () => {
  it("waits for its controller", () => {
    expect(readiness.ingressProgress({ spec: { ingressClassName: "nginx" } })).toEqual({
      ready: false,
      waitingFor: "the address from the ingress controller of class nginx; is it running?",
    });
    expect(readiness.ingressProgress({ status: { loadBalancer: { ingress: [{ ip: "127.0.0.1" }] } } })).toEqual(READY);
  });

  it("names each service behind it once", () => {
    const service = (name: string) => ({ service: { name } });
    const path = (name: string) => ({ pathType: "Prefix", backend: service(name) });
    const rules = [{ http: { paths: [path("a"), path("b")] } }, { http: { paths: [path("a")] } }, {}];
    expect(readiness.backendServices({ spec: { defaultBackend: service("c"), rules } })).toEqual(["c", "a", "b"]);
  });
});

describe("the other kinds that something works on", () => {
  it("wait for it", () => {
    expect(readiness.claimProgress({ status: { phase: "Pending" } }, undefined)).toEqual({
      ready: false,
      waitingFor: "a volume to bind to",
    });
    expect(readiness.claimProgress({ status: { phase: "Bound" } }, undefined)).toEqual(READY);
    const late = { provisioner: "p", volumeBindingMode: "WaitForFirstConsumer" };
    expect(readiness.claimProgress({ status: { phase: "Pending" } }, late)).toEqual(READY);
    expect(readiness.claimProgress({ status: { phase: "Lost" } }, undefined).failed).toBe("the claim lost its volume");
    expect(readiness.volumeProgress({ status: { phase: "Pending" } }).ready).toBe(false);
    expect(readiness.volumeProgress({ status: { phase: "Available" } })).toEqual(READY);
    expect(readiness.quotaProgress({ spec: { hard: { pods: "1" } }, status: {} }).ready).toBe(false);
    expect(readiness.quotaProgress({ spec: { hard: { pods: "1" } }, status: { hard: { pods: "1" } } })).toEqual(READY);
    expect(readiness.secretProgress({ type: "Opaque" })).toEqual(READY);
    expect(readiness.secretProgress({ type: "kubernetes.io/service-account-token" }).ready).toBe(false);
    const daemons = {
      observedGeneration: 1,
      desiredNumberScheduled: 2,
      updatedNumberScheduled: 2,
      currentNumberScheduled: 2,
      numberMisscheduled: 0,
    };
    const daemonSet = (numberReady: number) => ({ metadata: { generation: 1 }, status: { ...daemons, numberReady } });
    expect(readiness.daemonSetProgress(daemonSet(1)).waitingFor).toBe("pods (2 of 2 updated, 1 ready)");
    expect(readiness.daemonSetProgress(daemonSet(2))).toEqual(READY);
  });
});

describe("podProblems", () => {
  const pod = (status: object) => ({ metadata: { name: "web-1" }, status }) as V1Pod;
  const container = (state: object, lastState: object = {}) => ({ containerStatuses: [{ name: "web", state, lastState }] });

  it.each([
    [
      { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes" }] },
      "pod web-1 is not scheduled: Unschedulable: 0/1 nodes",
    ],
    [
      container({ waiting: { reason: "ImagePullBackOff", message: "no such image" } }),
      "pod web-1, container web: ImagePullBackOff: no such image",
    ],
    [
      container({ waiting: { reason: "CrashLoopBackOff" } }, { terminated: { exitCode: 1, reason: "Error", message: "no database\n" } }),
      "pod web-1, container web: CrashLoopBackOff; last exit code 1 (Error: no database)",
    ],
    [container({ terminated: { exitCode: 137, reason: "OOMKilled" } }), "pod web-1, container web: exit code 137 (OOMKilled)"],
    [{ phase: "Failed", reason: "Evicted", message: "disk" }, "pod web-1 failed: Evicted: disk"],
    [
      { initContainerStatuses: [{ name: "init", state: { waiting: { reason: "CreateContainerConfigError" } } }] },
      "pod web-1, container init: CreateContainerConfigError",
    ],
  ])("says for %j: %s", (status, problem) => {
    expect(podProblems(pod(status))).toEqual([problem]);
  });

  it.each([
    [container({ waiting: { reason: "ContainerCreating" } })],
    [container({ running: {} }, { terminated: { exitCode: 1 } })],
    [container({ terminated: { exitCode: 0, reason: "Completed" } })],
    [{}],
  ])("finds nothing wrong with %j", (status) => {
    expect(podProblems(pod(status))).toEqual([]);
  });
});

describe("formatSelector", () => {
  it("writes every operator", () => {
    const matchExpressions = [
      { key: "a", operator: "In", values: ["1", "2"] },
      { key: "b", operator: "NotIn", values: ["3"] },
      { key: "c", operator: "Exists" },
      { key: "d", operator: "DoesNotExist" },
    ];
    expect(formatSelector({ matchLabels: { app: "x" }, matchExpressions })).toBe("app=x,a in (1,2),b notin (3),c,!d");
  });
});
