/**
 * Stand-in for the `random` provider plugin: values of `node:crypto`, kept in the stack's state (encrypted where they are secret).
 *
 * Every input replaces, as with the official plugin. One output is missing: `RandomPassword.bcryptHash`, since Node.js has no bcrypt and
 * nothing here reads it.
 */
import { randomBytes, randomInt } from "node:crypto";

import { type CheckFailure, type CheckOutcome, type Properties, type ResourceHandler, type StandIn, UNKNOWN } from "./lib/contract";
import { serve } from "./lib/server";

const SPECIAL_CHARACTERS = "!@#$%&*()-_=+[]{}<>:?";

/** The inputs of `RandomPassword` and `RandomString` with the official defaults. */
const TEXT_DEFAULTS = {
  lower: true,
  upper: true,
  numeric: true,
  special: true,
  minLower: 0,
  minUpper: 0,
  minNumeric: 0,
  minSpecial: 0,
} as const;

interface TextInputs {
  length: number;
  lower: boolean;
  upper: boolean;
  numeric: boolean;
  special: boolean;
  minLower: number;
  minUpper: number;
  minNumeric: number;
  minSpecial: number;
  overrideSpecial?: string;
}

/** The classes of characters that a text may hold: the characters, whether they are allowed, and how many there must be. */
function characterClasses(inputs: TextInputs) {
  return [
    { name: "lower", characters: "abcdefghijklmnopqrstuvwxyz", allowed: inputs.lower, minimum: inputs.minLower },
    { name: "upper", characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", allowed: inputs.upper, minimum: inputs.minUpper },
    { name: "numeric", characters: "0123456789", allowed: inputs.numeric, minimum: inputs.minNumeric },
    { name: "special", characters: inputs.overrideSpecial ?? SPECIAL_CHARACTERS, allowed: inputs.special, minimum: inputs.minSpecial },
  ];
}

/** A text with at least the wanted number of characters of each class, in random order. */
export function randomText(inputs: TextInputs): string {
  const pick = (characters: string) => characters.charAt(randomInt(characters.length));
  const allowed = characterClasses(inputs).filter((each) => each.allowed);
  const picked = allowed.flatMap(({ characters, minimum }) => Array.from({ length: minimum }, () => pick(characters)));
  const all = allowed.map(({ characters }) => characters).join("");
  while (picked.length < inputs.length) picked.push(pick(all));
  for (let last = picked.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [picked[last], picked[other]] = [picked[other], picked[last]];
  }
  return picked.join("");
}

/** What is wrong with a text's inputs. */
export function checkText(inputs: TextInputs): CheckFailure[] {
  const failures = checkSize("length", inputs.length);
  const classes = characterClasses(inputs);
  const wanted = classes.reduce((sum, each) => sum + each.minimum, 0);
  if (wanted > inputs.length) {
    failures.push({
      property: "length",
      reason: `must be at least the ${wanted} characters that the minimums ask for, got ${inputs.length}.`,
    });
  }
  if (!classes.some((each) => each.allowed && each.characters.length > 0)) {
    failures.push({
      property: "lower",
      reason: "one of lower, upper, numeric and special must be true, or there is nothing to choose from.",
    });
  }
  for (const { name, allowed, minimum, characters } of classes) {
    if (minimum > 0 && (!allowed || characters.length === 0)) {
      failures.push({ property: name, reason: `a minimum of ${minimum} characters needs ${name}: true and characters to choose from.` });
    }
  }
  return failures;
}

function checkSize(property: string, size: unknown): CheckFailure[] {
  if (size === UNKNOWN || (typeof size === "number" && Number.isInteger(size) && size >= 1)) return [];
  return [{ property, reason: `must be a whole number of at least 1, got ${String(size)}.` }];
}

/** The parts that all resources here share: nothing but the state knows them, so reading finds what the state says. */
function generated(inputs: readonly string[]): Pick<ResourceHandler<void>, "inputs" | "replaceOnChanges" | "read" | "delete"> {
  return {
    inputs,
    replaceOnChanges: inputs,
    read: (_context, id, state) => Promise.resolve({ id, outputs: state }),
    delete: () => Promise.resolve(),
  };
}

function text(secrets: readonly string[], idOf: (result: string) => string): ResourceHandler<void> {
  return {
    ...generated(["keepers", "length", "overrideSpecial", "number", ...Object.keys(TEXT_DEFAULTS)]),
    required: ["length"],
    secrets,
    check(_olds, { number, ...news }): CheckOutcome {
      // `number` is the old name of `numeric`.
      const inputs: Properties = { ...TEXT_DEFAULTS, ...(number !== undefined && { numeric: number }), ...news };
      const unknown = Object.values(inputs).includes(UNKNOWN);
      return { inputs, failures: unknown ? [] : checkText(inputs as unknown as TextInputs) };
    },
    create: (_context, inputs) => {
      const result = randomText(inputs as unknown as TextInputs);
      return Promise.resolve({ id: idOf(result), outputs: { ...inputs, number: inputs["numeric"], result } });
    },
  };
}

const bytes: ResourceHandler<void> = {
  ...generated(["keepers", "length"]),
  required: ["length"],
  secrets: ["base64", "hex"],
  check: (_olds, news) => ({ inputs: news, failures: checkSize("length", news["length"]) }),
  create: (_context, inputs) => {
    const value = randomBytes(inputs["length"] as number);
    return Promise.resolve({ id: "none", outputs: { ...inputs, base64: value.toString("base64"), hex: value.toString("hex") } });
  },
};

const id: ResourceHandler<void> = {
  ...generated(["byteLength", "keepers", "prefix"]),
  required: ["byteLength"],
  check: (_olds, news) => ({ inputs: news, failures: checkSize("byteLength", news["byteLength"]) }),
  create: (_context, inputs) => {
    const value = randomBytes(inputs["byteLength"] as number);
    const prefix = typeof inputs["prefix"] === "string" ? inputs["prefix"] : "";
    const hex = value.toString("hex");
    const outputs = {
      ...inputs,
      b64Std: prefix + value.toString("base64"),
      b64Url: prefix + value.toString("base64url"),
      dec: prefix + BigInt(`0x${hex}`).toString(),
      hex: prefix + hex,
    };
    return Promise.resolve({ id: value.toString("base64url"), outputs });
  },
};

/** The `random` package. */
export const random: StandIn<void> = {
  package: "random",
  config: [],
  connect: () => Promise.resolve(),
  resources: {
    // The value must not serve as the id: the state file keeps ids in plain text.
    "random:index/randomPassword:RandomPassword": text(["result", "bcryptHash"], () => "none"),
    "random:index/randomString:RandomString": text([], (result) => result),
    "random:index/randomBytes:RandomBytes": bytes,
    "random:index/randomId:RandomId": id,
  },
};

if (require.main === module) void serve(random);
