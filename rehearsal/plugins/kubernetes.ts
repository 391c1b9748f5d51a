/**
 * Stand-in for the `kubernetes` provider plugin: server-side apply on a real API server, by `@kubernetes/client-node`.
 *
 * It waits, replaces and names as the official plugin does; it is stricter in two things:
 * a field that the API server does not know is refused on `up`, and a rollout that Kubernetes itself calls failed ends the wait.
 */
import type { CheckFailure, Properties, ResourceHandler, StandIn } from "./lib/contract";
import { messageOf } from "./lib/errors";
import { serve } from "./lib/server";
import { booleanSetting } from "./lib/settings";
import { KubernetesClient } from "./kubernetes/client";
import { objectHandler, patchHandler } from "./kubernetes/handler";
import { KINDS } from "./kubernetes/kinds";

/** Settings with the one value that the stand-in can honour. */
const FIXED_SETTINGS = { enableServerSideApply: true, enableConfigMapMutable: false, enableSecretMutable: false } as const;

function checkConfig(config: Properties): CheckFailure[] {
  return Object.entries(FIXED_SETTINGS).flatMap(([property, only]) => {
    try {
      const value = booleanSetting(config, property) ?? only;
      return value === only
        ? []
        : [{ property, reason: `the stand-in can only do ${only}, got ${value}. Leave it out, or use the official plugin.` }];
    } catch (error) {
      return [{ property, reason: messageOf(error) }];
    }
  });
}

function resources(): Record<string, ResourceHandler<KubernetesClient>> {
  const all: Record<string, ResourceHandler<KubernetesClient>> = {};
  for (const [group, kinds] of Object.entries(KINDS)) {
    for (const kind of kinds) {
      all[`kubernetes:${group}:${kind.kind}`] = objectHandler(kind);
      all[`kubernetes:${group}:${kind.kind}Patch`] = patchHandler(kind);
    }
  }
  return all;
}

/** The `kubernetes` package. */
export const kubernetes: StandIn<KubernetesClient> = {
  package: "kubernetes",
  config: [
    "kubeconfig",
    "context",
    "namespace",
    "clusterIdentifier",
    "suppressDeprecationWarnings",
    "enablePatchForce",
    ...Object.keys(FIXED_SETTINGS),
  ],
  replaceOnConfigChanges: ["clusterIdentifier"],
  checkConfig,
  connect: (config) => KubernetesClient.connect(config),
  resources: resources(),
};

if (require.main === module) void serve(kubernetes);
