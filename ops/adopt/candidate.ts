/** What a deployment would make: each resource may be something that exists already. */
import type { EngineEvent } from "@pulumi/pulumi/automation";

/** A resource that a deployment would create, as a preview tells it. */
export interface Candidate {
  readonly urn: string;
  /** Type token. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** Inputs; what is secret is `[secret]`, what is unknown yet a mark of the engine's. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Logical name of its provider, for example `aws-second-region`. */
  readonly provider: string;
}

/** Something that exists, and is what a resource of the program describes. */
export interface Found {
  /** The provider's id, as an import takes it. */
  readonly id: string;
  /** Why it may be somebody else's; undefined: nothing speaks for that. */
  readonly stranger?: string | undefined;
}

/** Several things that could be meant. */
export interface Several {
  readonly several: readonly string[];
}

/** Looks for what a candidate describes; undefined: there is none. */
export type Finder = (candidate: Candidate, all: readonly Candidate[]) => Promise<Found | Several | undefined>;

/** Logical name of a URN. */
export const logicalName = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);

/** Resources that a preview would create, without components and providers. */
export function candidatesIn(events: readonly EngineEvent[]): Candidate[] {
  return events.flatMap(({ resourcePreEvent }) => {
    const metadata = resourcePreEvent?.metadata;
    if (metadata?.op !== "create" || metadata.provider === "" || metadata.type.startsWith("pulumi:")) return [];
    return [
      {
        urn: metadata.urn,
        type: metadata.type,
        name: logicalName(metadata.urn),
        inputs: (metadata.new?.inputs ?? {}) as Candidate["inputs"],
        provider: logicalName(metadata.provider.slice(0, metadata.provider.lastIndexOf("::"))),
      },
    ];
  });
}

/** The member at a path of the inputs, where it is a text. */
export function textAt(inputs: unknown, ...path: readonly string[]): string | undefined {
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Readonly<Record<string, unknown>>)[key] : undefined),
    inputs,
  );
  return typeof found === "string" ? found : undefined;
}

/** An input that the program gives by another resource's output is unknown at first: the text of that resource's own input. */
export function inputOf(all: readonly Candidate[], type: string, name: string, input: string): string | undefined {
  return textAt(all.find((each) => each.type === type && each.name === name)?.inputs, input);
}
