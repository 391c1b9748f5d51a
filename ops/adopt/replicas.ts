/** Keeps the number of pods of Deployments that are taken over. */
import type { ClusterAccess } from "../cluster";
import { objectPath } from "./find-kubernetes";
import type { Imported } from "./plan";

/** Field manager that has the number from here on, until the autoscaler writes one. */
const MANAGER = "maestroverse-adopt";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

/**
 * The program leaves `spec.replicas` to the autoscaler. The official plugin takes over kubectl's fields and drops those that the program does not have;
 * without another holder the number would fall back to 1, and all pods but one would end. So somebody else holds it, with the value that it has.
 */
export async function keepReplicas(cluster: Pick<ClusterAccess, "get" | "apply">, imports: readonly Imported[]): Promise<void> {
  for (const { type, id } of imports.filter((each) => each.type === DEPLOYMENT)) {
    const [namespace = "", name = ""] = id.split("/");
    const path = objectPath(type, namespace, name) ?? "";
    const { spec } = await cluster.get<{ readonly spec: { readonly replicas: number } }>(path);
    await cluster.apply(
      path,
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace }, spec: { replicas: spec.replicas } },
      MANAGER,
    );
  }
}
