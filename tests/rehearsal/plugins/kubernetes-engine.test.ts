import { KubernetesClient } from "../../../rehearsal/plugins/kubernetes/client";
import { type ControlPlane, startControlPlane } from "../../helpers/control-plane";
import { PluginStack, type ProgramReference } from "../../helpers/plugin-stack";
import { PASSWORD, shop, type ShopSettings } from "./programs/kubernetes-objects";

jest.setTimeout(180_000);

const PROGRAMS = require.resolve("./programs/kubernetes-objects");
const BASE64 = Buffer.from(PASSWORD).toString("base64");

let controlPlane: ControlPlane;
let client: KubernetesClient;
const stacks: PluginStack[] = [];

beforeAll(async () => {
  controlPlane = await startControlPlane();
  client = await KubernetesClient.connect({ kubeconfig: controlPlane.kubeconfig });
});
afterAll(async () => {
  stacks.forEach((stack) => stack.remove());
  await controlPlane?.stop();
});

function newStack(env: Record<string, string> = { KUBECONFIG: controlPlane.kubeconfig }, stackName = "test-kubernetes"): PluginStack {
  const stack = PluginStack.create({ packages: ["kubernetes"], stackName, env });
  stacks.push(stack);
  return stack;
}

const configMap = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", name, namespace: "shop" });

describe("a life of a stack", () => {
  let stack: PluginStack;
  let auto: string;
  beforeAll(() => (stack = newStack()));
  const up = async (settings?: ShopSettings) => (await stack.bind(shop(settings))).up();
  const refresh = async () => (await stack.bind(shop())).refresh();

  it("creates the objects in the API server", async () => {
    const result = await up();
    expect(result.summary.resourceChanges).toEqual({ create: 7 });
    auto = result.outputs["auto"]?.value as string;
    expect(auto).toMatch(/^auto-[0-9a-f]{7}$/);
    expect((await client.get(configMap(auto)))?.["data"]).toEqual({ data: "1" });
    expect((await client.get({ ...configMap("secret"), kind: "Secret" }))?.["data"]).toEqual({ password: BASE64 });
  });

  it("keeps secrets out of the state file's plain text, as text and as base64", () => {
    const state = stack.stateText();
    expect(state).toContain('"secret"');
    expect([state.includes(PASSWORD), state.includes(BASE64)]).toEqual([false, false]);
  });

  it("changes nothing on a second run, nor on a refresh", async () => {
    expect((await up()).summary.resourceChanges).toEqual({ same: 7 });
    expect((await refresh()).summary.resourceChanges).toEqual({ same: 7 });
  });

  it("sees drift on a refresh, not what others added, and puts it right", async () => {
    const drifted = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "named" }, data: { theirs: "fine" } };
    await client.apply(
      { ...drifted, metadata: { name: "named", labels: { "app.kubernetes.io/part-of": "drift" } } },
      configMap("named"),
      "other",
      true,
    );
    expect((await refresh()).summary.resourceChanges).toEqual({ same: 6, update: 1 });
    const preview = await (await stack.bind(shop())).preview({ diff: true });
    expect(preview.changeSummary).toEqual({ same: 6, update: 1 });
    expect(preview.stdout).toContain('~ app.kubernetes.io/part-of: "drift" => "a"');
    expect(preview.stdout).not.toContain("theirs");
  });

  it("does not fight over a field that another manager holds, and says how to take it", async () => {
    expect(await stack.failure("up", { file: PROGRAMS, name: "shop" })).toMatch(
      /Apply failed with 1 conflict: conflict with "other": \.metadata\.labels\.app\.kubernetes\.io\/part-of.*pulumi\.com\/patchForce: "true"/s,
    );
    await client.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "named" } }, configMap("named"), "other", true);
    expect((await up()).summary.resourceChanges).toEqual({ same: 6, update: 1 });
    expect((await client.get(configMap("named")))?.metadata["labels"]).toEqual({ "app.kubernetes.io/part-of": "a" });
  });

  it("changes a label in place", async () => {
    const before = await client.get(configMap("named"));
    expect((await up({ label: "b" })).summary.resourceChanges).toEqual({ same: 6, update: 1 });
    const after = await client.get(configMap("named"));
    expect([after?.metadata["labels"], after?.metadata.uid]).toEqual([{ "app.kubernetes.io/part-of": "b" }, before?.metadata.uid]);
  });

  it("replaces changed data: what has a fixed name goes first, what has not comes first", async () => {
    const steps: string[] = [];
    const bound = await stack.bind(shop({ label: "b", data: "2" }));
    const result = await bound.up({
      onEvent: ({ resOutputsEvent }) => {
        const { op, urn } = resOutputsEvent?.metadata ?? {};
        if (op === "create-replacement" || op === "delete-replaced") steps.push(`${urn?.split("::").at(-1)} ${op}`);
      },
    });
    expect(result.summary.resourceChanges).toEqual({ same: 5, replace: 2 });
    expect(steps.filter((step) => step.startsWith("named"))).toEqual(["named delete-replaced", "named create-replacement"]);
    expect(steps.filter((step) => step.startsWith("auto"))).toEqual(["auto create-replacement", "auto delete-replaced"]);
    expect(result.outputs["auto"]?.value).not.toBe(auto);
    expect([await client.get(configMap(auto)), (await client.get(configMap("named")))?.["data"]]).toEqual([undefined, { data: "2" }]);
  });

  it("makes anew what someone deleted", async () => {
    await client.delete(configMap("named"), "Background");
    expect((await refresh()).summary.resourceChanges).toEqual({ same: 6, delete: 1 });
    expect((await up({ label: "b", data: "2" })).summary.resourceChanges).toEqual({ same: 6, create: 1 });
  });

  it("goes on with objects that an interrupted run of this stack left, and takes nobody else's", async () => {
    const settings = { label: "b", data: "2" };
    expect(await newStack(undefined, "test-other").failure("up", { file: PROGRAMS, name: "shop", settings })).toContain(
      "Namespace shop already exists and this stack did not make it. Delete it, import it (pulumi import), or choose another name.",
    );
    const forgetful = await newStack().bind(shop(settings));
    const result = await forgetful.up();
    expect(result.summary.resourceChanges).toEqual({ create: 7 });
    expect(result.stdout).toContain("goes on with the object that an interrupted run left");
  });

  it("leaves nothing after destroy", async () => {
    expect((await (await stack.bind(shop())).destroy()).summary.resourceChanges).toEqual({ delete: 7 });
    const gone = [
      { ...configMap("shop"), kind: "Namespace" },
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: "shop" },
    ];
    expect(await Promise.all(gone.map((key) => client.get(key)))).toEqual([undefined, undefined]);
  });
});

