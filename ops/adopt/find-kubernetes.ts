/** Objects of the program that the cluster has already, and whose they are. */
import type { ClusterAccess } from "../cluster";
import { type Candidate, type Finder, type Found, textAt } from "./candidate";

/** Collections by kind; of these the program has objects whose names somebody else may have given too. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  Namespace: "namespaces",
  ServiceAccount: "serviceaccounts",
  ConfigMap: "configmaps",
  Secret: "secrets",
  Service: "services",
  PersistentVolumeClaim: "persistentvolumeclaims",
  Deployment: "deployments",
  CronJob: "cronjobs",
  Job: "jobs",
  Ingress: "ingresses",
  NetworkPolicy: "networkpolicies",
  PodDisruptionBudget: "poddisruptionbudgets",
  HorizontalPodAutoscaler: "horizontalpodautoscalers",
};
/** Kinds of which a namespace's others are told: what was made by hand under another name stays beside what the program makes. */
const TOLD_KINDS = ["apps/v1:Deployment", "v1:Service", "networking.k8s.io/v1:Ingress", "batch/v1:CronJob"];
/** Writers whose fields the official plugin takes over by itself: people with kubectl, the cluster's own controllers, and Pulumi. */
const KNOWN_WRITERS = /^(kubectl|kube-|before-first-apply|pulumi-kubernetes|maestroverse-adopt)/;

interface LiveObject {
  readonly metadata: {
    readonly name: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
    readonly managedFields?: readonly { readonly manager?: string; readonly subresource?: string }[];
  };
}

/** `kubernetes:apps/v1:Deployment` → group and version as paths have them, and the kind. */
function kindOf(type: string): { readonly apiVersion: string; readonly kind: string } {
  const [, version = "", kind = ""] = type.split(":");
  return { apiVersion: version === "core/v1" ? "v1" : version, kind };
}

/** Path of an object, or of a collection. */
export function objectPath(type: string, namespace: string | undefined, name?: string): string | undefined {
  const { apiVersion, kind } = kindOf(type);
  const collection = COLLECTIONS[kind];
  if (collection === undefined) return undefined;
  const parts = [apiVersion.includes("/") ? "/apis" : "/api", apiVersion];
  if (namespace !== undefined) parts.push("namespaces", namespace);
  return [...parts, collection, ...(name === undefined ? [] : [name])].join("/");
}

/** Looks an object up by its name. */
export function kubernetesFinder(cluster: Pick<ClusterAccess, "find">): Finder {
  return async ({ type, inputs }): Promise<Found | undefined> => {
    const [name, namespace] = [textAt(inputs, "metadata", "name"), textAt(inputs, "metadata", "namespace")];
    const path = objectPath(type, namespace, name);
    if (path === undefined || name === undefined) return undefined;
    const live = await cluster.find<LiveObject>(path);
    if (live === undefined) return undefined;
    return { id: namespace === undefined ? name : `${namespace}/${name}`, stranger: strangerOf(live) };
  };
}

/** Who else makes, or changes, an object; undefined: nobody but people with kubectl. */
export function strangerOf({ metadata }: LiveObject): string | undefined {
  const { deletionTimestamp, labels = {}, annotations = {}, ownerReferences = [], managedFields = [] } = metadata;
  if (deletionTimestamp !== undefined) return "it is being deleted: wait until it is gone, and run this again";
  const [owner] = ownerReferences;
  if (owner !== undefined) return `${owner.kind} ${owner.name} owns it`;
  const release = annotations["meta.helm.sh/release-name"];
  if (release !== undefined || labels["app.kubernetes.io/managed-by"] === "Helm") return `Helm made it (release ${release ?? "unknown"})`;
  if (annotations["argocd.argoproj.io/tracking-id"] !== undefined) return "Argo CD keeps it as its repository says";
  const writer = managedFields.find(({ manager = "", subresource }) => subresource === undefined && !KNOWN_WRITERS.test(manager))?.manager;
  return writer === undefined ? undefined : `${writer} writes it`;
}

/** Objects of the program's namespaces that the program does not have, `Deployment maestroverse/old`. */
export async function othersInNamespaces(
  cluster: Pick<ClusterAccess, "find">,
  namespaces: readonly string[],
  known: readonly Candidate[],
  isOurs: (kind: string, name: string) => boolean,
): Promise<string[]> {
  const names = new Set(known.map(({ type, inputs }) => `${kindOf(type).kind} ${textAt(inputs, "metadata", "name")}`));
  const found = await Promise.all(
    namespaces.flatMap((namespace) =>
      TOLD_KINDS.map(async (type) => {
        const { kind } = kindOf(`:${type}`);
        const list = await cluster.find<{ readonly items: readonly LiveObject[] }>(objectPath(`:${type}`, namespace) ?? "");
        return (list?.items ?? [])
          .filter(({ metadata }) => !names.has(`${kind} ${metadata.name}`) && !isOurs(kind, metadata.name))
          .map(({ metadata }) => `${kind} ${namespace}/${metadata.name}`);
      }),
    ),
  );
  return found.flat().sort();
}
