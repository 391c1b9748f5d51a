/** What the kill matrix consists of. */
import type { EditableResource, EditableSettings } from "../helpers/policy-stack";

/** A single defect of a real stack, and who catches it. */
export interface Mutation {
  /** The defect, in a few words: `the Ingress redirects with 308`. */
  readonly defect: string;
  /** Changes settings of the stack; the program runs anew. */
  readonly settings?: (settings: EditableSettings) => void;
  /** Changes what the program registered, as a transform of Pulumi's would. */
  readonly transform?: Transform;
  /** Stacks that it is applied to. @default prod and staging; of `settings`, each of which is a run of the program, prod */
  readonly stacks?: readonly ("prod" | "staging")[];
  /** Whether deployment-time values are known, as in a preview of what exists. @default false: as in a first preview */
  readonly deployed?: boolean;
  /** The moment of the evaluation. @default policy-stack's TODAY */
  readonly now?: Date;
  /** Exactly the rules that find something. */
  readonly caughtBy: readonly string[];
  /** Parts of the messages: resource, field, value and fix. Each must be in one of them. */
  readonly says: readonly string[];
}

/** An edit of the list of resources. */
export type Transform = (resources: EditableResource[]) => EditableResource[];

/** A defect that one rule catches. */
export const defect = (name: string, rules: string | readonly string[], transform: Transform, ...says: readonly string[]): Mutation => ({
  defect: name,
  transform,
  caughtBy: [rules].flat(),
  says,
});

/** Edits the inputs of the resources of a type (and name); at least one has to be there. */
export function edit(
  type: string,
  change: (inputs: EditableResource["inputs"], resource: EditableResource) => void,
  name?: string,
): Transform {
  return (resources) => {
    const chosen = resources.filter((each) => each.type === type && (name === undefined || each.name === name));
    if (chosen.length === 0) throw new Error(`the mutation changes nothing: there is no ${type} ${name ?? ""}`);
    for (const resource of chosen) change(resource.inputs, resource);
    return resources;
  };
}

/** Removes the resources of a type (and name); at least one has to be there. */
export function remove(type: string, name?: string): Transform {
  return (resources) => {
    const kept = resources.filter((each) => each.type !== type || (name !== undefined && each.name !== name));
    if (kept.length === resources.length) throw new Error(`the mutation removes nothing: there is no ${type} ${name ?? ""}`);
    return kept;
  };
}

/** Adds a resource. */
export function add(type: string, name: string, inputs: unknown): Transform {
  return (resources) => [...resources, { type, name, urn: `urn:pulumi:test::maestroverse-ops::${type}::${name}`, inputs }];
}

/** Replaces a text wherever it stands in the `data` of a ConfigMap (or its patch); it has to be there. */
export function replaceInData(type: string, name: string, key: string, from: string, to: string): Transform {
  return edit(
    type,
    (inputs) => {
      const data = (inputs as { data: Record<string, string> }).data;
      if (data[key]?.includes(from) !== true) throw new Error(`the mutation changes nothing: ${name} does not say ${from}`);
      data[key] = data[key].replaceAll(from, to);
    },
    name,
  );
}
