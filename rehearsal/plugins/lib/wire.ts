/**
 * Property values on the wire: the engine sends protobuf structs in which magic strings stand for "secret" and "unknown".
 *
 * A *marked* value is plain data in which {@link Secret} wraps what is secret and {@link UNKNOWN} stands for what is unknown.
 */
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { type Properties, UNKNOWN } from "./contract";

/** The key that says "this object is not what it looks like" in the engine's encoding. @see sdk/go/common/resource/sig in pulumi/pulumi */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN_SENTINEL = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A secret value; it prints as `[secret]`. */
export class Secret {
  /** @param value The plain value, which may hold further secrets. */
  constructor(readonly value: unknown) {}

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }
}

/** Whether `value` is a plain object: no array, no wrapper. */
export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

/**
 * Reads a struct of the engine into marked properties. Null members of objects are dropped: they mean "not set".
 *
 * @throws Error on an asset, an archive or a resource reference, which no stand-in knows.
 */
export function decode(struct: Struct | undefined): Properties {
  if (struct === undefined) return {};
  return decodeValue(struct.toJavaScript()) as Properties;
}

function decodeValue(value: unknown): unknown {
  if (value === UNKNOWN_SENTINEL) return UNKNOWN;
  if (Array.isArray(value)) return value.map(decodeValue);
  if (!isObject(value)) return value;
  const signature = value[SIGNATURE_KEY];
  if (signature === SECRET_SIGNATURE) return new Secret(decodeValue(value["value"]));
  if (signature !== undefined) {
    throw new Error("The stand-in knows no assets, archives and resource references. Pass the plain value instead.");
  }
  return mapObject(value, decodeValue);
}

/** Writes marked properties into a struct for the engine. */
export function encode(properties: Properties): Struct {
  return Struct.fromJavaScript(encodeValue(properties) as Parameters<typeof Struct.fromJavaScript>[0]);
}

function encodeValue(value: unknown): unknown {
  if (value === UNKNOWN) return UNKNOWN_SENTINEL;
  if (value instanceof Secret) return { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: encodeValue(value.value) };
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((element) => encodeValue(element === undefined ? null : element));
  if (isObject(value)) return mapObject(value, encodeValue);
  if (typeof value === "bigint") return Number(value);
  return value;
}

function mapObject(object: Properties, map: (value: unknown) => unknown): Properties {
  const result: Properties = {};
  for (const [key, value] of Object.entries(object)) {
    if (value !== undefined && value !== null) result[key] = map(value);
  }
  return result;
}

/** The plain data of a marked value: wrappers of secrets are taken off at every depth, {@link UNKNOWN} stays. */
export function reveal<T>(marked: T): T {
  return revealValue(marked) as T;
}

function revealValue(value: unknown): unknown {
  if (value instanceof Secret) return revealValue(value.value);
  if (Array.isArray(value)) return value.map(revealValue);
  if (isObject(value)) return mapObject(value, revealValue);
  return value;
}

/**
 * Marks in `plain` what is secret in `like`, by the engine's own rule: objects are compared member by member, anything else that holds a
 * secret makes the whole member of that name secret (an array may come back in another order).
 *
 * @param always Top-level names that are secret in any case.
 * @see annotateSecrets in sdk/go/common/resource/plugin/provider_plugin.go of pulumi/pulumi
 */
export function mark(plain: Properties, like: Properties, always: readonly string[] = []): Properties {
  const result: Properties = { ...plain };
  for (const [key, model] of Object.entries(like)) {
    const value = result[key];
    if (value === undefined) continue;
    if (isObject(value) && isObject(model)) result[key] = mark(value, model);
    else if (containsSecret(model)) result[key] = new Secret(value);
  }
  for (const key of always) {
    const value = result[key];
    if (value !== undefined && value !== null && !(value instanceof Secret)) result[key] = new Secret(reveal(value));
  }
  return result;
}

function containsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true;
  if (Array.isArray(value)) return value.some(containsSecret);
  return isObject(value) && Object.values(value).some(containsSecret);
}
