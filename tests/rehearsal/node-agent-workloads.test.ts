/** Real controllers and the node agent together: rollouts, Jobs, readiness before the proxy, and what survives a crash. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Informer } from "../../rehearsal/node-agent/informer";
import type { EndpointSlice, Pod } from "../../rehearsal/node-agent/objects";
import { readyEndpoints } from "../../rehearsal/node-agent/proxy";
import { processStart } from "../../toolchain/processes";
import { CONTAINER_BASICS, NAMESPACE, NodeCluster, POD_BASICS, SERVICE } from "../helpers/node-cluster";

const APPS = "/apis/apps/v1";
const BATCH = "/apis/batch/v1";
/** Port that the servers listen on; their addresses are their own. */
const PORT = 18080;

/** Ready when its second answer to a probe says so; names its version; serves on while it is being stopped. */
const SERVER = `
const { createServer } = require("node:http");
let asked = 0;
createServer((request, response) => {
  if (request.url === "/slow") return void setTimeout(() => response.end("slow " + process.env.VERSION), 1500);
  if (request.url === "/health" && ++asked < 2) response.statusCode = 503;
  response.end(process.env.VERSION);
}).listen(${PORT}, process.env.LISTEN_ADDRESS);
process.on("SIGTERM", () => process.exit(0));
`;

let cluster: NodeCluster;
beforeAll(async () => {
  cluster = await NodeCluster.start();
  const ports = [{ name: "http", port: 80, targetPort: "http" }];
  await cluster.api.create(cluster.path("services"), { metadata: { name: SERVICE }, spec: { selector: { app: SERVICE }, ports } });
}, 120_000);
afterAll(() => cluster.stop(), 30_000);

function template(version: string): object {
  const container = {
    name: "server",
    ...CONTAINER_BASICS,
    command: ["node", "-e", SERVER],
    env: [{ name: "VERSION", value: version }],
    ports: [{ name: "http", containerPort: PORT }],
    readinessProbe: { httpGet: { path: "/health", port: "http" }, periodSeconds: 1, failureThreshold: 2 },
    lifecycle: { preStop: { sleep: { seconds: 2 } } },
  };
  return { metadata: { labels: { app: SERVICE } }, spec: { ...POD_BASICS, terminationGracePeriodSeconds: 8, containers: [container] } };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What ends the loops of a test, also of one that fails. */
let testOver = new AbortController();
beforeEach(() => (testOver = new AbortController()));
afterEach(() => testOver.abort());

/** Asks on and on. @returns the bodies, or what went wrong, and when it has ended */
function keepAsking(milliseconds: number): { readonly answers: string[]; readonly ended: Promise<void> } {
  const answers: string[] = [];
  const { signal } = testOver;
  const ended = (async () => {
    while (!signal.aborted) {
      answers.push(
        await ask().then(
          ({ body }) => body,
          (error: Error) => error.message,
        ),
      );
      await sleep(milliseconds);
    }
  })();
  return { answers, ended };
}

/** Asks through the proxy on a connection of its own. */
function ask(path = "/"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: cluster.proxyPort, path, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on("error", reject)
      .end();
  });
}

const readPid = (recordFile: string) => Number.parseInt(readFileSync(recordFile, "utf8"), 10);
const pods = async (selector: string) => (await cluster.api.get<{ items: Pod[] }>(cluster.path("pods"), { labelSelector: selector })).items;
const condition = (pod: Pod, type: string) => pod.status?.conditions?.find((each) => each.type === type)?.status;

/** Version 1 of the Deployment. */
function createDeployment(): Promise<unknown> {
  return cluster.api.create(cluster.path("deployments", undefined, APPS), {
    metadata: { name: "web" },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: SERVICE } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: template("1"),
    },
  });
}

