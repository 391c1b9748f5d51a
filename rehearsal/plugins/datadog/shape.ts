/**
 * How a value of the program becomes one of Datadog's client library, and back. One description of a resource serves the check at preview,
 * the request, the answer and the drift.
 */
import { type CheckFailure, type Properties, UNKNOWN } from "../lib/contract";
import { formatPath, sameValue } from "../lib/diff";
import { isObject } from "../lib/wire";

/** Something wrong with a value of the program. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** What a value may be. No function is ever called with a missing value. */
export interface Shape {
  /** What is wrong with the program's value; it may hold UNKNOWN anywhere. */
  check(value: unknown): Problem[];
  /** The client library's value. */
  toModel(value: unknown): unknown;
  /** The program's value; undefined when the model says nothing. */
  fromModel(model: unknown): unknown;
  /** A form in which values that mean the same are equal; what only Datadog decides is left out. */
  canonical(value: unknown): unknown;
  /** See {@link merge}. */
  merge(last: unknown, before: unknown, now: unknown, answer: boolean): unknown;
}

/** A member of an object. */
export interface Field {
  readonly shape: Shape;
  readonly required?: boolean;
  /** Where it is in the model: names with dots between. @default the member's own name */
  readonly at?: string;
  /** Decided by Datadog: an output, never an input. */
  readonly computed?: boolean;
  /** Known to the program alone: never sent, never read. */
  readonly local?: boolean;
  /** What a missing value means; it is sent. */
  readonly absent?: unknown;
}

/** An object with a fixed set of members. */
export interface ObjectShape extends Shape {
  readonly fields: Readonly<Record<string, Field>>;
  toModel(value: unknown): Properties;
  fromModel(model: unknown): Properties;
  canonical(value: unknown): Properties;
  merge(last: unknown, before: unknown, now: unknown, answer: boolean): Properties;
}

type Fields = Readonly<Record<string, Field | Shape>>;
const asField = (field: Field | Shape): Field => ("shape" in field ? field : { shape: field });

/** The member must be there. */
export const required = (field: Field | Shape): Field => ({ ...asField(field), required: true });
/** The member is at that place of the model. */
export const at = (place: string, field: Field | Shape): Field => ({ ...asField(field), at: place });
/** The member is an output. */
export const computed = (field: Field | Shape): Field => ({ ...asField(field), computed: true });
/** The member is never sent. */
export const local = (field: Field | Shape): Field => ({ ...asField(field), local: true });
/** A missing member means this value. */
export const otherwise = (absent: unknown, field: Field | Shape): Field => ({ ...asField(field), absent });

/** What is wrong with a resource's inputs, by top-level input. */
export function failuresOf(shape: ObjectShape, inputs: Properties): CheckFailure[] {
  return shape.check(inputs).map(({ path, text }) => {
    const where = formatPath(path);
    return { property: String(path[0] ?? ""), reason: path.length > 1 ? `${where} ${text}` : text };
  });
}

/**
 * The last known value, with what changed in between: `last` where `before` and `now` mean the same, else `now`. With inputs as `last` and
 * the outputs of the last deployment as `before` that is the inputs with the drift; with inputs as both it is the answer in the program's
 * own spelling.
 *
 * @param answer whether what Datadog decides belongs to the result
 */
export function merge(shape: Shape, last: unknown, before: unknown, now: unknown, answer: boolean): unknown {
  if (now === undefined) return before === undefined ? last : undefined;
  if (!answer && sameValue(canonicalOf(shape, before), canonicalOf(shape, now))) return last;
  return shape.merge(last, before, now, answer);
}

const canonicalOf = (shape: Shape, value: unknown) => (value === undefined || value === UNKNOWN ? value : shape.canonical(value));
const checkOf = (shape: Shape, value: unknown) => (value === UNKNOWN ? [] : shape.check(value));
const within = (step: string | number, problems: readonly Problem[]): Problem[] =>
  problems.map(({ path, text }) => ({ path: [step, ...path], text }));

