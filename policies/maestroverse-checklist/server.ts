/** The containers that run the server's image, and what their environment will be. */
import { type Container, objectName, objectNamespace, POD_TYPES, type PodTemplate, podTemplate } from "../lib/kubernetes";
import { at, list, mapping, text } from "../lib/read";
import type { Resource, StackView } from "../lib/rule";
import { CONFIG_MAP } from "./runbook";

/** The server's repository, in any registry. */
const SERVER_IMAGE = /(^|\/)maestroverse\/server(:|@|$)/;
/** Kinds whose pods end by themselves: they serve nobody. */
const FINITE_TYPES = ["kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob"];

/** A container, and what it belongs to. */
export interface ServerContainer {
  readonly workload: Resource;
  readonly template: PodTemplate;
  readonly container: Container;
}

/** Every container of the server's image. */
export function serverContainers(stack: StackView): ServerContainer[] {
  return stack.ofType(...POD_TYPES).flatMap((workload) => {
    const template = podTemplate(workload);
    return template.containers
      .filter(({ container }) => SERVER_IMAGE.test(text(container, "image") ?? ""))
      .map((container) => ({ workload, template, container }));
  });
}

/** Those that serve requests. */
export const servingContainers = (stack: StackView) =>
  serverContainers(stack).filter(({ workload, container }) => !FINITE_TYPES.includes(workload.type) && container.kind === "containers");

/** A variable of a container: where it is set, and its value; undefined where nothing that a preview shows sets it. */
export interface Variable {
  readonly field: string;
  readonly value: unknown;
}

/** The plain variables of a container, as Kubernetes merges them: the last `envFrom` wins, `env` before all. What Secrets hold is not among them. */
export function environmentOf(stack: StackView, { workload, container: { container, path } }: ServerContainer): Map<string, Variable> {
  const found = new Map<string, Variable>();
  for (const source of list(container, "envFrom")) {
    const name = text(source, "configMapRef", "name");
    const configMap = stack
      .ofType(CONFIG_MAP)
      .find((each) => objectName(each) === name && objectNamespace(each) === objectNamespace(workload));
    for (const [key, value] of Object.entries(mapping(configMap?.properties, "data")))
      found.set(`${text(source, "prefix") ?? ""}${key}`, { field: `ConfigMap ${name}: data.${key}`, value });
  }
  for (const [index, variable] of list(container, "env").entries()) {
    const name = text(variable, "name");
    if (name !== undefined) found.set(name, { field: `${path}.env[${index}] (${name})`, value: at(variable, "value") });
  }
  return found;
}

/** One variable; one that is not set is at the container's `env`. */
export const variableOf = (stack: StackView, container: ServerContainer, name: string): Variable =>
  environmentOf(stack, container).get(name) ?? { field: `${container.container.path}.env (${name})`, value: undefined };