describe("a Deployment with maxUnavailable 0", () => {
  it("gets no connection before a pod is ready: the proxy closes each at once", async () => {
    const closed = await new Promise<string>((resolve) => {
      const socket = connect(cluster.proxyPort, "127.0.0.1");
      socket.on("error", () => resolve("error")).on("close", () => resolve("closed"));
    });
    expect(closed).toBe("closed");

    await createDeployment();
    const unready = await cluster.until("a pod that runs", async () =>
      (await pods(`app=${SERVICE}`)).find(({ status }) => status?.phase === "Running"),
    );
    expect([condition(unready, "Ready"), condition(unready, "Initialized")]).toEqual(["False", "True"]);
    await expect(ask()).rejects.toThrow(/socket hang up|ECONNRESET/);
    await cluster.until("an answer", () => ask().catch(() => undefined));
    expect(await ask()).toEqual({ status: 200, body: "1" });
  });

  it("has a ready pod at every moment of a rollout, and answers every request", async () => {
    const readyCounts: number[] = [];
    const slices: Informer<EndpointSlice> = new Informer<EndpointSlice>(
      cluster.api,
      cluster.path("endpointslices", undefined, "/apis/discovery.k8s.io/v1"),
      { labelSelector: `kubernetes.io/service-name=${SERVICE}` },
      { changed: () => readyCounts.push(readyEndpoints(slices.items()).length) },
      () => undefined,
    );
    const watch = slices.run(testOver.signal);
    const { answers, ended } = keepAsking(30);
    await sleep(300);
    // Begun before the rollout, ended by the old pod while it leaves.
    const established = cluster
      .until("the new pod", async () => ((await pods(`app=${SERVICE}`)).length === 2 ? true : undefined))
      .then(() => ask("/slow"));
    await cluster.api.patch(cluster.path("deployments", "web", APPS), { spec: { template: template("2") } });
    await cluster.until("the end of the rollout", async () => {
      const all = await pods(`app=${SERVICE}`);
      return all.length === 1 && answers.at(-1) === "2" ? true : undefined;
    });
    testOver.abort();
    await Promise.all([watch, ended]);

    expect(await established).toEqual({ status: 200, body: "slow 1" });
    expect(Math.min(...readyCounts)).toBe(1);
    expect(Math.max(...readyCounts)).toBe(2);
    expect([...new Set(answers)]).toEqual(["1", "2"]);
  }, 40_000);
});

describe("a Job", () => {
  const job = (name: string, script: string, spec: object = {}) => ({
    metadata: { name },
    spec: {
      backoffLimit: 1,
      ...spec,
      template: {
        spec: { ...POD_BASICS, restartPolicy: "Never", containers: [{ name: "main", ...CONTAINER_BASICS, command: ["sh", "-c", script] }] },
      },
    },
  });
  type Job = { status?: { succeeded?: number; failed?: number; conditions?: { type: string; status: string; reason?: string }[] } };
  const finished = (name: string) =>
    cluster.until(
      `job ${name}`,
      async () => {
        const { status } = await cluster.api.get<Job>(cluster.path("jobs", name, BATCH));
        const last = status?.conditions?.find(({ type, status: holds }) => (type === "Complete" || type === "Failed") && holds === "True");
        return last === undefined ? undefined : { ...last, succeeded: status?.succeeded, failed: status?.failed };
      },
      30,
    );

  it("completes when its pod succeeds", async () => {
    await cluster.api.create(cluster.path("jobs", undefined, BATCH), job("good", "exit 0"));
    expect(await finished("good")).toMatchObject({ type: "Complete", succeeded: 1 });
  });

  it("fails when its pods do", async () => {
    await cluster.api.create(cluster.path("jobs", undefined, BATCH), job("bad", "exit 4", { backoffLimit: 0 }));
    expect(await finished("bad")).toMatchObject({ type: "Failed", reason: "BackoffLimitExceeded", failed: 1 });
  });

  it("is ended at its deadline", async () => {
    await cluster.api.create(cluster.path("jobs", undefined, BATCH), job("slow", "exec sleep 60", { activeDeadlineSeconds: 2 }));
    expect(await finished("slow")).toMatchObject({ type: "Failed", reason: "DeadlineExceeded" });
    await cluster.until("the pod's end", async () => ((await pods("job-name=slow")).length === 0 ? true : undefined));
  });

  it("is made by a CronJob and by kubectl create job --from, and runs", async () => {
    const spec = { schedule: "0 2 * * *", jobTemplate: { spec: job("", "echo from cron").spec } };
    const { metadata } = await cluster.api.create<{ metadata: { uid: string } }>(cluster.path("cronjobs", undefined, BATCH), {
      metadata: { name: "nightly" },
      spec,
    });
    const owner = { apiVersion: "batch/v1", kind: "CronJob", name: "nightly", uid: metadata.uid, controller: true };
    await cluster.api.create(cluster.path("jobs", undefined, BATCH), {
      metadata: { name: "nightly-now", ownerReferences: [owner], annotations: { "cronjob.kubernetes.io/instantiate": "manual" } },
      spec: spec.jobTemplate.spec,
    });
    expect(await finished("nightly-now")).toMatchObject({ type: "Complete", succeeded: 1 });
    const [pod] = await pods("job-name=nightly-now");
    expect(cluster.log(pod?.metadata?.name ?? "")).toBe("from cron\n");
  });
});