describe("a preview", () => {
  const failure = (program: Omit<ProgramReference, "file">) => newStack().failure("preview", { file: PROGRAMS, ...program });

  it("passes without a cluster", async () => {
    const stack = await newStack({ KUBECONFIG: "/nowhere" }).bind(shop());
    expect((await stack.preview()).changeSummary).toEqual({ create: 7 });
  });

  it("refuses a kind that the stand-in does not know", async () => {
    expect(await failure({ name: "unknownKind" })).toContain(
      "the stand-in for the kubernetes plugin does not know the resource type kubernetes:core/v1:Binding and must not ignore it.",
    );
  });

  it("refuses an input, an annotation and a provider setting that the stand-in does not know", async () => {
    expect(await failure({ name: "configMap", settings: { inputs: { date: {} } } })).toMatch(
      /date.*does not know this input of kubernetes:core\/v1:ConfigMap and must not ignore it/s,
    );
    expect(await failure({ name: "configMap", settings: { annotations: { "pulumi.com/waitFor": "condition=Ready" } } })).toContain(
      "does not know the annotation pulumi.com/waitFor",
    );
    expect(await failure({ name: "configMap", settings: { provider: { skipUpdateUnreachable: true } } })).toMatch(
      /skipUpdateUnreachable.*does not know this setting and must not ignore it/s,
    );
  });
});

describe("an up that cannot be", () => {
  it("fails with the API server's own words for a field that it does not know, and creates nothing", async () => {
    expect(await newStack().failure("up", { file: PROGRAMS, name: "misspeltField" })).toContain(
      '.spec.template.spec.containers[name="c"].imagePullPolice: field not declared in schema',
    );
    expect(await client.get({ apiVersion: "batch/v1", kind: "Job", name: "odd" })).toBeUndefined();
  });

  it("says which address it could not reach, and where to look when there is no kubeconfig", async () => {
    const kubeconfig = JSON.stringify({
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      contexts: [{ name: "c", context: { cluster: "c" } }],
      "current-context": "c",
    });
    expect(await newStack().failure("up", { file: PROGRAMS, name: "configMap", settings: { provider: { kubeconfig } } })).toMatch(
      /connect ECONNREFUSED 127\.0\.0\.1:1/,
    );
    expect(await newStack({ KUBECONFIG: "", HOME: "/nowhere" }).failure("up", { file: PROGRAMS, name: "configMap" })).toContain(
      "No Kubernetes cluster: the provider has no kubeconfig, $KUBECONFIG is not set and /nowhere/.kube/config does not exist.",
    );
  });
});
