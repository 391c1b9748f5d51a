/**
 * What an input may be. Its check at preview, how it is compared, how AWS spells it and what of AWS's answer is drift all follow from one
 * description.
 *
 * AWS's APIs spell the official plugin's inputs with a capital letter, and fill in what was left out.
 */
import { type Properties, UNKNOWN } from "../lib/contract";
import { sameValue } from "../lib/diff";
import { isObject } from "../lib/wire";
import { canonicalPolicy, parsePolicy } from "./policy-document";

/** The kind of a value. */
export interface Shape {
  /** What is wrong with a value, as `<path> must …, got …`; nothing about {@link UNKNOWN}. */
  check(value: unknown, path: string): string[];
  /** The same for all spellings that mean the same. */
  canonical(value: unknown): unknown;
  /** As AWS spells it. */
  toApi(value: unknown): unknown;
  /** As the program spells it; undefined for nothing. */
  fromApi(value: unknown): unknown;
  /** What the program would have said to get what is there: its own words where they mean the same, and nothing that AWS filled in. */
  align(declared: unknown, live: unknown): unknown;
}

/** A member of a {@link Block}. */
export interface Field {
  readonly shape: Shape;
  readonly required?: boolean;
  /** What its absence means. */
  readonly fallback?: unknown;
  /** Whether AWS chooses a value when it is absent: absence then never differs. */
  readonly computed?: boolean;
  /** Whether AWS never tells it: the program's word is all there is. */
  readonly unread?: boolean;
  /** AWS's name of it. @default the name with a capital letter */
  readonly api?: string;
}

/** An object with known members. */
export interface Block extends Shape {
  readonly fields: Readonly<Record<string, Field>>;
  toApi(value: unknown): Properties;
  fromApi(value: unknown): Properties;
  align(declared: unknown, live: unknown): Properties;
}

/** A field that must be given. */
export const required = (shape: Shape, more: Omit<Field, "shape" | "required"> = {}): Field => ({ shape, required: true, ...more });
/** A field that may be left out. */
export const optional = (shape: Shape, more: Omit<Field, "shape" | "required"> = {}): Field => ({ shape, ...more });

function leaf(check: (value: unknown) => string | undefined, canonical: (value: unknown) => unknown = (value) => value): Shape {
  return {
    check: (value, path) => {
      const problem = value === UNKNOWN ? undefined : check(value);
      return problem === undefined ? [] : [`${path} ${problem}`];
    },
    canonical: (value) => (value === UNKNOWN ? value : canonical(value)),
    toApi: (value) => value,
    fromApi: (value) => value ?? undefined,
    align: (declared, live) => (sameValue(canonical(declared), canonical(live)) ? declared : live),
  };
}

/** Text; of a pattern or one of a few, each with words for the error. */
export function text(rule?: RegExp | readonly string[], what?: string): Shape {
  const holds = (value: string) => rule === undefined || (rule instanceof RegExp ? rule.test(value) : rule.includes(value));
  const expected = what ?? (Array.isArray(rule) ? `be one of ${rule.join(", ")}` : "be text");
  return leaf((value) => (typeof value === "string" && holds(value) ? undefined : `must ${expected}, got ${shown(value)}.`));
}

/** Text of which two spellings can mean the same, by `canonical`. */
export function textLike(canonical: (value: string) => string, what: string): Shape {
  return leaf(
    (value) => (typeof value === "string" ? undefined : `must be ${what}, got ${shown(value)}.`),
    (value) => (typeof value === "string" ? canonical(value) : value),
  );
}

/** A whole number in a range, or one of a few. */
export function whole(minimum: number, maximum = Number.MAX_SAFE_INTEGER, unit = ""): Shape {
  const range = maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `${minimum} to ${maximum}`;
  return leaf((value) =>
    Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? undefined
      : `must be a whole number, ${range}${unit && ` ${unit}`}, got ${shown(value)}.`,
  );
}

/** One of a few numbers. */
export function oneOfNumbers(numbers: readonly number[], unit = ""): Shape {
  return leaf((value) =>
    numbers.includes(value as number) ? undefined : `must be one of ${numbers.join(", ")}${unit && ` ${unit}`}, got ${shown(value)}.`,
  );
}

/** True or false. */
export const flag: Shape = leaf((value) => (typeof value === "boolean" ? undefined : `must be true or false, got ${shown(value)}.`));

/** An IAM policy: JSON text (or, as the SDK allows, the document itself). */
export const policy: Shape = {
  ...leaf((value) => {
    const parsed = parsePolicy(value);
    return typeof parsed === "string" ? `${parsed}.` : undefined;
  }, canonicalPolicy),
  toApi: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
};

/** Text by key, for example tags. */
export const textByKey: Shape = {
  ...leaf((value) =>
    isObject(value) && Object.values(value).every((each) => typeof each === "string" || each === UNKNOWN)
      ? undefined
      : "must be an object of texts.",
  ),
  canonical: (value) => (isObject(value) && Object.keys(value).length === 0 ? undefined : value),
};

