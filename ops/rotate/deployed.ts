/** What is deployed of the pods' Secrets, as the cluster says: which of a kind they have, and how far the rollout is. */
import { parseGenerationsTag } from "../../components/lib/generations";
import { SERVER_NAME } from "../../components/lib/web-pod";
import { SECRET_NAMES } from "../../config";
import type { ClusterAccess } from "../cluster";
import type { SecretName } from "./generations";

/** What names of the pods' Secrets begin with. @see appSecretName, databaseSecretName */
export const SECRET_PREFIXES = { application: "maestroverse-app-secrets-", database: "maestroverse-database-app-" } as const;
/** Which of the pods' Secrets is looked at. */
export type SecretKind = keyof typeof SECRET_PREFIXES;

/** A pod of the server. */
export interface ServerPod {
  readonly name: string;
  /** Generations that it was started with. */
  readonly tag: string | undefined;
  readonly isReady: boolean;
  /** It is going. */
  readonly isGoing: boolean;
  /** Why its container does not run, in the kubelet's words; undefined: it does, or it is about to. */
  readonly trouble: string | undefined;
}

/** The cluster's word. */
export interface Deployed {
  /** Generations of the Deployment's pod template; undefined: it has no Secret of ours. */
  readonly tag: string | undefined;
  readonly pods: readonly ServerPod[];
  /** Every pod has the template's generations and is ready, and none of another is left. */
  readonly isRolledOut: boolean;
  /** When the Secret of the template was made. */
  readonly secretCreatedAt: Date;
  /** When the last rollout had replaced every pod. */
  readonly rolledOutAt: Date;
  /** Whether pods that the cluster remembers signed with that generation of a secret. */
  hasSigned(secret: SecretName, generation: number): boolean;
}

interface Template {
  readonly spec: { readonly containers: readonly { readonly envFrom?: readonly { readonly secretRef?: { readonly name: string } }[] }[] };
}

interface DeploymentObject {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number; readonly template: Template };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly replicas?: number;
    readonly conditions?: readonly { readonly type: string; readonly reason?: string; readonly lastUpdateTime: string }[];
  };
}

interface PodObject extends Template {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount?: number;
      readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string };
        readonly terminated?: { readonly exitCode: number };
      };
      readonly lastState?: { readonly terminated?: { readonly exitCode: number } };
    }[];
  };
}

interface List<T> {
  readonly items: readonly T[];
}

/** Asks the cluster. @throws Error with the cluster's words */
export async function readDeployed(
  cluster: Pick<ClusterAccess, "get">,
  namespace: string,
  kind: SecretKind = "application",
): Promise<Deployed> {
  const prefix = SECRET_PREFIXES[kind];
  const tagOf = (template: Template) => tagBehind(prefix, template);
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const selector = `labelSelector=${encodeURIComponent(`app.kubernetes.io/name=${SERVER_NAME}`)}`;
  const [deployment, replicaSets, { items }] = await Promise.all([
    cluster.get<DeploymentObject>(`${apps}/deployments/${SERVER_NAME}`),
    cluster.get<List<{ readonly spec: { readonly template: Template } }>>(`${apps}/replicasets?${selector}`),
    cluster.get<List<PodObject>>(`/api/v1/namespaces/${namespace}/pods?${selector}`),
  ]);
  const tag = tagOf(deployment.spec.template);
  const secret =
    tag === undefined
      ? undefined
      : await cluster.get<{ readonly metadata: { readonly creationTimestamp: string } }>(
          `/api/v1/namespaces/${namespace}/secrets/${prefix}${tag}`,
        );
  // What has ended by itself, an evicted pod for example, serves nobody and may lie there for days.
  const pods = items.filter(({ status }) => !["Succeeded", "Failed"].includes(status?.phase ?? "")).map((pod) => podOf(pod, tagOf(pod)));
  const { status = {}, spec, metadata } = deployment;
  const progressing = status.conditions?.find(({ type }) => type === "Progressing");
  const known = replicaSets.items.flatMap(({ spec: { template } }) => tagOf(template) ?? []);
  return {
    tag,
    pods,
    isRolledOut:
      status.observedGeneration === metadata.generation &&
      status.updatedReplicas === spec.replicas &&
      status.availableReplicas === spec.replicas &&
      status.replicas === spec.replicas &&
      progressing?.reason === "NewReplicaSetAvailable" &&
      pods.every((pod) => pod.tag === tag),
    secretCreatedAt: new Date(secret?.metadata.creationTimestamp ?? 0),
    rolledOutAt: new Date(progressing?.lastUpdateTime ?? 0),
    hasSigned: (name, generation) =>
      known.some((each) => parseGenerationsTag(each, SECRET_NAMES.length)?.[SECRET_NAMES.indexOf(name)]?.generation === generation),
  };
}

/** The rest of the name of the Secret that pods of a template are started with. */
function tagBehind(prefix: string, { spec }: Template): string | undefined {
  return spec.containers
    .flatMap(({ envFrom = [] }) => envFrom.map(({ secretRef }) => secretRef?.name ?? ""))
    .find((name) => name.startsWith(prefix))
    ?.slice(prefix.length);
}

function podOf(pod: PodObject, tag: string | undefined): ServerPod {
  const { metadata, status = {} } = pod;
  const [container] = status.containerStatuses ?? [];
  const waiting = container?.state?.waiting;
  const exit = container?.state?.terminated ?? container?.lastState?.terminated;
  const isReady = status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
  const failed = waiting?.reason === "CrashLoopBackOff" || (exit !== undefined && !isReady);
  const wrong = waiting !== undefined && !["ContainerCreating", "PodInitializing"].includes(waiting.reason ?? "");
  return {
    name: metadata.name,
    tag,
    isReady,
    isGoing: metadata.deletionTimestamp !== undefined,
    trouble: failed
      ? `its container ended with exit code ${exit?.exitCode ?? "?"} (${container?.restartCount ?? 0} restarts)`
      : wrong
        ? (waiting.message ?? waiting.reason)
        : undefined,
  };
}
