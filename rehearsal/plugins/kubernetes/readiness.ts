/** When an object counts as ready: pure conditions on what the API server says, by the rules of the official plugin. */
import type {
  V1DaemonSet,
  V1Deployment,
  V1Endpoints,
  V1Ingress,
  V1Job,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1ResourceQuota,
  V1Secret,
  V1Service,
  V1StorageClass,
} from "@kubernetes/client-node";

import { sameValue } from "../lib/diff";

/** How far an object is. */
export interface Progress {
  readonly ready: boolean;
  /** What it waits for, for people. */
  readonly waitingFor: string;
  /** Set when it will never be ready: why. */
  readonly failed?: string;
}

const READY: Progress = { ready: true, waitingFor: "" };
const waiting = (waitingFor: string): Progress => ({ ready: false, waitingFor });
const failed = (reason: string): Progress => ({ ready: false, waitingFor: "", failed: reason });

/**
 * Ready once the controller saw this generation, the rollout is complete and the wanted number of new pods is available. Failed once the
 * rollout's own deadline has passed.
 */
export function deploymentProgress({ metadata, spec, status }: V1Deployment): Progress {
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return waiting("the deployment controller");
  const condition = (type: string) => status?.conditions?.find((each) => each.type === type);
  const progressing = condition("Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") return failed(`the rollout got stuck: ${progressing.message ?? ""}`);
  const wanted = spec?.replicas ?? 1;
  const [updated, available] = [status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0];
  const refused = condition("ReplicaFailure");
  if (refused?.status === "True") return waiting(`pods, which the API server refuses: ${refused.message ?? ""}`);
  const rolledOut = progressing === undefined || progressing.reason === "NewReplicaSetAvailable";
  if (rolledOut && condition("Available")?.status === "True" && updated >= wanted && available >= wanted) return READY;
  return waiting(`pods (${updated} of ${wanted} updated, ${available} available)`);
}

/** Ready once each node that should run a pod of this generation does. */
export function daemonSetProgress({ metadata, status }: V1DaemonSet): Progress {
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return waiting("the daemon set controller");
  const wanted = status?.desiredNumberScheduled ?? 0;
  const [updated, ready] = [status?.updatedNumberScheduled ?? 0, status?.numberReady ?? 0];
  return updated >= wanted && ready >= wanted ? READY : waiting(`pods (${updated} of ${wanted} updated, ${ready} ready)`);
}

/** Ready once complete; failed once the job controller gave it up. */
export function jobProgress({ status }: V1Job): Progress {
  const condition = (type: string) => status?.conditions?.find((each) => each.type === type && each.status === "True");
  const failure = condition("Failed");
  if (failure !== undefined) return failed(`the job failed: ${failure.reason ?? ""}: ${failure.message ?? ""}`);
  if (condition("Complete") !== undefined) return READY;
  return waiting(`the job (${status?.active ?? 0} active, ${status?.succeeded ?? 0} succeeded, ${status?.failed ?? 0} failed)`);
}

/**
 * Ready once a pod answers for it; headless ones, external names and those without a selector have none to wait for. A load balancer also
 * needs its address.
 */
export function serviceProgress({ spec, status }: V1Service, endpoints: V1Endpoints | undefined): Progress {
  const withoutPods =
    spec?.type === "ExternalName" || spec?.clusterIP === "None" || spec?.selector === undefined || Object.keys(spec.selector).length === 0;
  if (!withoutPods && (endpoints?.subsets ?? []).length === 0) {
    return waiting("a ready pod; none may be ready, or none has the labels in spec.selector");
  }
  if (spec?.type === "LoadBalancer" && (status?.loadBalancer?.ingress ?? []).length === 0) return waiting("the load balancer's address");
  return READY;
}

/** Ready once the ingress controller wrote its address. */
export function ingressProgress({ spec, status }: V1Ingress): Progress {
  if ((status?.loadBalancer?.ingress ?? []).length > 0) return READY;
  return waiting(`the address from the ingress controller of class ${spec?.ingressClassName ?? "(default)"}; is it running?`);
}

/** Names of the services that an ingress sends requests to. */
export function backendServices({ spec }: V1Ingress): string[] {
  const backends = [spec?.defaultBackend, ...(spec?.rules ?? []).flatMap((rule) => (rule.http?.paths ?? []).map((path) => path.backend))];
  return [...new Set(backends.flatMap((backend) => (backend?.service === undefined ? [] : [backend.service.name])))];
}

/** Ready once bound; a class that binds with the first pod makes the claim wait for it, so nothing here can. */
export function claimProgress({ status }: V1PersistentVolumeClaim, storageClass: V1StorageClass | undefined): Progress {
  if (status?.phase === "Bound" || storageClass?.volumeBindingMode === "WaitForFirstConsumer") return READY;
  if (status?.phase === "Lost") return failed("the claim lost its volume");
  return waiting("a volume to bind to");
}

/** Ready once the volume controller took it up. */
export function volumeProgress({ status }: V1PersistentVolume): Progress {
  return status?.phase === "Available" || status?.phase === "Bound" ? READY : waiting("the volume controller");
}

/** Ready once the quota controller counts by these limits. */
export function quotaProgress({ spec, status }: V1ResourceQuota): Progress {
  return sameValue(spec?.hard, status?.hard) ? READY : waiting("the quota controller");
}

/** Ready at once, save for a token that the token controller must write first. */
export function secretProgress({ type, data }: V1Secret): Progress {
  return type !== "kubernetes.io/service-account-token" || Object.keys(data ?? {}).length > 0 ? READY : waiting("the token controller");
}
