/** Which cluster, as whom, in which namespace: the provider's settings over the kubeconfig. */
import { homedir } from "node:os";
import { join } from "node:path";

import type { KubeConfig } from "@kubernetes/client-node";

import type { Properties } from "../lib/contract";
import { textSetting } from "../lib/settings";

/** A cluster to talk to. */
export interface Connection {
  readonly kubeConfig: KubeConfig;
  /** Base address of the API server, without a slash at the end. */
  readonly server: string;
  /** Namespace of objects that name none. */
  readonly namespace: string;
}

/**
 * Reads the kubeconfig: the setting `kubeconfig` (the text itself, or a path), else the files in `$KUBECONFIG`, else `~/.kube/config`, else
 * the service account of the pod.
 *
 * @param config The provider's settings.
 * @param kubeConfig An empty one, to be filled.
 * @throws Error when there is none or it lacks the context.
 */
export function loadConnection(config: Properties, kubeConfig: KubeConfig): Connection {
  const given = textSetting(config, "kubeconfig");
  if (given === undefined) kubeConfig.loadFromDefault();
  else if (isText(given)) kubeConfig.loadFromString(given);
  else kubeConfig.loadFromFile(given.replace(/^~(?=\/)/, homedir()));

  const context = textSetting(config, "context");
  if (context !== undefined) {
    if (kubeConfig.getContextObject(context) === null) {
      const names = kubeConfig.getContexts().map(({ name }) => name);
      throw new Error(`The kubeconfig has no context ${JSON.stringify(context)}. It has: ${names.join(", ")}.`);
    }
    kubeConfig.setCurrentContext(context);
  }
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null || (given === undefined && cluster.name === "cluster" && cluster.server === "http://localhost:8080")) {
    throw new Error(
      `No Kubernetes cluster: the provider has no kubeconfig, $KUBECONFIG is not set and ${join(homedir(), ".kube", "config")} does not exist. ` +
        `Set kubernetes:kubeconfig or $KUBECONFIG.`,
    );
  }
  const namespace = textSetting(config, "namespace") ?? kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace ?? "default";
  return { kubeConfig, server: cluster.server.replace(/\/$/, ""), namespace };
}

/** A kubeconfig's text is YAML or JSON of several lines or members; a path is neither. */
function isText(value: string): boolean {
  return value.trimStart().startsWith("{") || value.includes("\n") || value.includes("apiVersion:");
}
