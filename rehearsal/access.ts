/** The rehearsal that was kept, for the operator's commands. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Settings } from "../config";
import type { ClusterAccess } from "../ops/cluster";
import type { EdgeAddress } from "../ops/edge-client";
import { openRehearsalCluster } from "./cluster";
import type { Keys } from "./datadog-intake/api";
import { readProgress, rehearsalDirectory, statePassphrase } from "./lib/directory";
import { Supervisor } from "./lib/supervisor";
import { kubeconfigFile } from "./substrates/control-plane";
import { readDatadogKeys } from "./substrates/datadog-intake";
import { edgeAddress } from "./substrates/nginx";
import { postgresql, readDatabaseAdminPassword } from "./substrates/postgresql";

/** Where it is and its credentials, each read when it is asked for. */
export interface KeptRehearsal {
  readonly directory: string;
  /** The engine's state. */
  readonly state: { readonly directory: string; readonly passphrase: string };
  /** What the program and the plugins read beside the settings. */
  engineEnvironment(): Readonly<Record<string, string>>;
  databaseAdminPassword(): string;
  datadogKeys(): Keys;
  edge(settings: Settings): EdgeAddress;
  cluster(context: string): Promise<ClusterAccess>;
  refusalLog(): Promise<string>;
}

/** Environment of the program and the plugins: where the cluster is, and every credential. */
export function engineEnvironment(directory: string): Record<string, string> {
  const { apiKey, appKey } = readDatadogKeys(directory);
  return {
    KUBECONFIG: kubeconfigFile(directory),
    MAESTROVERSE_DATABASE_ADMIN_PASSWORD: readDatabaseAdminPassword(directory),
    DD_API_KEY: apiKey,
    DD_APP_KEY: appKey,
  };
}

/** The one that was kept, or that this very run has deployed. @throws Error when none is kept, or it no longer runs */
export function keptRehearsal(directory = rehearsalDirectory()): KeptRehearsal {
  if (!["deployed", "kept"].includes(readProgress(directory)))
    throw new Error("rehearsal: no rehearsal is kept on this machine. Start one: npm run rehearse -- --keep");
  const supervisor = new Supervisor(directory);
  const ended = postgresql.servers.filter((name) => supervisor.find(name) === undefined);
  if (ended.length > 0)
    throw new Error(`rehearsal: ${ended.join(", ")} does not run any more. Bring the rehearsal back: npm run rehearse -- --keep`);
  return {
    directory,
    state: { directory: join(directory, "state"), passphrase: statePassphrase(directory) },
    engineEnvironment: () => engineEnvironment(directory),
    databaseAdminPassword: () => readDatabaseAdminPassword(directory),
    datadogKeys: () => readDatadogKeys(directory),
    edge: (settings) => edgeAddress(directory, settings),
    refusalLog: () => readFile(join(directory, "nginx", "logs", "blocked.log"), "utf8"),
    cluster: (context) => openRehearsalCluster(directory, context),
  };
}
