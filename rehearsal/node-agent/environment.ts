/** A container's environment, as kubelet makes it. */
import { type Container, type ConfigMap, type EnvironmentVariable, type Pod, type Secret } from "./objects";

/** A ConfigMap, a Secret or one of their keys is missing: it may still come. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

/** How the objects that a pod names are found; undefined when they do not exist. */
export interface Lookup {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
}

/** A ConfigMap's or a Secret's files or variables. */
export type Data = ReadonlyMap<string, Buffer>;

/**
 * What a pod draws from: the keys of a ConfigMap or Secret.
 *
 * @returns undefined when there is no such object
 */
export async function loadData(lookup: Lookup, kind: "configmap" | "secret", name: string): Promise<Data | undefined> {
  if (kind === "secret") {
    const secret = await lookup.secret(name);
    if (secret === undefined) return undefined;
    return new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")]));
  }
  const configMap = await lookup.configMap(name);
  if (configMap === undefined) return undefined;
  return new Map([
    ...Object.entries(configMap.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const),
    ...Object.entries(configMap.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")] as const),
  ]);
}

/** Variables that would change the sandbox's own programs before they give up their rights. */
const LOADER_VARIABLE = /^LD_/;

/**
 * The variables of `envFrom` and `env`, in that order; later ones win.
 *
 * @throws ConfigError when something that is not optional is missing
 */
export async function buildEnvironment(container: Container, pod: Pod, lookup: Lookup): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    for (const [kind, reference] of [["configmap", configMapRef] as const, ["secret", secretRef] as const]) {
      if (reference?.name === undefined) continue;
      const data = await loadData(lookup, kind, reference.name);
      if (data === undefined && reference.optional !== true) throw missing(kind, reference.name);
      for (const [key, value] of data ?? []) variables[prefix + key] = value.toString();
    }
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, pod, variables, lookup);
    if (value !== undefined) variables[variable.name] = value;
  }
  const refused = Object.keys(variables).filter((name) => LOADER_VARIABLE.test(name));
  if (refused.length > 0)
    throw new ConfigError(`the node agent cannot pass on ${refused.join(", ")}: the sandbox's own programs would read it`);
  return variables;
}

async function valueOf(
  { value, valueFrom }: EnvironmentVariable,
  pod: Pod,
  variables: Readonly<Record<string, string>>,
  lookup: Lookup,
): Promise<string | undefined> {
  if (valueFrom?.fieldRef !== undefined) return fieldValue(pod, valueFrom.fieldRef.fieldPath);
  for (const [kind, reference] of [["configmap", valueFrom?.configMapKeyRef] as const, ["secret", valueFrom?.secretKeyRef] as const]) {
    if (reference?.name === undefined) continue;
    const data = await loadData(lookup, kind, reference.name);
    const found = data?.get(reference.key);
    if (found !== undefined) return found.toString();
    if (reference.optional === true) return undefined;
    throw data === undefined
      ? missing(kind, reference.name)
      : new ConfigError(`couldn't find key ${reference.key} in ${kind} ${reference.name}`);
  }
  return expand(value ?? "", variables);
}

/** `$(NAME)` becomes the variable's value, `$$` a `$`; a name that is not known stays as it is. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, escaped: string, name: string | undefined) =>
    escaped === "$" ? "$" : (variables[name ?? ""] ?? whole),
  );
}

/**
 * A field of the pod, as the downward API names it.
 *
 * @throws ConfigError for one that it does not know
 */
export function fieldValue(pod: Pod, path: string): string {
  const { metadata, spec, status } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return metadata?.[keyed[1] as "labels" | "annotations"]?.[keyed[2] ?? ""] ?? "";
  switch (path) {
    case "metadata.name":
      return metadata?.name ?? "";
    case "metadata.namespace":
      return metadata?.namespace ?? "";
    case "metadata.uid":
      return metadata?.uid ?? "";
    case "spec.nodeName":
      return spec?.nodeName ?? "";
    case "spec.serviceAccountName":
      return spec?.serviceAccountName ?? "";
    case "status.podIP":
    case "status.podIPs":
      return status?.podIP ?? "";
    case "status.hostIP":
    case "status.hostIPs":
      return status?.hostIP ?? "";
    default:
      throw new ConfigError(`the field ${path} is not known`);
  }
}

function missing(kind: string, name: string): ConfigError {
  return new ConfigError(`${kind} ${JSON.stringify(name)} not found`);
}
