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

/** What a container's security context says, or else its pod's, and where. @throws UnknownValueError */
export function securityOf(
  { path, spec }: PodTemplate,
  container: Container,
  key: string,
): { readonly field: string; readonly found: unknown } {
  const own = at(container.container, "securityContext", key);
  const ofPod = at(spec, "securityContext", key);
  if (own === undefined && ofPod !== undefined) return { field: `${path}.securityContext.${key}`, found: ofPod };
  return { field: `${container.path}.securityContext.${key}`, found: own };
}

/** What a pod takes from another object of its namespace. */
export interface PodReference {
  readonly kind: "Secret" | "ConfigMap" | "PersistentVolumeClaim" | "ServiceAccount";
  readonly name: string | undefined;
  /** Path of the name, for messages. */
  readonly field: string;
  /** The key that is taken; undefined: all of them. */
  readonly key?: string | undefined;
}

/** Every Secret, ConfigMap, claim and ServiceAccount that a pod names: in variables, volumes, and for the pull of its images. */
export function podReferences({ path, spec, containers }: PodTemplate): PodReference[] {
  const found: PodReference[] = [];
  const take = (kind: PodReference["kind"], value: unknown, field: string, nameKey = "name") => {
    if (value === undefined || value === null) return;
    found.push({ kind, name: text(value, nameKey), field: `${field}.${nameKey}`, key: text(value, "key") });
  };
  take("ServiceAccount", spec["serviceAccountName"] === undefined ? undefined : spec, path, "serviceAccountName");
  for (const [index, secret] of list(spec, "imagePullSecrets").entries()) take("Secret", secret, `${path}.imagePullSecrets[${index}]`);
  for (const [index, volume] of list(spec, "volumes").entries()) {
    const field = `${path}.volumes[${index}]`;
    take("Secret", at(volume, "secret"), `${field}.secret`, "secretName");
    take("ConfigMap", at(volume, "configMap"), `${field}.configMap`);
    take("PersistentVolumeClaim", at(volume, "persistentVolumeClaim"), `${field}.persistentVolumeClaim`, "claimName");
    for (const [number, source] of list(volume, "projected", "sources").entries()) {
      take("Secret", at(source, "secret"), `${field}.projected.sources[${number}].secret`);
      take("ConfigMap", at(source, "configMap"), `${field}.projected.sources[${number}].configMap`);
    }
  }
  for (const { path: field, container } of containers) {
    for (const [index, source] of list(container, "envFrom").entries()) {
      take("Secret", at(source, "secretRef"), `${field}.envFrom[${index}].secretRef`);
      take("ConfigMap", at(source, "configMapRef"), `${field}.envFrom[${index}].configMapRef`);
    }
    for (const [index, variable] of list(container, "env").entries()) {
      take("Secret", at(variable, "valueFrom", "secretKeyRef"), `${field}.env[${index}].valueFrom.secretKeyRef`);
      take("ConfigMap", at(variable, "valueFrom", "configMapKeyRef"), `${field}.env[${index}].valueFrom.configMapKeyRef`);
    }
  }
  return found;
}

/** Keys of a Secret or ConfigMap: known also where the values are not. @throws UnknownValueError */
export const objectKeys = ({ properties }: Resource) =>
  ["data", "stringData", "binaryData"].flatMap((part) => Object.keys(mapping(properties, part)));

/** The one of these resources with a name, in a namespace. @throws UnknownValueError */
export const findObject = (resources: readonly Resource[], name: string | undefined, namespace: string | undefined) =>
  resources.find((each) => objectName(each) === name && objectNamespace(each) === namespace);

/** Whether the pods that a resource makes have a port: one that a container declares, by name or by number. */
export function hasPort(containers: readonly Container[], port: unknown): boolean {
  return containers.some(({ container }) =>
    list(container, "ports").some((each) => port !== undefined && (at(each, "name") === port || at(each, "containerPort") === port)),
  );
}

/** Containers that run as long as their pod: the ordinary ones, and init containers that are restarted (sidecars). */
export const servingContainers = ({ containers }: PodTemplate) =>
  containers.filter(
    ({ kind, container }) => kind === "containers" || (kind === "initContainers" && container["restartPolicy"] === "Always"),
  );

/** Name of the stack that is the environment on one machine. */
const REHEARSAL = "rehearsal";

/** Whether a resource is the rehearsal's: nothing of it leaves one machine. */
export const isRehearsal = ({ urn }: Resource) => urn.startsWith(`urn:pulumi:${REHEARSAL}::`);

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
