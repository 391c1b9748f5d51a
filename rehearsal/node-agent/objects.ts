/** Kubernetes objects as they travel: the client's models, with dates as text and no field dropped. */
import type * as k8s from "@kubernetes/client-node";

/** What JSON makes of a model. */
export type Json<T> = T extends Date
  ? string
  : T extends readonly (infer E)[]
    ? Json<E>[]
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

export type Pod = Json<k8s.V1Pod>;
export type PodStatus = Json<k8s.V1PodStatus>;
export type PodCondition = Json<k8s.V1PodCondition>;
export type Container = Json<k8s.V1Container>;
export type ContainerStatus = Json<k8s.V1ContainerStatus>;
export type ContainerState = Json<k8s.V1ContainerState>;
export type TerminatedState = Json<k8s.V1ContainerStateTerminated>;
export type Volume = Json<k8s.V1Volume>;
export type KeyToPath = Json<k8s.V1KeyToPath>;
export type VolumeProjection = Json<k8s.V1VolumeProjection>;
export type Probe = Json<k8s.V1Probe>;
export type HttpGetAction = Json<k8s.V1HTTPGetAction>;
export type LifecycleHandler = Json<k8s.V1LifecycleHandler>;
export type EnvironmentVariable = Json<k8s.V1EnvVar>;
export type ConfigMap = Json<k8s.V1ConfigMap>;
export type Secret = Json<k8s.V1Secret>;
export type PersistentVolume = Json<k8s.V1PersistentVolume>;
export type PersistentVolumeClaim = Json<k8s.V1PersistentVolumeClaim>;
export type NodeObject = Json<k8s.V1Node>;
export type EndpointSlice = Json<k8s.V1EndpointSlice>;
export type Ingress = Json<k8s.V1Ingress>;
export type TokenRequest = Json<k8s.AuthenticationV1TokenRequest>;

/** What every object has. */
export interface ApiObject {
  metadata?: Json<k8s.V1ObjectMeta>;
}

/** An object's identity, as the server always gives it. */
export function identity(object: ApiObject): { readonly name: string; readonly namespace: string; readonly uid: string } {
  const { name = "", namespace = "", uid = "" } = object.metadata ?? {};
  return { name, namespace, uid };
}
