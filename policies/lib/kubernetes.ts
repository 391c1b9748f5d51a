/** Where Kubernetes kinds keep their pods, and what every pod consists of. */
import { at, list, mapping, text } from "./read";
import type { Resource } from "./rule";

/** Path of the pod template, by type. Every kind that makes pods is here, also those that this program does not use. */
const POD_TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  "kubernetes:apps/v1:Deployment": ["spec", "template"],
  "kubernetes:apps/v1:StatefulSet": ["spec", "template"],
  "kubernetes:apps/v1:DaemonSet": ["spec", "template"],
  "kubernetes:apps/v1:ReplicaSet": ["spec", "template"],
  "kubernetes:core/v1:ReplicationController": ["spec", "template"],
  "kubernetes:batch/v1:Job": ["spec", "template"],
  "kubernetes:batch/v1:CronJob": ["spec", "jobTemplate", "spec", "template"],
  "kubernetes:core/v1:Pod": [],
};

/** Type tokens of every kind that makes pods. */
export const POD_TYPES = Object.keys(POD_TEMPLATES);

/** A container of a pod. */
export interface Container {
  readonly kind: "containers" | "initContainers" | "ephemeralContainers";
  /** Path of the container, for messages. */
  readonly path: string;
  readonly name: string;
  readonly container: Readonly<Record<string, unknown>>;
}

/** A pod, or a pod template. */
export interface PodTemplate {
  /** Path of its spec, for messages. */
  readonly path: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
  /** All of them: init and ephemeral ones too. */
  readonly containers: readonly Container[];
}

/** The pod template of a resource; of a resource that makes no pods: an empty one. @throws UnknownValueError */
export function podTemplate({ type, properties }: Resource): PodTemplate {
  const path = POD_TEMPLATES[type] ?? [];
  const spec = mapping(properties, ...path, "spec");
  const specPath = [...path, "spec"].join(".");
  const containers = (["containers", "initContainers", "ephemeralContainers"] as const).flatMap((kind) =>
    list(spec, kind).map((container, index): Container => ({
      kind,
      path: `${specPath}.${kind}[${index}]`,
      name: text(container, "name") ?? `${index}`,
      container: mapping(container),
    })),
  );
  return { path: specPath, metadata: mapping(properties, ...path, "metadata"), spec, containers };
}

/** `metadata.name`, or undefined. @throws UnknownValueError */
export const objectName = ({ properties }: Resource) => text(properties, "metadata", "name");

/** `metadata.namespace`, or undefined. @throws UnknownValueError */
export const objectNamespace = ({ properties }: Resource) => text(properties, "metadata", "namespace");

/** Whether a label selector's matchLabels choose labels. An empty selector chooses everything; one with expressions is not understood. */
export function selects(selector: unknown, labels: Readonly<Record<string, unknown>>): boolean {
  if (list(selector, "matchExpressions").length > 0) return false;
  return Object.entries(mapping(selector, "matchLabels")).every(([key, value]) => labels[key] === value);
}

/** Labels of the pods that a resource makes. */
export const podLabels = (resource: Resource) => mapping(at(podTemplate(resource).metadata, "labels"));
