import { UNKNOWN } from "../../../rehearsal/plugins/lib/contract";
import { diffObject, mustDeleteFirst } from "../../../rehearsal/plugins/kubernetes/changes";
import { type Kind, KINDS } from "../../../rehearsal/plugins/kubernetes/kinds";
import { liveInputs, toOutputs } from "../../../rehearsal/plugins/kubernetes/live";
import { awaitTimeout, checkMetadata, fieldManagerOf, withName } from "../../../rehearsal/plugins/kubernetes/metadata";

const SEED = new Uint8Array([1, 2, 3]);
const URN = "urn:pulumi:rehearsal::ops::kubernetes:core/v1:ConfigMap::settings";
const kindOf = (name: string): Kind => {
  const found = Object.values(KINDS)
    .flat()
    .find((kind) => kind.kind === name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe("names", () => {
  it("are the program's own where it has one", () => {
    expect(withName(undefined, { metadata: { name: "settings" } }, URN, SEED)).toEqual({ metadata: { name: "settings" } });
    expect(withName(undefined, { metadata: { name: UNKNOWN } }, URN, SEED)).toEqual({ metadata: { name: UNKNOWN } });
  });

  it("are otherwise the logical name and seven hexadecimal digits, and say so", () => {
    expect(withName(undefined, { data: {} }, URN, SEED)).toEqual({
      data: {},
      metadata: { name: expect.stringMatching(/^settings-[0-9a-f]{7}$/) as string, annotations: { "pulumi.com/autonamed": "true" } },
    });
  });

  it("stay the same as long as the object stays, and come anew with the seed of a replacement", () => {
    const first = withName(undefined, {}, URN, SEED);
    expect(withName(first, {}, URN, new Uint8Array([9]))).toEqual(first);
    expect(withName(undefined, {}, URN, new Uint8Array([9]))).not.toEqual(first);
  });

  it("are chosen anew when the program stops naming an object", () => {
    const named = { metadata: { name: "by-hand" } };
    expect(withName(named, {}, URN, SEED)).toEqual(withName(undefined, {}, URN, SEED));
  });
});

describe("annotations to the plugin", () => {
  it("are refused when the stand-in does not know them", () => {
    const news = { metadata: { name: "a", annotations: { "pulumi.com/waitFor": "x", "pulumi.com/skipAwait": "true", other: "fine" } } };
    expect(checkMetadata(news).map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^the stand-in does not know the annotation pulumi\.com\/waitFor and must not ignore it\./) as string,
    ]);
  });

  it("are refused when their value makes no sense", () => {
    const annotations = { "pulumi.com/timeoutSeconds": "soon", "pulumi.com/deletionPropagationPolicy": "later" };
    expect(checkMetadata({ metadata: { generateName: "a-", annotations } }).map(({ reason }) => reason)).toEqual([
      "the stand-in does not know generateName. Set name, or leave both out and the plugin chooses a name.",
      'the annotation pulumi.com/timeoutSeconds must be a number of seconds above 0, got "soon".',
      'the annotation pulumi.com/deletionPropagationPolicy must be foreground, background or orphan, got "later".',
    ]);
  });

  it("set the time to wait; the program's customTimeouts come first, ten minutes last", () => {
    const object = { metadata: { annotations: { "pulumi.com/timeoutSeconds": "30" } } };
    expect([awaitTimeout(object, 5), awaitTimeout(object, undefined), awaitTimeout({}, undefined)]).toEqual([5, 30, 600]);
  });
});

describe("the field manager", () => {
  it("is one per resource", () => {
    expect(fieldManagerOf(URN)).toMatch(/^pulumi-kubernetes-[0-9a-f]{8}$/);
    expect(fieldManagerOf(URN)).toBe(fieldManagerOf(URN));
    expect(fieldManagerOf(`${URN}2`)).not.toBe(fieldManagerOf(URN));
  });
});

describe("what replaces", () => {
  const inputs = (spec: unknown) => ({ metadata: { name: "a", namespace: "n" }, spec });
  it.each([
    ["Deployment", { selector: { matchLabels: { "a/b": "1" } } }, { selector: { matchLabels: { "a/b": "2" } } }, true],
    ["Deployment", { replicas: 1 }, { replicas: 2 }, false],
    ["Job", { template: { spec: { containers: [{ image: "a" }] } } }, { template: { spec: { containers: [{ image: "b" }] } } }, true],
    ["Job", { ttlSecondsAfterFinished: 1 }, { ttlSecondsAfterFinished: 2 }, false],
    ["Service", { clusterIP: "None" }, { clusterIP: "10.0.0.1" }, true],
    ["Service", { clusterIPs: ["a"] }, { clusterIPs: ["b"] }, false],
    ["PersistentVolumeClaim", { resources: { requests: { storage: "1Gi" } } }, { resources: { requests: { storage: "2Gi" } } }, true],
    ["PodDisruptionBudget", { minAvailable: 1 }, { minAvailable: 2 }, false],
  ])("%s %j to %j: %s", (kind, olds, news, replace) => {
    const entries = diffObject(kindOf(kind), inputs(olds), {}, inputs(news));
    expect(entries.map((entry) => entry.replace)).toEqual([replace]);
  });

  it.each([
    ["ConfigMap", "data", { a: "1" }, { a: "2" }],
    ["Secret", "stringData", { a: "1" }, { a: "2" }],
    ["Secret", "type", "Opaque", "kubernetes.io/tls"],
    ["RoleBinding", "roleRef", { name: "a" }, { name: "b" }],
  ])("%s.%s does", (kind, field, old, now) => {
    const metadata = { name: "a" };
    const entries = diffObject(kindOf(kind), { metadata, [field]: old }, {}, { metadata, [field]: now });
    expect(entries.map((entry) => entry.replace)).toEqual([true]);
  });

  it("is another name or another namespace, of any kind", () => {
    const change = (news: object) =>
      diffObject(kindOf("CronJob"), inputs({}), {}, { ...inputs({}), metadata: { name: "a", namespace: "n", ...news } });
    expect(change({ name: "b" })).toEqual([{ path: "metadata.name", kind: "update", replace: true }]);
    expect(change({ namespace: "m" })).toEqual([{ path: "metadata.namespace", kind: "update", replace: true }]);
    expect(change({ labels: { a: "b" } })).toEqual([{ path: "metadata.labels", kind: "add", replace: false }]);
  });

  it("is not the naming of the namespace that the object got by default", () => {
    const named = (namespace: string) => ({ metadata: { name: "a", namespace } });
    const change = (namespace: string) => diffObject(kindOf("Role"), { metadata: { name: "a" } }, named("default"), named(namespace));
    expect(change("default")).toEqual([]);
    expect(change("other")).toEqual([{ path: "metadata.namespace", kind: "add", replace: true }]);
  });

  it("is, for a Job that says so, that it did not complete", () => {
    const job = { metadata: { name: "a", annotations: { "pulumi.com/replaceUnready": "true" } } };
    const ended = (type: string) => ({ status: { conditions: [{ type, status: "True" }] } });
    expect(diffObject(kindOf("Job"), job, ended("Complete"), job)).toEqual([]);
    expect(diffObject(kindOf("Job"), job, ended("Failed"), job).map(({ replace }) => replace)).toEqual([true]);
  });
});