describe("a failure around it", () => {
  let version: string;
  beforeAll(async () => {
    if ((await cluster.find(cluster.path("deployments", "web", APPS))) === undefined) await createDeployment();
    version = (await cluster.until("an answer", () => ask().catch(() => undefined))).body;
  });

  it("of the API server leaves pods and connections alone, and is made up for", async () => {
    await cluster.createPod("ends-meanwhile", { command: ["sh", "-c", "sleep 2; exit 5"] });
    await cluster.untilPod("ends-meanwhile", ({ status }) => status?.phase === "Running");
    const [before] = await pods(`app=${SERVICE}`);
    const { answers, ended } = keepAsking(100);
    await cluster.interruptApiServer(5_000);
    testOver.abort();
    await ended;
    expect([...new Set(answers)]).toEqual([version]);
    const pod = await cluster.untilPod("ends-meanwhile", ({ status }) => status?.phase === "Failed");
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(5);
    const [after] = await pods(`app=${SERVICE}`);
    expect([after?.metadata?.uid, after?.status?.containerStatuses?.[0]?.restartCount]).toEqual([before?.metadata?.uid, 0]);
    await cluster.createPod("afterwards", { command: ["true"] });
    await cluster.untilPod("afterwards", ({ status }) => status?.phase === "Succeeded");
  }, 60_000);

  it("of the agent, by kill -9, ends its containers; the next one restarts those that are to run, and fails those that are not", async () => {
    await cluster.createPod("never", { command: ["sleep", "60"] });
    await cluster.createPod("leaving", { command: ["sleep", "60"] });
    for (const name of ["never", "leaving"]) await cluster.untilPod(name, ({ status }) => status?.phase === "Running");
    const [server] = await pods(`app=${SERVICE}`);
    const name = server?.metadata?.name ?? "";
    const records = [`${NAMESPACE}_${name}/server`, `${NAMESPACE}_never/main`].map((each) =>
      join(cluster.directory, "pods", `${each}.process`),
    );
    const processes = records.map(readPid);
    const agent = cluster.supervisor.find("node-agent")?.pid ?? 0;

    process.kill(agent, "SIGKILL");
    await cluster.until("the containers' end", () =>
      Promise.resolve(processes.every((pid) => processStart(pid) === undefined) ? true : undefined),
    );
    await cluster.api.remove(cluster.path("pods", "leaving"));
    await cluster.startAgent();

    const never = await cluster.untilPod("never", ({ status }) => status?.phase === "Failed");
    expect(never.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 137, reason: "ContainerStatusUnknown" });
    const restarted = await cluster.untilPod(
      name,
      (pod) => condition(pod, "Ready") === "True" && pod.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect(restarted.status?.podIP).toBe(server?.status?.podIP);
    await cluster.until("the deleted pod's end", async () =>
      (await cluster.find(cluster.path("pods", "leaving"))) === undefined ? true : undefined,
    );
    await cluster.until("an answer", () => ask().catch(() => undefined));
    expect(await ask()).toEqual({ status: 200, body: version });
  }, 60_000);
});
