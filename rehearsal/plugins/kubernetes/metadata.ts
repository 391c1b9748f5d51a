/** Names and the annotations by which a program steers the plugin. */
import { createHash, randomBytes } from "node:crypto";

import { type CheckFailure, type Properties, UNKNOWN } from "../lib/contract";
import { nameOf } from "../lib/urn";
import { isObject } from "../lib/wire";

/** Says that the plugin chose the name: a replacement then gets a new one and is made before the old object goes. */
export const AUTONAMED = "pulumi.com/autonamed";
/** `"true"`: do not wait until the object is ready, or gone. */
export const SKIP_AWAIT = "pulumi.com/skipAwait";
/** How long to wait, in seconds. @default "600" */
const TIMEOUT_SECONDS = "pulumi.com/timeoutSeconds";
/** `"true"`: take fields over from other field managers. */
export const PATCH_FORCE = "pulumi.com/patchForce";
/** `"true"` on a Job: replace it when it did not complete. */
export const REPLACE_UNREADY = "pulumi.com/replaceUnready";
/** What happens to dependents on deletion: foreground, background or orphan. @default "foreground" */
export const DELETION_PROPAGATION = "pulumi.com/deletionPropagationPolicy";

/**
 * Says on an object which resource made it, by its field manager. The API server's own record of managers does not: it has no entry for an
 * object that was applied with nothing but a name, as most namespaces are.
 */
export const MADE_BY = "ops.maestroverse.edu/made-by";

const KNOWN_ANNOTATIONS = [AUTONAMED, SKIP_AWAIT, TIMEOUT_SECONDS, PATCH_FORCE, REPLACE_UNREADY, DELETION_PROPAGATION];

const DEFAULT_TIMEOUT_SECONDS = 600;

/** The member at a path, undefined where the path ends early. */
export function pluck(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((at, step) => (isObject(at) || Array.isArray(at) ? (at as Properties)[step] : undefined), value);
}

/** An annotation of an object. */
export function annotation(object: Properties, name: string): unknown {
  return pluck(object, "metadata", "annotations", name);
}

/** How long to wait for an object, in seconds. */
export function awaitTimeout(object: Properties, customSeconds: number | undefined): number {
  if (customSeconds !== undefined) return customSeconds;
  const seconds = annotation(object, TIMEOUT_SECONDS);
  return typeof seconds === "string" ? Number(seconds) : DEFAULT_TIMEOUT_SECONDS;
}

/**
 * The inputs with a name: the one in the program, else the one that the plugin chose before, else the logical name and seven random
 * hexadecimal digits.
 */
export function withName(olds: Properties | undefined, news: Properties, urn: string, randomSeed: Uint8Array): Properties {
  const metadata = isObject(news["metadata"]) ? news["metadata"] : {};
  if (metadata["name"] !== undefined) return { ...news, metadata };
  const kept = olds !== undefined && annotation(olds, AUTONAMED) === "true" ? pluck(olds, "metadata", "name") : undefined;
  const seed = randomSeed.length > 0 ? randomSeed : randomBytes(32);
  const suffix = createHash("sha256").update(seed).update(urn).digest("hex").slice(0, 7);
  const annotations = isObject(metadata["annotations"]) ? metadata["annotations"] : {};
  return {
    ...news,
    metadata: { ...metadata, name: kept ?? `${nameOf(urn)}-${suffix}`, annotations: { ...annotations, [AUTONAMED]: "true" } },
  };
}

/** What is wrong with the metadata that a program gave. */
export function checkMetadata(news: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const fail = (reason: string) => failures.push({ property: "metadata", reason });
  if (pluck(news, "metadata", "generateName") !== undefined) {
    fail("the stand-in does not know generateName. Set name, or leave both out and the plugin chooses a name.");
  }
  const annotations = pluck(news, "metadata", "annotations");
  for (const name of isObject(annotations) ? Object.keys(annotations) : []) {
    if (name.startsWith("pulumi.com/") && !KNOWN_ANNOTATIONS.includes(name)) {
      fail(`the stand-in does not know the annotation ${name} and must not ignore it. It knows: ${KNOWN_ANNOTATIONS.join(", ")}.`);
    }
  }
  const seconds = annotation(news, TIMEOUT_SECONDS);
  if (seconds !== undefined && seconds !== UNKNOWN && !(Number(seconds) > 0)) {
    fail(`the annotation ${TIMEOUT_SECONDS} must be a number of seconds above 0, got ${JSON.stringify(seconds)}.`);
  }
  const propagation = annotation(news, DELETION_PROPAGATION);
  if (propagation !== undefined && propagation !== UNKNOWN && !["foreground", "background", "orphan"].includes(propagation as string)) {
    fail(`the annotation ${DELETION_PROPAGATION} must be foreground, background or orphan, got ${JSON.stringify(propagation)}.`);
  }
  return failures;
}

/** The field manager of a resource: the same for each operation on it, another one for each resource. */
export function fieldManagerOf(urn: string): string {
  return `pulumi-kubernetes-${createHash("sha256").update(urn).digest("hex").slice(0, 8)}`;
}

/** The object to apply: the inputs, signed by the resource that makes it. */
export function signed(inputs: Properties, manager: string): Properties {
  const metadata = isObject(inputs["metadata"]) ? inputs["metadata"] : {};
  const annotations = isObject(metadata["annotations"]) ? metadata["annotations"] : {};
  return { ...inputs, metadata: { ...metadata, annotations: { ...annotations, [MADE_BY]: manager } } };
}