/** How a wrong value reads in a message. */
function shown(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : `an ${typeof value}`;
}

function whole(parts: Omit<Shape, "merge">): Shape {
  const shape: Shape = {
    ...parts,
    merge: (last, before, now) => (sameValue(canonicalOf(shape, before), canonicalOf(shape, now)) ? last : now),
  };
  return shape;
}

interface LeafOptions {
  readonly toModel?: (value: never) => unknown;
  readonly fromModel?: (model: never) => unknown;
  readonly canonical?: (value: never) => unknown;
}

/** A value without parts. @param rule what it must be, for messages */
export function leaf(rule: string, accepts: (value: unknown) => boolean, options: LeafOptions = {}): Shape {
  const same = (value: unknown) => value;
  const { toModel = same, fromModel = same, canonical = same } = options as Readonly<Record<string, (value: unknown) => unknown>>;
  const check = (value: unknown) => (accepts(value) ? [] : [{ path: [], text: `must be ${rule}, got ${shown(value)}.` }]);
  return whole({ check, toModel, fromModel, canonical });
}

const isText = (value: unknown): value is string => typeof value === "string";

/** Text; spaces around it do not count. @param oneOf the only values allowed */
export function text(oneOf?: readonly string[]): Shape {
  const rule = oneOf === undefined ? "text" : `one of ${oneOf.join(", ")}`;
  const accepts = (value: unknown) => isText(value) && (oneOf === undefined || oneOf.includes(value));
  return leaf(rule, accepts, { canonical: (value: string) => value.trim() });
}

/** true or false. */
export const flag = (): Shape => leaf("true or false", (value) => typeof value === "boolean");

/** A number. */
export const number = (): Shape => leaf("a number", (value) => typeof value === "number");

