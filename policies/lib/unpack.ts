/**
 * Resources as the rules read them, out of the bytes that the engine sends: messages of pulumi/analyzer.proto, whose properties are a
 * google.protobuf.Struct. Protobuf's own objects for them were most of a pack's work (ADR 0015).
 */
import type { Properties, Resource } from "./rule";
import { isUnknown, throwingUnknowns } from "./unknown";
import { Fields } from "./wire";

/** Numbers of the fields. A stack's resource and a provider have those of the request about one resource. */
const RESOURCE = { type: 1, properties: 2, urn: 3, name: 4, options: 5, provider: 6 } as const;
const OPTIONS = { ignoreChanges: 2 } as const;
const STACK = { resources: 1 } as const;
const STRUCT = { fields: 1 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const VALUE = { number: 2, string: 3, boolean: 4, struct: 5, list: 6 } as const;
const LIST = { values: 1 } as const;

/** Key of what is no plain value, and what it says of it: fixed texts of Pulumi's protocol. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const ASSETS: ReadonlySet<unknown> = new Set(["c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"]);

/** The resource of an AnalyzeRequest. */
export const unpackResource = (bytes: Buffer): Resource => resource(new Fields(bytes));

/** The resources of an AnalyzeStackRequest. */
export function unpackStack(bytes: Buffer): Resource[] {
  const resources: Resource[] = [];
  for (const fields = new Fields(bytes); fields.next();) if (fields.field === STACK.resources) resources.push(resource(fields.message()));
  return resources;
}

/** Its properties are unpacked when the first rule reads them: of most resources none does. */
function resource(fields: Fields): Resource {
  let type = "";
  let urn = "";
  let name = "";
  let provider: Resource | undefined;
  let packed: readonly [number, number] | undefined;
  let properties: Properties | undefined;
  const ignoreChanges: string[] = [];
  while (fields.next()) {
    if (fields.field === RESOURCE.type) type = fields.text();
    else if (fields.field === RESOURCE.urn) urn = fields.text();
    else if (fields.field === RESOURCE.name) name = fields.text();
    else if (fields.field === RESOURCE.properties) packed = [fields.from, fields.to];
    else if (fields.field === RESOURCE.options) {
      for (const options = fields.message(); options.next();)
        if (options.field === OPTIONS.ignoreChanges) ignoreChanges.push(options.text());
    } else if (fields.field === RESOURCE.provider) provider = resource(fields.message());
  }
  return {
    type,
    urn,
    name,
    get properties() {
      return (properties ??= packed === undefined ? {} : unpackProperties(new Fields(fields.bytes, ...packed)));
    },
    ...(ignoreChanges.length === 0 ? {} : { ignoreChanges }),
    ...(provider === undefined ? {} : { provider }),
  };
}

/** What is found on the way through a resource's properties. */
interface Seen {
  unknown: boolean;
}

/** Secrets are unpacked; a value that is not known at preview throws when it is read. */
function unpackProperties(fields: Fields): Properties {
  const seen = { unknown: false };
  const properties = struct(fields, seen);
  return seen.unknown ? throwingUnknowns(properties) : properties;
}

function struct(fields: Fields, seen: Seen): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  while (fields.next()) {
    if (fields.field !== STRUCT.fields) continue;
    let key = "";
    let content: unknown = null;
    for (const entry = fields.message(); entry.next();)
      if (entry.field === ENTRY.key) key = entry.text();
      else if (entry.field === ENTRY.value) content = value(entry.message(), seen);
    read[key] = content;
  }
  return read;
}

function value(fields: Fields, seen: Seen): unknown {
  let read: unknown = null;
  while (fields.next()) {
    if (fields.field === VALUE.string) {
      read = fields.text();
      if (isUnknown(read)) seen.unknown = true;
    } else if (fields.field === VALUE.number) read = fields.number();
    else if (fields.field === VALUE.boolean) read = fields.boolean();
    else if (fields.field === VALUE.list) read = list(fields.message(), seen);
    else if (fields.field === VALUE.struct) read = plain(struct(fields.message(), seen));
  }
  return read;
}

function list(fields: Fields, seen: Seen): unknown[] {
  const read: unknown[] = [];
  while (fields.next()) if (fields.field === LIST.values) read.push(value(fields.message(), seen));
  return read;
}

/**
 * A mapping, or what a secret is.
 *
 * @throws TypeError at a value of a kind that no rule could read: what cannot be told does not pass
 */
function plain(mapping: Record<string, unknown>): unknown {
  const signature = mapping[SIGNATURE];
  if (signature === undefined || ASSETS.has(signature)) return mapping;
  if (signature === SECRET) return mapping["value"];
  throw new TypeError(`a property has the signature ${JSON.stringify(signature)}, which policies/lib/unpack.ts does not know`);
}
