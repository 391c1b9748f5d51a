/** What the pod's probes say of a server whose database is away: it gets no requests, and is not restarted for it. */
import { databaseUrl } from "../../components/lib/database-url";
import { buildServerPod } from "../../components/lib/web-pod";
import type { Container, Probe } from "../../rehearsal/node-agent/objects";
import { type ProbeTarget, runProbe } from "../../rehearsal/node-agent/probe";
import { freePort } from "../helpers/free-ports";
import { API_HOST, makeSecrets, type SampleServer, startSampleServer } from "../helpers/sample-server";

let server: SampleServer;
let container: Container;
beforeAll(async () => {
  const port = await freePort();
  const nobody = { user: "maestro_app", password: "p", host: "127.0.0.1", port, databaseName: "maestroverse", sslMode: "disable" } as const;
  server = await startSampleServer({ ...makeSecrets(), DATABASE_URL: databaseUrl({ ...nobody, authorityFile: undefined }) });
  const { spec } = buildServerPod({
    image: "i",
    apiHost: API_HOST,
    containerPort: server.port,
    cpuRequestMillicores: 100,
    cpuLimitMillicores: 100,
    memoryRequestMebibytes: 64,
    memoryLimitMebibytes: 64,
    drainSeconds: 1,
    terminationGraceSeconds: 36,
    configMapName: "c",
    secretNames: [],
    authorityConfigMap: undefined,
    serviceAccountName: "s",
    labels: {},
    selector: {},
  });
  container = (spec as unknown as { containers: [Container] }).containers[0];
});
afterAll(() => server.stop());

function ask(kind: "startupProbe" | "readinessProbe" | "livenessProbe") {
  const probe = container[kind] as Probe;
  return runProbe(probe, { address: "127.0.0.1", container } as ProbeTarget, (probe.timeoutSeconds ?? 0) * 1000);
}

it("is not ready", async () => {
  expect(await ask("readinessProbe")).toEqual({ success: false, message: "HTTP probe failed with statuscode: 503" });
});

it("has started, and lives", async () => {
  expect(await ask("startupProbe")).toEqual({ success: true, message: "" });
  expect(await ask("livenessProbe")).toEqual({ success: true, message: "" });
});

it("is restarted when it takes no connection", async () => {
  await server.stop();
  const { success, message } = await ask("livenessProbe");
  expect([success, message.replace("Error: ", "")]).toEqual([false, `connect ECONNREFUSED 127.0.0.1:${server.port}`]);
});
