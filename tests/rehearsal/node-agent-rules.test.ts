/** Rules that the node agent shares with kubelet, without a cluster: probes, expansion, phases, images, what is refused. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expand } from "../../rehearsal/node-agent/environment";
import { findImage, type LocalImage } from "../../rehearsal/node-agent/image";
import type { Container, ContainerStatus, Pod } from "../../rehearsal/node-agent/objects";
import { keepProbing, type ProbeTarget, runProbe } from "../../rehearsal/node-agent/probe";
import { readyEndpoints } from "../../rehearsal/node-agent/proxy";
import { parseQuantity } from "../../rehearsal/node-agent/quantity";
import { phaseOf, type PodFacts } from "../../rehearsal/node-agent/status";
import { unsupportedFields } from "../../rehearsal/node-agent/supported";

const container: Container = { name: "main", ports: [{ name: "http", containerPort: 1 }] };
const target = { address: "127.0.0.1", container } as ProbeTarget;

/** Serves for as long as `use` takes. */
async function withServer<T>(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const probeAnswering = (status: number, headers: Record<string, string> = {}) =>
  withServer(
    (_, response) => response.writeHead(status, headers).end(),
    (port) => runProbe({ httpGet: { port, path: "/health" } }, target, 1000),
  );

describe("an HTTP probe", () => {
  it.each([200, 204])("succeeds with %d", async (status) => {
    expect((await probeAnswering(status)).success).toBe(true);
  });

  it.each([400, 404, 500, 503])("fails with %d", async (status) => {
    expect(await probeAnswering(status)).toEqual({ success: false, message: `HTTP probe failed with statuscode: ${status}` });
  });

  it("counts a redirect to another host as success and does not go there, as kubelet does", async () => {
    expect(await probeAnswering(301, { location: "https://api.example.com/health" })).toEqual({
      success: true,
      message: "Probe terminated redirects",
    });
  });

  it("follows a redirect on the same host, and counts what is there", async () => {
    const asked: string[] = [];
    const result = await withServer(
      (request, response) => {
        asked.push(`${request.headers.host ?? ""} ${request.url ?? ""}`);
        if (request.url === "/health") response.writeHead(302, { location: "/down" }).end();
        else response.writeHead(503).end();
      },
      (port) => runProbe({ httpGet: { port, path: "/health", httpHeaders: [{ name: "Host", value: "api.example.com" }] } }, target, 1000),
    );
    expect(asked).toEqual(["api.example.com /health", "api.example.com /down"]);
    expect(result).toEqual({ success: false, message: "HTTP probe failed with statuscode: 503" });
  });

  it("sends the probe's headers and kubelet's name", async () => {
    let seen: IncomingMessage["headers"] = {};
    await withServer(
      (request, response) => {
        seen = request.headers;
        response.end();
      },
      (port) =>
        runProbe({ httpGet: { port, path: "/health?a=b", httpHeaders: [{ name: "X-Forwarded-Proto", value: "https" }] } }, target, 1000),
    );
    expect(seen).toMatchObject({ "x-forwarded-proto": "https", "user-agent": "kube-probe/1.36" });
  });

  it("fails when there is no answer in time, nobody listens, or the port's name is unknown", async () => {
    const silent = await withServer(
      () => undefined,
      (port) => runProbe({ httpGet: { port } }, target, 200),
    );
    expect(silent).toEqual({ success: false, message: "context deadline exceeded" });
    const refused = await runProbe({ httpGet: { port: "http" } }, target, 1000);
    expect([refused.success, refused.message.replace("Error: ", "")]).toEqual([false, "connect ECONNREFUSED 127.0.0.1:1"]);
    expect(await runProbe({ tcpSocket: { port: "https" } }, target, 1000)).toEqual({
      success: false,
      message: "container main has no port named https",
    });
  });

  it("decides only after enough equal answers in a row", async () => {
    const answers = [500, 200, 500, 500, 200, 200];
    const decisions: boolean[] = [];
    const over = new AbortController();
    await withServer(
      (_, response) => {
        const status = answers.shift();
        if (answers.length === 0) setTimeout(() => over.abort(), 100);
        response.writeHead(status ?? 200).end();
      },
      (port) =>
        keepProbing({ httpGet: { port }, periodSeconds: 0.01, failureThreshold: 2, successThreshold: 2 }, target, over.signal, {
          decided: (success) => decisions.push(success),
          failed: () => undefined,
        }),
    );
    expect(decisions.slice(0, 2)).toEqual([false, true]);
  });
});

it.each([
  ["$(A)-$(B)", "1-2"],
  ["$$(A)", "$(A)"],
  ["$(UNKNOWN) $A $", "$(UNKNOWN) $A $"],
  ["$$$(A)", "$1"],
])("expands %s to %s", (text, expanded) => {
  expect(expand(text, { A: "1", B: "2" })).toBe(expanded);
});

describe("a pod's phase", () => {
  const status = (state: ContainerStatus["state"], lastExit?: number): ContainerStatus => ({
    name: "main",
    image: "",
    imageID: "",
    ready: false,
    restartCount: 0,
    ...(state === undefined ? {} : { state }),
    ...(lastExit === undefined ? {} : { lastState: { terminated: { exitCode: lastExit } } }),
  });
  const waiting = status({ waiting: { reason: "ContainerCreating" } });
  const runs = status({ running: {} });
  const exited = (exitCode: number) => status({ terminated: { exitCode } });
  const backingOff = status({ waiting: { reason: "CrashLoopBackOff" } }, 1);

  it.each([
    ["Pending", "Always", [], [waiting], false],
    ["Pending", "Always", [runs], [waiting], false],
    ["Failed", "Never", [exited(1)], [waiting], false],
    ["Pending", "OnFailure", [exited(1)], [waiting], false],
    ["Running", "Always", [exited(0)], [runs], false],
    ["Running", "Never", [], [runs, exited(1)], false],
    ["Running", "Always", [], [backingOff], false],
    ["Running", "Always", [], [exited(0)], false],
    ["Succeeded", "Never", [], [exited(0), exited(0)], false],
    ["Failed", "Never", [], [exited(0), exited(1)], false],
    ["Succeeded", "OnFailure", [], [exited(0)], false],
    ["Running", "OnFailure", [], [exited(1)], false],
    ["Succeeded", "Always", [], [exited(0)], true],
    ["Failed", "Always", [], [backingOff], true],
    ["Running", "Always", [], [runs], true],
  ] as const)(
    "is %s with restartPolicy %s, init containers %j and containers %j (ending: %s)",
    (phase, restartPolicy, init, containers, ending) => {
      const facts = { initContainers: init, containers, ending, failure: undefined } as unknown as PodFacts;
      expect(phaseOf({ spec: { restartPolicy, containers: [] } }, facts)).toBe(phase);
    },
  );
});

it("finds an image by its tag, else by its repository, whatever tag or digest it has", () => {
  const image = (name: string): LocalImage => ({ command: [name], workingDirectory: "/", path: [], folders: [] });
  const table = { "localhost:5000/a": image("a"), "localhost:5000/a:crash": image("crash") };
  const found = (reference: string) => findImage(table, reference)?.command[0];
  expect(
    ["localhost:5000/a", "localhost:5000/a:1", "localhost:5000/a:1@sha256:0", "localhost:5000/a:crash", "localhost:5000/b"].map(found),
  ).toEqual(["a", "a", "a", "crash", undefined]);
});

it("gives connections to ready endpoints only, at their twins on the loopback", () => {
  const slice = (endpoints: object[] | null) =>
    ({ addressType: "IPv4", ports: [{ port: 80 }], endpoints }) as unknown as Parameters<typeof readyEndpoints>[0][0];
  const endpoint = (address: string, conditions?: object) => ({ addresses: [address], ...(conditions && { conditions }) });
  expect(
    readyEndpoints([
      slice([
        endpoint("10.244.0.4", { ready: true }),
        endpoint("10.244.0.3"),
        endpoint("10.244.0.5", { ready: false, serving: true, terminating: true }),
      ]),
      slice(null),
    ]),
  ).toEqual([
    { address: "127.244.0.3", port: 80 },
    { address: "127.244.0.4", port: 80 },
  ]);
});

it.each([
  ["512", 512],
  ["64Mi", 67_108_864],
  ["1.5k", 1500],
])("reads %s as %d bytes", (text, bytes) => {
  expect(parseQuantity(text)).toBe(bytes);
});

describe("a pod is refused", () => {
  const pod = (spec: object, more: object = {}): Pod => ({
    spec: { enableServiceLinks: false, securityContext: { runAsUser: 1 }, containers: [{ name: "main", ...more }], ...spec },
  });

  it("not at all when the agent can honour it", () => {
    expect(unsupportedFields(pod({ hostNetwork: false, volumes: [{ name: "a", emptyDir: {} }] }, { stdin: false }))).toEqual([]);
  });

  it.each([
    [{ hostNetwork: true }, {}, "spec.hostNetwork: true"],
    [{ enableServiceLinks: true }, {}, "spec.enableServiceLinks: true"],
    [{ shareProcessNamespace: true }, {}, "spec.shareProcessNamespace: true"],
    [{ somethingNew: 1 }, {}, "spec.somethingNew: not known to the node agent"],
    [{ volumes: [{ name: "a", hostPath: { path: "/" } }] }, {}, "spec.volumes[0].hostPath: not known to the node agent"],
    [{ securityContext: {} }, {}, "securityContext.runAsUser of container main: missing; it must be a user other than root"],
    [{}, { securityContext: { runAsUser: 0 } }, "securityContext.runAsUser of container main: 0; it must be a user other than root"],
    [{}, { securityContext: { privileged: true } }, "spec.containers[0].securityContext.privileged: true"],
    [
      {},
      { securityContext: { capabilities: { add: ["NET_ADMIN"] } } },
      'spec.containers[0].securityContext.capabilities.add: ["NET_ADMIN"]',
    ],
    [{}, { securityContext: { allowPrivilegeEscalation: true } }, "spec.containers[0].securityContext.allowPrivilegeEscalation: true"],
    [{}, { livenessProbe: { grpc: { port: 1 } } }, "spec.containers[0].livenessProbe.grpc: not known to the node agent"],
    [
      {},
      { env: [{ name: "A", valueFrom: { resourceFieldRef: {} } }] },
      "spec.containers[0].env[A].valueFrom.resourceFieldRef: not known to the node agent",
    ],
    [
      {},
      { volumeMounts: [{ name: "a", mountPath: "/a", subPathExpr: "$(A)" }] },
      "spec.containers[0].volumeMounts[0].subPathExpr: not known to the node agent",
    ],
    [{}, { restartPolicy: "Always" }, "spec.containers[0].restartPolicy: not known to the node agent"],
  ])("for %j %j", (spec, more, reason) => {
    expect(unsupportedFields(pod(spec, more))).toEqual([reason]);
  });
});