/** A whole number within the bounds. */
export function integer(minimum = 0, maximum = Number.MAX_SAFE_INTEGER): Shape {
  const rule = maximum === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${minimum}` : `a whole number of ${minimum} to ${maximum}`;
  return leaf(rule, (value) => Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum);
}

/** A number that the program writes as text, as the SDK wants it. @param pattern which texts */
export function numberText(rule = "a number, as text", pattern = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i): Shape {
  const options = { toModel: Number, fromModel: String, canonical: Number };
  return leaf(rule, (value) => isText(value) && pattern.test(value), options);
}

/** A moment in RFC 3339, for example `2026-11-02T09:00:00-05:00`. */
export function instant(): Shape {
  const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
  return leaf("a moment such as 2026-11-02T09:00:00-05:00", (value) => isText(value) && pattern.test(value) && !isNaN(Date.parse(value)), {
    toModel: (value: string) => new Date(value),
    fromModel: (model: Date) => model.toISOString(),
    canonical: (value: string) => new Date(value).toISOString(),
  });
}

/** Texts by name. */
export function texts(): Shape {
  const check = (value: unknown): Problem[] =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, each]) => within(key, checkOf(text(), each)))
      : [{ path: [], text: `must be an object, got ${shown(value)}.` }];
  const same = (value: unknown) => value;
  return whole({ check, toModel: same, fromModel: (model) => ({ ...(model as object) }), canonical: same });
}

/** A list whose order counts. */
export function list(shape: Shape, minimum = 0, maximum = Infinity): Shape {
  const each = (value: unknown, map: (element: unknown) => unknown) => (value as unknown[]).map(map);
  const parts = whole({
    check(value) {
      if (!Array.isArray(value)) return [{ path: [], text: `must be a list, got ${shown(value)}.` }];
      const size = value.length >= minimum && value.length <= maximum;
      const text = `must have ${minimum} to ${maximum === Infinity ? "any number of" : maximum} elements, got ${value.length}.`;
      return size ? value.flatMap((element, index) => within(index, checkOf(shape, element))) : [{ path: [], text }];
    },
    toModel: (value) => each(value, (element) => shape.toModel(element)),
    fromModel: (model) => each(model, (element) => shape.fromModel(element)),
    canonical: (value) => each(value, (element) => canonicalOf(shape, element)),
  });
  return {
    ...parts,
    merge(last, before, now, answer) {
      const [lasts, befores, nows] = [last, before, now] as unknown[][];
      const aligned = [last, before].every((other) => Array.isArray(other) && other.length === nows?.length);
      if (!aligned) return parts.merge(last, before, now, answer);
      return nows?.map((element, index) => merge(shape, lasts?.[index], befores?.[index], element, answer));
    },
  };
}

/** A list whose order does not count. */
export function set(shape: Shape): Shape {
  const ordered = list(shape);
  const text = (value: unknown) => (value === UNKNOWN ? "" : JSON.stringify(value));
  return whole({
    ...ordered,
    canonical: (value) => (ordered.canonical(value) as unknown[]).sort((a, b) => (text(a) < text(b) ? -1 : 1)),
  });
}

/** An object with these members and no other. */
export function object(fields: Fields): ObjectShape {
  const all = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, asField(field)]));
  const entries = Object.entries(all);
  const sent = entries.filter(([, field]) => field.computed !== true && field.local !== true);
  const names = entries.filter(([, field]) => field.computed !== true).map(([name]) => name);
  const shape: ObjectShape = {
    fields: all,
    check(value) {
      if (!isObject(value)) return [{ path: [], text: `must be an object, got ${shown(value)}.` }];
      const unknown = Object.keys(value).filter((name) => !names.includes(name) && !name.startsWith("__"));
      const rule = `is not known to the stand-in, which must not ignore it. It knows here: ${names.join(", ")}.`;
      return [
        ...unknown.map((name) => ({ path: [name], text: rule })),
        ...entries.flatMap(([name, field]) => {
          if (value[name] !== undefined) return field.computed === true ? [] : within(name, checkOf(field.shape, value[name]));
          return field.required === true ? [{ path: [name], text: "is missing." }] : [];
        }),
      ];
    },
    toModel(value) {
      const model: Properties = {};
      for (const [name, field] of sent) {
        const given = (value as Properties)[name] ?? field.absent;
        if (given !== undefined) place(model, field.at ?? name, field.shape.toModel(given));
      }
      return model;
    },
    fromModel(model) {
      const value: Properties = {};
      for (const [name, field] of entries) {
        const found = field.local === true ? undefined : pick(model, field.at ?? name);
        if (found !== undefined && found !== null) value[name] = field.shape.fromModel(found);
      }
      return value;
    },
    canonical(value) {
      const result: Properties = {};
      for (const [name, field] of entries) {
        if (field.computed === true) continue;
        const member = canonicalOf(field.shape, (value as Properties)[name] ?? field.absent);
        if (member !== undefined) result[name] = member;
      }
      return result;
    },
    merge(last, before, now, answer) {
      const [lasts, befores, nows] = [last ?? {}, before ?? {}, now] as Properties[];
      const result: Properties = {};
      for (const [name, field] of entries) {
        const [was, is] = [befores?.[name], nows?.[name]];
        const member = field.local === true ? lasts?.[name] : merge(field.shape, lasts?.[name], was, is, answer);
        const value = field.computed === true ? (answer ? is : undefined) : member;
        if (value !== undefined) result[name] = value;
      }
      return result;
    },
  };
  return shape;
}

/** The same values, with the model changed on its way to the client library and back. */
export function adapt<S extends Shape>(shape: S, toModel: (model: never) => unknown, fromModel: (model: never) => unknown): S {
  return {
    ...shape,
    toModel: (value: unknown) => toModel(shape.toModel(value) as never),
    fromModel: (model: unknown) => shape.fromModel(fromModel(model as never)),
  };
}

function place(model: Properties, path: string, value: unknown): void {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) model[first] = value;
  else place((model[first] ??= {}) as Properties, rest.join("."), value);
}

function pick(model: unknown, path: string): unknown {
  return path.split(".").reduce((value: unknown, name) => (value as Properties | undefined)?.[name], model);
}