describe("the order of a replacement", () => {
  it("is delete first for a name that the program fixed, create first for one that the plugin chose", () => {
    const fixed = { metadata: { name: "a", namespace: "n" } };
    const auto = withName(undefined, {}, URN, SEED);
    expect(mustDeleteFirst(fixed, fixed)).toBe(true);
    expect(mustDeleteFirst(fixed, { metadata: { name: "b", namespace: "n" } })).toBe(false);
    expect(mustDeleteFirst(fixed, { metadata: { name: "a", namespace: "m" } })).toBe(false);
    expect(mustDeleteFirst(auto, auto)).toBe(false);
  });
});

describe("liveInputs", () => {
  const last = { apiVersion: "apps/v1", metadata: { name: "a", labels: { app: "x" } }, spec: { args: [], cpu: "1000m", replicas: 2 } };
  const lastLive = {
    apiVersion: "apps/v1",
    metadata: { name: "a", labels: { app: "x" }, uid: "1" },
    spec: { cpu: "1", replicas: 2, added: true },
  };

  it("are the last inputs as long as nothing changed, however the server writes them", () => {
    expect(liveInputs(last, lastLive, lastLive)).toEqual(last);
    expect(
      liveInputs(last, lastLive, { ...lastLive, metadata: { ...lastLive.metadata, resourceVersion: "7" }, status: { ready: 1 } }),
    ).toEqual(last);
  });

  it("show what others changed or took away, and not what they added", () => {
    const live = { ...lastLive, metadata: { name: "a", labels: { theirs: "1" } }, spec: { cpu: "1", replicas: 5, added: false, more: 1 } };
    expect(liveInputs(last, lastLive, live)).toEqual({
      ...last,
      metadata: { name: "a", labels: { app: undefined } },
      spec: { args: [], cpu: "1000m", replicas: 5 },
    });
  });

  it("match containers and their kind by name", () => {
    const list = (...containers: unknown[]) => ({ spec: { containers } });
    const before = list({ name: "web", image: "a" }, { name: "log", image: "b" });
    const beforeLive = list({ name: "web", image: "a", tty: false }, { name: "log", image: "b" });
    const live = list({ name: "injected", image: "i" }, { name: "log", image: "c" }, { name: "web", image: "a", tty: true });
    expect(liveInputs(before, beforeLive, live)).toEqual(list({ name: "web", image: "a" }, { name: "log", image: "c" }));
  });

  it("show a list of plain values as it is", () => {
    expect(liveInputs({ verbs: ["get"] }, { verbs: ["get"] }, { verbs: ["get", "delete"] })).toEqual({ verbs: ["get", "delete"] });
  });

  it("read a Secret's stringData out of its data", () => {
    const data = (text: string) => ({ data: { key: Buffer.from(text).toString("base64") } });
    expect(liveInputs({ stringData: { key: "a" } }, data("a"), data("a"))).toEqual({ stringData: { key: "a" } });
    expect(liveInputs({ stringData: { key: "a" } }, data("a"), data("b"))).toEqual({ stringData: { key: "b" } });
  });

  it("are, on an import, everything but the server's own bookkeeping", () => {
    const live = {
      kind: "Role",
      metadata: { name: "a", uid: "1", resourceVersion: "2", managedFields: [], labels: { a: "b" } },
      status: {},
      rules: [],
    };
    expect(liveInputs({}, {}, live)).toEqual({ kind: "Role", metadata: { name: "a", labels: { a: "b" } }, rules: [] });
  });
});

describe("outputs", () => {
  it("keep stringData and the field manager, and drop the managers' bookkeeping", () => {
    const live = { metadata: { name: "a", managedFields: [{}] }, data: { k: "djE=" } };
    expect(toOutputs(live, { stringData: { k: "v1" } }, "m")).toEqual({
      metadata: { name: "a" },
      data: { k: "djE=" },
      stringData: { k: "v1" },
      __fieldManager: "m",
    });
  });
});
