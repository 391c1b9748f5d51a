/**
 * The rehearsal's node agent (docs/adr/0005): stands in for kubelet, container runtime, kube-proxy, storage driver and the Ingress
 * controller's status. `node --import tsx main.ts SETTINGS-FILE`; logs to stderr, ends at SIGTERM, and its containers end with it.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Api, isStatus } from "./api";
import type { Lookup } from "./environment";
import { Recorder } from "./events";
import { reportIngresses } from "./ingress-status";
import { readKeys } from "../datadog-intake/keys";
import { LogCollector } from "./log-collector";
import { Node } from "./node";
import type { ConfigMap, Pod, Secret } from "./objects";
import { Pods } from "./pods";
import { Provisioner } from "./provisioner";
import { ServiceProxy } from "./proxy";
import { readSettings, readyFile } from "./settings";

const NODE_ADDRESS = "127.0.0.1";

/** Objects of one namespace, by name. */
function lookupIn(api: Api): (namespace: string) => Lookup {
  const find = <T>(path: string) =>
    api.get<T>(path).catch((error: unknown) => {
      if (isStatus(error, 404)) return undefined;
      throw error;
    });
  return (namespace) => ({
    configMap: (name) => find<ConfigMap>(`/api/v1/namespaces/${namespace}/configmaps/${name}`),
    secret: (name) => find<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`),
  });
}

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

async function main(): Promise<void> {
  const [, , file] = process.argv;
  if (file === undefined) throw new Error("The file of the settings is missing.");
  const { kubeconfig, directory, bwrap, nodeName, zone, podNetwork, images, services, ingress, datadog } = readSettings(file);
  const ready = readyFile(directory);
  mkdirSync(dirname(ready), { recursive: true });
  rmSync(ready, { force: true });
  endOnSignals();
  const { signal } = new AbortController();

  const api = await Api.fromFile(kubeconfig);
  const proxies = services.map((service) => new ServiceProxy(api, service, log));
  await Promise.all(proxies.map((proxy) => proxy.listen()));
  const node = new Node(api, { name: nodeName, address: NODE_ADDRESS, zone, directory }, log);
  await node.register();
  const recorder = new Recorder(api, nodeName);
  const collector: LogCollector | undefined =
    datadog === undefined
      ? undefined
      : new LogCollector(
          { apiUrl: datadog.apiUrl, apiKey: readKeys(datadog.keysFile).apiKey, environment: datadog.environment },
          { directory, nodeName, pods: () => pods.items() },
          log,
        );
  const host = {
    api,
    lookup: lookupIn(api),
    recorder,
    images,
    bwrap,
    directory,
    nodeName,
    nodeAddress: NODE_ADDRESS,
    log,
    ...(collector && { ended: (pod: Pod) => collector.takeLast(pod) }),
  };
  const missing = new Set(["its pods", "new ones"]);
  const looksAfter = (what: string) => {
    missing.delete(what);
    log(`${nodeName} looks after ${what}`);
    if (missing.size === 0) writeFileSync(ready, String(process.pid));
  };
  const pods: Pods = new Pods(host, podNetwork, () => looksAfter("its pods"));
  await Promise.all([
    node.keepAlive(signal, () => looksAfter("new ones")),
    pods.run(signal),
    collector?.run(signal),
    new Provisioner(api, join(directory, "volumes"), log).run(signal),
    reportIngresses(api, ingress, signal, log),
    ...proxies.map((proxy) => proxy.run(signal)),
  ]);
}

/** Containers end with this process, by the kernel: nothing has to be waited for. */
function endOnSignals(): void {
  for (const name of ["SIGTERM", "SIGINT"] as const)
    process.once(name, () => {
      log(`${name}: the node agent ends, and its containers with it`);
      process.exit(0);
    });
}

main().catch((error: unknown) => {
  log(`The node agent failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exit(1);
});
