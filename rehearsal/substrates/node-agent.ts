/** The rehearsal's node: runs the pods that the control plane schedules, as local processes. */
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BACKUP_NAME } from "../../components/lib/backup-names";
import { SERVER_NAME } from "../../components/lib/web-pod";
import type { Settings } from "../../config";
import { writeAtomically } from "../../toolchain/cache";
import { RUN_BUNDLE } from "../../toolchain/bundle";
import { bubblewrapTool, postgresTool, provide } from "../../toolchain/tools";
import { imageTable, SERVER_PROGRAM } from "../images";
import type { Substrate } from "../lib/substrate";
import { type NodeAgentSettings, readyFile } from "../node-agent/settings";
import { rehearsalPrograms } from "../programs";
import { kubeconfigFile } from "./control-plane";
import { datadogKeysFile } from "./datadog-intake";

const NAME = "node-agent";

function upstream({ edge }: Settings): { address: string; port: number } {
  const [address = "", port = ""] = edge.nginx.upstream.split(":");
  return { address, port: Number(port) };
}

/** The node. */
export const nodeAgent: Substrate = {
  title: "Node agent",
  servers: [NAME],
  ports: (settings) => [{ ...upstream(settings), setting: "edge.nginx.upstream in Pulumi.rehearsal.yaml" }],
  async start({ directory, settings, supervisor, report, signal }) {
    const folder = join(directory, NAME);
    const own = join(folder, "bin");
    mkdirSync(own, { recursive: true, mode: 0o755 });
    // Copies: the cache's go one day, and pods start as long as the rehearsal is kept.
    const programs = await rehearsalPrograms();
    await writeAtomically(join(own, SERVER_PROGRAM), await readFile(programs["sample-server"], "utf8"), 0o644);
    const backup = await readFile(programs[BACKUP_NAME], "utf8");
    await writeAtomically(join(own, BACKUP_NAME), `#!/usr/bin/env node\n${backup}`, 0o755);
    const agentSettings: NodeAgentSettings = {
      kubeconfig: kubeconfigFile(directory),
      directory,
      bwrap: (await provide(bubblewrapTool, report)).path,
      nodeName: "maestroverse-rehearsal",
      zone: "rehearsal-a",
      podNetwork: "10.244",
      images: imageTable(settings, { postgresClient: dirname((await provide(postgresTool, report)).path), own }),
      services: [{ namespace: settings.cluster.namespace, name: SERVER_NAME, listen: upstream(settings) }],
      datadog: {
        apiUrl: settings.observability.datadogApiUrl,
        keysFile: datadogKeysFile(directory),
        environment: settings.environment,
      },
      ingress: { className: settings.cluster.ingressController.ingressClass, address: settings.edge.nginx.listenAddress },
    };
    const file = join(folder, "settings.json");
    const text = JSON.stringify(agentSettings, undefined, 2);
    // Another clone's programs, for example: the agent reads its settings once.
    if (supervisor.find(NAME) !== undefined && (await readFile(file, "utf8").catch(() => undefined)) !== text) await supervisor.stop(NAME);
    await writeAtomically(file, text, 0o600);
    await supervisor.start(
      {
        name: NAME,
        command: [process.execPath, RUN_BUNDLE, programs[NAME], file],
        ready: async () => Number(await readFile(readyFile(directory), "utf8")) === supervisor.find(NAME)?.pid,
      },
      signal,
    );
  },
};
