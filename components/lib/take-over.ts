/** Imports what exists in place of making it: the one way in which an adoption differs from any other deployment (docs/adr/0016). */
import * as pulumi from "@pulumi/pulumi";

/** A resource of the program, and the thing that it is. */
export interface TakenOver {
  /** Type token. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  /** The provider's id of what exists. */
  readonly id: string;
}

/**
 * Every resource that is registered from here on and is among these is imported. Parent, provider and inputs are the program's own, so that the
 * same deployment without this finds each as its own, and the engine changes in place what differs.
 */
export function takeOver(resources: readonly TakenOver[]): void {
  const ids = new Map(resources.map(({ type, name, id }) => [`${type} ${name}`, id]));
  pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
    const id = ids.get(`${type} ${name}`);
    return id === undefined ? undefined : { props, opts: { ...opts, import: id } };
  });
}
