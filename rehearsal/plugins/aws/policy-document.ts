/** IAM policy documents, compared by meaning: AWS gives them back spelt in its own way. */
import type { Properties } from "../lib/contract";
import { isObject } from "../lib/wire";

/** Members of a statement whose one text and list of one text mean the same, in any order. */
const TEXT_SETS = ["Action", "NotAction", "Resource", "NotResource"];

/** The document, or what is wrong with it. */
export function parsePolicy(value: unknown): Properties | string {
  if (isObject(value)) return value;
  if (typeof value !== "string") return `must be a policy as JSON text, got ${typeof value}`;
  try {
    const parsed = JSON.parse(value) as unknown;
    if (isObject(parsed) && parsed["Statement"] !== undefined) return parsed;
  } catch {
    return "must be a policy as JSON text, and this is no JSON";
  }
  return "must be a policy document with a Statement";
}

/**
 * One text for all spellings of a policy that mean the same: a single statement or value in a list or not, any order, `"*"` for
 * `{ AWS: "*" }`, an account's number for its root's ARN, `true` for `"true"`. What is no policy stays as it is.
 *
 * @see github.com/hashicorp/awspolicyequivalence, which the official plugin compares with
 */
export function canonicalPolicy(value: unknown): unknown {
  const document = parsePolicy(value);
  if (typeof document === "string") return value;
  return sortedJson({ ...document, Statement: textSet(asList(document["Statement"]).map((each) => sortedJson(canonicalStatement(each)))) });
}

function canonicalStatement(statement: unknown): unknown {
  if (!isObject(statement)) return statement;
  const result: Properties = { ...statement };
  for (const name of TEXT_SETS) if (name in result) result[name] = textSet(asList(result[name]));
  for (const name of ["Principal", "NotPrincipal"]) if (name in result) result[name] = canonicalPrincipal(result[name]);
  if (isObject(result["Condition"])) {
    result["Condition"] = mapMembers(result["Condition"], (operator) =>
      isObject(operator) ? mapMembers(operator, (values) => textSet(asList(values).map(String))) : operator,
    );
  }
  return result;
}

function canonicalPrincipal(principal: unknown): unknown {
  const kinds = principal === "*" ? { AWS: "*" } : principal;
  if (!isObject(kinds)) return kinds;
  return mapMembers(kinds, (members) =>
    textSet(asList(members).map((each) => /^arn:aws[\w-]*:iam::(\d{12}):root$/.exec(String(each))?.[1] ?? String(each))),
  );
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
const textSet = (values: readonly unknown[]) => [...new Set(values)].sort();

function mapMembers(object: Properties, map: (value: unknown) => unknown): Properties {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

/** JSON with the members of every object in order. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
