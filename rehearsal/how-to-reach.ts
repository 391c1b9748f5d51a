/** How a person reaches a rehearsal that was kept. */
import { join } from "node:path";
import type { Settings } from "../config";
import { serviceFile } from "./service-file";
import { kubeconfigFile } from "./substrates/control-plane";
import { authorityFile } from "./substrates/nginx";

/** Commands to copy. No secret among them. */
export function howToReach(directory: string, { cluster, database, edge: { nginx }, hosts }: Settings): string {
  const curl = (scheme: string, port: number, options: string) =>
    `  curl ${options} --resolve ${hosts.api}:${port}:${nginx.listenAddress} ${scheme}://${hosts.api}:${port}/health`;
  return [
    "It is left running. Look at it:",
    `  export KUBECONFIG=${kubeconfigFile(directory)}`,
    `  kubectl get deploy,pods,cronjob,ingress -n ${cluster.namespace}`,
    curl("http", nginx.httpPort, "-sI"),
    curl("https", nginx.httpsPort, `-si --cacert ${authorityFile(directory)}`),
    `  PGSERVICEFILE=${serviceFile(directory)} psql service=maestro_app      # or ${database.adminUser}, the administrator`,
    `  ls ${join(directory, "logs")}`,
    "End it: npm run rehearse -- down",
  ].join("\n");
}
