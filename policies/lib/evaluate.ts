/** Runs rules. Whatever cannot be told becomes a finding that says UNDETERMINED: a gate that cannot tell does not pass. */
import { isStackRule, type Problem, type Resource, type ResourceRule, type Rule, type StackRule, type StackView } from "./rule";
import { UnknownValueError } from "./unknown";

/** What a rule found. */
export interface Finding {
  readonly rule: string;
  readonly kind: "violation" | "undetermined";
  /** The resource; undefined: the stack. */
  readonly urn: string | undefined;
  /** Names resource, field, value and fix. */
  readonly message: string;
}

/** What an evaluation needs. */
export interface Settings {
  /** Overrides of a rule's limits. @default the rule's defaults */
  readonly limits?: Readonly<Record<string, number>>;
  readonly now: Date;
}

/** Longest value that a message shows, in characters. */
const VALUE_LENGTH = 120;

/** Runs a rule over a resource; nothing when the resource is of no type of the rule's. */
export function evaluateResource(rule: ResourceRule, resource: Resource, settings: Settings): Finding[] {
  if (!rule.types.includes(resource.type)) return [];
  return evaluate(rule, resource, (found) =>
    rule.check(resource, (problem) => found.push(violation(rule, resource, problem)), contextOf(rule, settings)),
  );
}

/** Runs a stack-wide rule. A stack without a resource that it looks at is undetermined, unless the rule says when that may be. */
export function evaluateStack(rule: StackRule, stack: StackView, settings: Settings): Finding[] {
  const unseen = notSeen(rule, stack);
  if (unseen !== undefined) return [unseen];
  return evaluate(rule, undefined, (found) =>
    rule.checkStack(stack, (resource, problem) => found.push(violation(rule, resource, problem)), contextOf(rule, settings)),
  );
}

/** The finding that a rule had nothing to look at; undefined when it had, or may have nothing. */
export function notSeen(rule: Rule, stack: StackView): Finding | undefined {
  if (rule.mayBeAbsent !== undefined || rule.types.some((type) => stack.ofType(type).length > 0)) return undefined;
  return undetermined(rule, undefined, `the stack has no ${rule.types.join(", ")} to look at`);
}

/**
 * A whole run: every rule over every resource, and over the stack.
 *
 * @param only the resources that rules about one resource look at. @default all of them
 */
export function evaluateAll(rules: readonly Rule[], stack: StackView, settings: Settings, only = stack.resources): Finding[] {
  return rules.flatMap((rule) => {
    if (isStackRule(rule)) return evaluateStack(rule, stack, settings);
    const unseen = notSeen(rule, stack);
    return unseen === undefined ? only.flatMap((resource) => evaluateResource(rule, resource, settings)) : [unseen];
  });
}

/** A view of resources, with an index by type. */
export function stackView(resources: readonly Resource[]): StackView {
  const byType = new Map<string, Resource[]>();
  for (const resource of resources) {
    const same = byType.get(resource.type);
    if (same === undefined) byType.set(resource.type, [resource]);
    else same.push(resource);
  }
  return { resources, ofType: (...types) => types.flatMap((type) => byType.get(type) ?? []) };
}

function evaluate(rule: Rule, resource: Resource | undefined, run: (found: Finding[]) => void): Finding[] {
  const found: Finding[] = [];
  try {
    run(found);
  } catch (error) {
    found.push(undetermined(rule, resource, reasonOf(error)));
  }
  return found;
}

/** An unknown value's error names its path, a TypeError the code's own mistake; the text of any other (a parser's) may hold a secret. */
function reasonOf(error: unknown): string {
  if (error instanceof UnknownValueError) return `it reads a value that is not known at preview (${error.message})`;
  if (error instanceof TypeError) return `it failed with ${error.message}`;
  return `it failed with ${(error as Error).name}`;
}

/** @throws TypeError when the pack's configuration loosens a number, or leaves its range: the rule is undetermined then */
function contextOf(rule: Rule, { limits = {}, now }: Settings) {
  const own = Object.entries(rule.limits ?? {}).map(([key, limit]) => {
    const value = limits[key] ?? limit.default;
    if (!(value >= limit.minimum && value <= limit.maximum))
      throw new TypeError(`${key} must be ${limit.minimum} to ${limit.maximum} (${limit.unit}) in the pack's configuration, got ${value}`);
    return [key, value] as const;
  });
  return { limits: Object.fromEntries(own), now };
}

function violation(rule: Rule, resource: Resource | undefined, { field, found, fix }: Problem): Finding {
  return {
    rule: rule.name,
    kind: "violation",
    urn: resource?.urn,
    message: `${resource?.name ?? "stack"}: ${field} is ${show(found)}. ${fix}`,
  };
}

function undetermined(rule: Rule, resource: Resource | undefined, reason: string): Finding {
  const message = `${resource?.name ?? "stack"}: UNDETERMINED: ${rule.name} could not be evaluated: ${reason}. A gate that cannot tell does not pass.`;
  return { rule: rule.name, kind: "undetermined", urn: resource?.urn, message };
}

/** A value, in a message. */
function show(value: unknown): string {
  if (value === undefined || value === null) return "absent";
  const text = typeof value === "string" && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}…` : text;
}
