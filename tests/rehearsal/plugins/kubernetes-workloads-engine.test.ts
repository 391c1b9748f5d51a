import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";

import { KubernetesClient } from "../../../rehearsal/plugins/kubernetes/client";
import { type ControlPlane, startControlPlane } from "../../helpers/control-plane";
import { COMPLETES, CRASHES, FAILS, RUNS, startKubelet } from "../../helpers/kubelet";
import { PluginStack } from "../../helpers/plugin-stack";
import { job, patch, web } from "./programs/kubernetes-workloads";

jest.setTimeout(180_000);

const PROGRAMS = require.resolve("./programs/kubernetes-workloads");

let controlPlane: ControlPlane | undefined;
let stopKubelet: (() => Promise<void>) | undefined;
let client: KubernetesClient;
const stacks: PluginStack[] = [];

beforeAll(async () => {
  controlPlane = await startControlPlane();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(controlPlane.kubeconfig);
  stopKubelet = await startKubelet(kubeConfig.makeApiClient(CoreV1Api));
  client = await KubernetesClient.connect({ kubeconfig: controlPlane.kubeconfig });
});
afterAll(async () => {
  stacks.forEach((stack) => stack.remove());
  await stopKubelet?.();
  await controlPlane?.stop();
});

function newStack(): PluginStack {
  const env = { KUBECONFIG: controlPlane?.kubeconfig ?? "" };
  const stack = PluginStack.create({ packages: ["kubernetes"], stackName: "test-workloads", env });
  stacks.push(stack);
  return stack;
}

describe("a Deployment and its Service", () => {
  let stack: PluginStack;
  beforeAll(() => (stack = newStack()));
  const up = async (image: string) => (await stack.bind(web({ image }))).up();

  it("are up when the pods are", async () => {
    const { summary, outputs } = await up(RUNS);
    expect(summary.resourceChanges).toEqual({ create: 3 });
    expect(outputs["replicas"]?.value).toBe(2);
    expect(outputs["clusterIP"]?.value).toMatch(/^10\.96\./);
    expect((await up(RUNS)).summary.resourceChanges).toEqual({ same: 3 });
    expect((await (await stack.bind(web({ image: RUNS }))).refresh()).summary.resourceChanges).toEqual({ same: 3 });
  });

  it("are not when the new pods crash: it says why, and the change stays recorded as unfinished", async () => {
    const said = await stack.failure("up", { file: PROGRAMS, name: "web", settings: { image: CRASHES, seconds: 5 } });
    expect(said).toContain("Deployment default/web: not ready after 5 s, waits for pods (1 of 2 updated,");
    expect(said).toMatch(/pod web-\w+-\w+, container web: CrashLoopBackOff: back-off 10s; last exit code 3 \(Error\)/);
    expect(stack.stateText()).toContain('"initErrors"');
  });

  it("are waited for again by the next up, also without a change, until they are ready", async () => {
    expect(await stack.failure("up", { file: PROGRAMS, name: "web", settings: { image: CRASHES, seconds: 5 } })).toContain(
      "CrashLoopBackOff",
    );
    expect((await up(RUNS)).outputs["replicas"]?.value).toBe(2);
    expect(stack.stateText()).not.toContain('"initErrors"');
  });

  it("are gone, pods and all, after destroy", async () => {
    expect((await (await stack.bind(web({ image: RUNS }))).destroy()).summary.resourceChanges).toEqual({ delete: 3 });
    expect(await client.list({ apiVersion: "v1", kind: "Pod", namespace: "default" }, "app=web")).toEqual([]);
  });
});

describe("a Job", () => {
  let stack: PluginStack;
  beforeAll(() => (stack = newStack()));

  it("fails at once when Kubernetes gives it up, with the pod's reason", async () => {
    const started = Date.now();
    const said = await stack.failure("up", { file: PROGRAMS, name: "job", settings: { image: FAILS } });
    expect(said).toContain("Job default/migrate: the job failed: BackoffLimitExceeded: Job has reached the specified backoff limit");
    expect(said).toMatch(/pod migrate-\w+, container migrate: exit code 3 \(Error\)/);
    expect(Date.now() - started).toBeLessThan(60_000);
  });

  it("is replaced when its pods change, the old one deleted first, and awaited to the end", async () => {
    const result = await (await stack.bind(job({ image: COMPLETES }))).up();
    expect(result.summary.resourceChanges).toEqual({ same: 1, replace: 1 });
    const live = await client.get({ apiVersion: "batch/v1", kind: "Job", name: "migrate" });
    expect((live?.["status"] as { succeeded: number }).succeeded).toBe(1);
    expect((await (await stack.bind(job({ image: COMPLETES }))).destroy()).summary.resourceChanges).toEqual({ delete: 2 });
  });
});

describe("an Ingress that no controller answers for", () => {
  it("is given up after the program's own time, and says what it waited for", async () => {
    const stack = newStack();
    const said = await stack.failure("up", { file: PROGRAMS, name: "ingress" });
    expect(said).toContain(
      "Ingress default/edge: not ready after 2 s, waits for the address from the ingress controller of class nginx; is it running?",
    );
    expect(said).toContain("no service web in its namespace");
    expect((await (await stack.bind(() => Promise.resolve())).up()).summary.resourceChanges).toEqual({ delete: 1, same: 1 });
  });
});

describe("a ConfigMapPatch", () => {
  const key = { apiVersion: "v1", kind: "ConfigMap", name: "theirs" };
  const data = async () => (await client.get(key))?.["data"];

  it("holds its own fields of someone else's object, and gives only those up", async () => {
    const stack = newStack();
    expect(await stack.failure("up", { file: PROGRAMS, name: "patch", settings: { value: "1" } })).toContain(
      "ConfigMap theirs does not exist",
    );
    await client.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs" }, data: { theirs: "a" } }, key, "them", false);
    const bound = await stack.bind(patch({ value: "1" }));
    expect((await bound.up()).outputs["theirs"]?.value).toBe("a");
    expect(await data()).toEqual({ theirs: "a", ours: "1" });
    expect((await (await stack.bind(patch({ value: "2" }))).up()).summary.resourceChanges).toEqual({ same: 1, update: 1 });
    expect(await data()).toEqual({ theirs: "a", ours: "2" });
    await bound.destroy();
    expect(await data()).toEqual({ theirs: "a" });
  });
});