/** A list, its order significant. */
export function list(of: Shape): Shape {
  const each = (value: unknown, map: (element: unknown, index: number) => unknown) => (Array.isArray(value) ? value.map(map) : value);
  return {
    check: (value, path) => {
      if (value === UNKNOWN) return [];
      if (!Array.isArray(value)) return [`${path} must be a list, got ${shown(value)}.`];
      return value.flatMap((element, index) => of.check(element, `${path}[${index}]`));
    },
    canonical: (value) => (Array.isArray(value) && value.length === 0 ? undefined : each(value, (element) => of.canonical(element))),
    toApi: (value) => each(value, (element) => of.toApi(element)),
    fromApi: (value) => (Array.isArray(value) && value.length > 0 ? value.map((element) => of.fromApi(element)) : undefined),
    align: (declared, live) => each(live, (element, index) => of.align(Array.isArray(declared) ? declared[index] : undefined, element)),
  };
}

/** A list whose order means nothing. */
export function set(of: Shape): Shape {
  const ordered = list(of);
  return {
    ...ordered,
    canonical: (value) => {
      const elements = ordered.canonical(value);
      return Array.isArray(elements) ? [...(elements as unknown[])].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)) : elements;
    },
    align: (declared, live) => {
      if (!Array.isArray(live)) return live;
      const said: unknown[] = Array.isArray(declared) ? [...(declared as unknown[])] : [];
      const same = (a: unknown, b: unknown) => sameValue(of.canonical(a), of.canonical(b));
      const found = live.map(
        (element: unknown) => said.find((each) => same(of.align(each, element), each)) ?? of.align(undefined, element),
      );
      // In the program's order, then what it does not know.
      const position = (element: unknown) => (said.includes(element) ? said.indexOf(element) : said.length);
      return found.sort((a, b) => position(a) - position(b));
    },
  };
}

/** An object of known members; any other one is refused. */
export function block(fields: Readonly<Record<string, Field>>): Block {
  const names = Object.keys(fields);
  const apiName = (name: string) => fields[name]?.api ?? name.charAt(0).toUpperCase() + name.slice(1);
  const members = (value: unknown, map: (name: string, field: Field, member: unknown) => unknown): Properties => {
    const result: Properties = {};
    for (const [name, field] of Object.entries(fields)) {
      const mapped = map(name, field, isObject(value) ? value[name] : undefined);
      if (mapped !== undefined) result[name] = mapped;
    }
    return result;
  };
  return {
    fields,
    check: (value, path) => {
      if (value === UNKNOWN) return [];
      if (!isObject(value)) return [`${path} must be an object, got ${shown(value)}.`];
      const at = (name: string) => (path === "" ? name : `${path}.${name}`);
      return [
        ...Object.keys(value)
          .filter((name) => !names.includes(name) && !name.startsWith("__"))
          .map((name) => `${at(name)} is not known to the stand-in, which must not ignore it. It knows: ${names.join(", ")}.`),
        ...names.flatMap((name) => {
          const member = value[name];
          if (member === undefined) return fields[name]?.required === true ? [`${at(name)} is missing.`] : [];
          return fields[name]?.shape.check(member, at(name)) ?? [];
        }),
      ];
    },
    canonical: (value) =>
      isObject(value)
        ? members(value, (_name, { shape, fallback }, member) => (member === undefined ? fallback : shape.canonical(member)))
        : value,
    toApi: (value) =>
      Object.fromEntries(
        Object.entries(isObject(value) ? value : {}).flatMap(([name, member]) => {
          const field = fields[name];
          return field === undefined || member === undefined ? [] : [[apiName(name), field.shape.toApi(member)]];
        }),
      ),
    fromApi: (value) =>
      members({}, (name, { shape }) => {
        const member = isObject(value) ? value[apiName(name)] : undefined;
        return member === undefined || member === null ? undefined : shape.fromApi(member);
      }),
    align: (declared, live) =>
      members(live, (name, field, member) => {
        const said = isObject(declared) ? declared[name] : undefined;
        return alignField(field, said, member);
      }),
  };
}

function alignField({ shape, fallback, computed, unread }: Field, said: unknown, live: unknown): unknown {
  if (unread === true) return said;
  const isFallback = (value: unknown) => sameValue(shape.canonical(value), fallback);
  if (live === undefined) return said !== undefined && isFallback(said) ? said : undefined;
  if (said !== undefined) return shape.align(said, live);
  return computed === true || isFallback(live) ? undefined : shape.align(undefined, live);
}

/** Deterministic order of a set's elements. */
function sortKey(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (member === UNKNOWN ? "\uffff" : member)) ?? "";
}

/** A value in an error. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return isObject(value) ? "an object" : JSON.stringify(value);
}
