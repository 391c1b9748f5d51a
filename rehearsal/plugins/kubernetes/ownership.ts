/**
 * Whose the fields of an object are that kubectl wrote: the official plugin takes them over before it updates an object, so that those which the program
 * does not have go with the update.
 *
 * @see fixCSAFieldManagers in provider/pkg/await/await.go of pulumi/pulumi-kubernetes
 */
import type { Properties } from "../lib/contract";
import { isObject } from "../lib/wire";
import { pluck } from "./metadata";

/** Writers whose fields are taken over: by the beginning of their names, and by either operation; of the last only what was updated. */
const KUBECTL = /^kubectl/;
const BEFORE_FIRST_APPLY = /^before-first-apply/;

/** An entry of `metadata.managedFields`. */
interface Entry extends Properties {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Properties;
}

/** The object's bookkeeping with `manager` in the place of people with kubectl; undefined: there is nothing to take over. */
export function takenOver(object: Properties, manager: string): readonly Entry[] | undefined {
  const entries = pluck(object, "metadata", "managedFields");
  const all = (Array.isArray(entries) ? entries : []) as readonly Entry[];
  const isTaken = ({ manager: writer = "", operation, subresource }: Entry) =>
    subresource === undefined && (KUBECTL.test(writer) || (operation === "Update" && BEFORE_FIRST_APPLY.test(writer)));
  const [first] = all.filter(isTaken);
  if (first === undefined) return undefined;
  const isOurs = (entry: Entry) => entry.manager === manager && entry.operation === "Apply" && entry.subresource === undefined;
  const fieldsV1 = all.filter((entry) => isTaken(entry) || isOurs(entry)).reduce((sum, entry) => merge(sum, entry.fieldsV1 ?? {}), {});
  return [...all.filter((entry) => !isTaken(entry) && !isOurs(entry)), { ...first, manager, operation: "Apply", fieldsV1 }];
}

/** Two sets of fields as one. */
function merge(a: Properties, b: Properties): Properties {
  const both = Object.entries(b).map(([key, value]): [string, unknown] => {
    const other = a[key];
    return [key, isObject(other) && isObject(value) ? merge(other, value) : value];
  });
  return { ...a, ...Object.fromEntries(both) };
}
