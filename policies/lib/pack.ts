/** Makes the policies of a pack from its rules. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluateResource, evaluateStack, type Finding, notSeen } from "./evaluate";
import { isStackRule, type PackName, type Resource, type Rule, type RuleBase, type StackView } from "./rule";
import { describeWaiver, inForce, parseWaivers, stackOf, type Waiver, waiverFor, type Waivers } from "./waivers";

/** Where docs/ is read. */
const DOCUMENTS_URL = "https://github.com/maestroverse/maestroverse-ops/blob/main/docs";

/** Says what a policy found, and of which resource; undefined: of none. */
export type Report = (message: string, urn: string | undefined) => void;

/** What the engine is told of a policy. */
interface PolicyBase extends Pick<RuleBase, "name" | "description" | "severity" | "remediationSteps" | "limits"> {
  readonly enforcementLevel: "mandatory" | "advisory";
  readonly url: string;
  readonly tags: readonly string[];
}

/** A policy that looks at each resource of its types. `limits`: what the pack's configuration says of its numbers. */
export interface ResourcePolicy extends PolicyBase {
  readonly types: readonly string[];
  readonly validateResource: (resource: Resource, limits: Readonly<Record<string, number>>, report: Report) => void;
}

/** A policy that looks at the stack as a whole. */
export interface StackPolicy extends PolicyBase {
  readonly validateStack: (stack: StackView, limits: Readonly<Record<string, number>>, report: Report) => void;
}

/** A policy of a pack. */
export type Policy = ResourcePolicy | StackPolicy;

/** What an analyzer serves. */
export interface PolicyPack {
  readonly name: PackName;
  readonly version: string;
  readonly policies: readonly Policy[];
}

/** What a pack is made of. */
export interface PackOptions {
  readonly name: PackName;
  readonly version: string;
  readonly rules: readonly Rule[];
  /** @default policies/waivers.yaml */
  readonly waivers?: Waivers;
  /** @default the clock */
  readonly now?: () => Date;
}

/** A pack: a policy for each rule, and those about the gate itself. */
export function policyPack(options: PackOptions): PolicyPack {
  const { name, version, rules } = options;
  const { waivers: all, problems } = options.waivers ?? readWaivers();
  const waivers = all.filter(({ pack }) => pack === name);
  const now = options.now ?? (() => new Date());
  /** Waivers that excused something: resources are looked at before the stack as a whole. */
  const used = new Set<Waiver>();
  const reportNotWaived = (findings: readonly Finding[], report: Report) => {
    for (const finding of findings) {
      const excuse = waiverFor(finding, waivers, now());
      if (excuse === undefined) report(finding.message, finding.urn);
      else used.add(excuse);
    }
  };

  const policies = rules.map((rule): Policy => {
    const policy = {
      name: rule.name,
      description: rule.description,
      severity: rule.severity,
      enforcementLevel: rule.advisoryBecause === undefined ? ("mandatory" as const) : ("advisory" as const),
      remediationSteps: rule.remediationSteps,
      url: `${DOCUMENTS_URL}/${rule.page}`,
      tags: rule.checklist,
      ...(rule.limits === undefined ? {} : { limits: rule.limits }),
    };
    return isStackRule(rule)
      ? {
          ...policy,
          validateStack: (stack, limits, report) => reportNotWaived(evaluateStack(rule, stack, { limits, now: now() }), report),
        }
      : {
          ...policy,
          types: rule.types,
          validateResource: (resource, limits, report) => reportNotWaived(evaluateResource(rule, resource, { limits, now: now() }), report),
        };
  });
  return { name, version, policies: [...policies, ...gatePolicies()] };

  /** What is asked of the gate itself. */
  function gatePolicies(): StackPolicy[] {
    const ofGate = { url: `${DOCUMENTS_URL}/policies.md`, tags: [] };
    return [
      {
        ...ofGate,
        name: "stack-enforce-coverage",
        description: "Every rule saw at least one resource of the types that it looks at; an empty stack does not pass.",
        severity: "critical",
        enforcementLevel: "mandatory",
        remediationSteps: "Add what is missing to the stack, or remove the rule if the runbook no longer asks for it.",
        validateStack: (stack, _, report) => {
          for (const rule of rules) {
            const unseen = isStackRule(rule) ? undefined : notSeen(rule, stack);
            if (unseen !== undefined) report(unseen.message, undefined);
          }
        },
      },
      {
        ...ofGate,
        name: "waiver-enforce-validity",
        description: "Every waiver is well-formed, names a rule, is in force and is needed.",
        severity: "high",
        enforcementLevel: "mandatory",
        remediationSteps: "Remove the waiver from policies/waivers.yaml and mend what it excused, or renew it with a new reason.",
        validateStack: (stack, _, report) => {
          const say = (problem: string) => report(problem, undefined);
          problems.forEach(say);
          for (const waiver of waivers) {
            const what = `waiver of ${waiver.rule}`;
            if (!rules.some((rule) => rule.name === waiver.rule)) say(`${what}: ${name} has no such rule. Remove the waiver.`);
            else if (!inForce(waiver, now()))
              say(
                `${what} for ${waiver.urn} (${waiver.owner}) is not in force: it is granted ${waiver.granted} to ${waiver.expires}. Remove it, or renew it with a reason.`,
              );
            else if (isOf(stack, waiver) && !used.has(waiver))
              say(`${what} for ${waiver.urn} (${waiver.owner}) excused nothing. Remove it.`);
          }
        },
      },
      {
        ...ofGate,
        name: "waiver-enable-notice",
        description: "Every waiver in force is printed, each time.",
        severity: "low",
        // It only tells: what is waived is excused.
        enforcementLevel: "advisory",
        remediationSteps: "Nothing: it says what is excused until when.",
        validateStack: (stack, _, report) => {
          for (const waiver of waivers) if (isOf(stack, waiver) && inForce(waiver, now())) report(describeWaiver(waiver), undefined);
        },
      },
    ];
  }
}

/** Whether a waiver is one for this stack. */
function isOf({ resources: [first] }: StackView, waiver: Waiver): boolean {
  return first !== undefined && stackOf(first.urn) === stackOf(waiver.urn);
}

/** waivers.yaml as it is on the disk, in the folder of the packs; one that is missing is a problem. */
export function readWaivers(folder = join(__dirname, "..")): Waivers {
  try {
    return parseWaivers(readFileSync(join(folder, "waivers.yaml"), "utf8"));
  } catch {
    return { waivers: [], problems: ["policies/waivers.yaml cannot be read. Restore it; without waivers it says waivers: []."] };
  }
}
