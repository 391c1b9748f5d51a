/** Makes the policies of a pack from its rules. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Policies,
  type PolicyConfigSchema,
  type PolicyPackArgs,
  type ResourceValidation,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
  validateResourceOfType,
} from "@pulumi/policy";
import { evaluateResource, evaluateStack, type Finding, notSeen, stackView } from "./evaluate";
import { isStackRule, type PackName, type Resource, type Rule, type StackView } from "./rule";
import { describeWaiver, inForce, parseWaivers, stackOf, type Waiver, waiverFor, type Waivers } from "./waivers";

/** Where docs/ is read. */
const DOCUMENTS_URL = "https://github.com/maestroverse/maestroverse-ops/blob/main/docs";

/** What a pack is made of. */
export interface PackOptions {
  readonly name: PackName;
  readonly rules: readonly Rule[];
  /** @default policies/waivers.yaml */
  readonly waivers?: Waivers;
  /** @default the clock */
  readonly now?: () => Date;
}

/** Arguments of the PolicyPack. */
export function packArguments(options: PackOptions): PolicyPackArgs {
  const { name, rules } = options;
  const { waivers: all, problems } = options.waivers ?? readWaivers();
  const waivers = all.filter(({ pack }) => pack === name);
  const now = options.now ?? (() => new Date());
  /** Waivers that excused something: resources are looked at before the stack as a whole. */
  const used = new Set<Waiver>();
  const notWaived = (findings: readonly Finding[]) =>
    findings.filter((finding) => {
      const excuse = waiverFor(finding, waivers, now());
      if (excuse !== undefined) used.add(excuse);
      return excuse === undefined;
    });

  const policies: Policies = rules.map((rule) => {
    const settings = (config: object) => ({ limits: config as Record<string, number>, now: now() });
    const policy = {
      name: rule.name,
      description: rule.description,
      severity: rule.severity,
      enforcementLevel: rule.advisoryBecause === undefined ? ("mandatory" as const) : ("advisory" as const),
      remediationSteps: rule.remediationSteps,
      url: `${DOCUMENTS_URL}/${rule.page}`,
      tags: [...rule.checklist],
      ...(rule.limits === undefined ? {} : { configSchema: configSchema(rule.limits) }),
    };
    if (isStackRule(rule))
      return {
        ...policy,
        validateStack: (args, report) => {
          const findings = evaluateStack(rule, viewOf(args.resources), settings(args.getConfig()));
          for (const { message, urn } of notWaived(findings)) report(message, urn);
        },
      } satisfies StackValidationPolicy;
    const validate: ResourceValidation = (args, report) => {
      if (!rule.types.includes(args.type)) return;
      const findings = evaluateResource(rule, asResource(args), settings(args.getConfig()));
      for (const { message, urn } of notWaived(findings)) report(message, urn);
    };
    const [only, ...others] = rule.types;
    return {
      ...policy,
      // Of a rule about one type the SDK knows it, and does not even unpack the others' properties for it.
      validateResource:
        only !== undefined && others.length === 0
          ? validateResourceOfType(classOf(only), (_, args, report) => validate(args, report))
          : validate,
    } satisfies ResourceValidationPolicy;
  });

  policies.push(
    {
      name: "stack-enforce-coverage",
      description: "Every rule saw at least one resource of the types that it looks at; an empty stack does not pass.",
      severity: "critical",
      enforcementLevel: "mandatory",
      remediationSteps: "Add what is missing to the stack, or remove the rule if the runbook no longer asks for it.",
      url: `${DOCUMENTS_URL}/policies.md`,
      validateStack: ({ resources }, report) => {
        const view = viewOf(resources);
        for (const rule of rules) {
          const unseen = isStackRule(rule) ? undefined : notSeen(rule, view);
          if (unseen !== undefined) report(unseen.message);
        }
      },
    },
    {
      name: "waiver-enforce-validity",
      description: "Every waiver is well-formed, names a rule, is in force and is needed.",
      severity: "high",
      enforcementLevel: "mandatory",
      remediationSteps: "Remove the waiver from policies/waivers.yaml and mend what it excused, or renew it with a new reason.",
      url: `${DOCUMENTS_URL}/policies.md`,
      validateStack: ({ resources }, report) => {
        for (const problem of problems) report(problem);
        const stack = resources[0] === undefined ? undefined : stackOf(resources[0].urn);
        for (const waiver of waivers) {
          if (!rules.some((rule) => rule.name === waiver.rule))
            report(`waiver of ${waiver.rule}: ${name} has no such rule. Remove the waiver.`);
          else if (!inForce(waiver, now()))
            report(
              `waiver of ${waiver.rule} for ${waiver.urn} (${waiver.owner}) is not in force: it is granted ${waiver.granted} to ${waiver.expires}. Remove it, or renew it with a reason.`,
            );
          else if (stackOf(waiver.urn) === stack && !used.has(waiver))
            report(`waiver of ${waiver.rule} for ${waiver.urn} (${waiver.owner}) excused nothing. Remove it.`);
        }
      },
    },
    {
      name: "waiver-enable-notice",
      description: "Every waiver in force is printed, each time.",
      severity: "low",
      // It only tells: what is waived is excused.
      enforcementLevel: "advisory",
      validateStack: ({ resources }, report) => {
        const stack = resources[0] === undefined ? undefined : stackOf(resources[0].urn);
        for (const waiver of waivers) if (stackOf(waiver.urn) === stack && inForce(waiver, now())) report(describeWaiver(waiver));
      },
    },
  );
  return { enforcementLevel: "mandatory", policies };
}

/** waivers.yaml as it is on the disk; one that is missing is a problem. */
export function readWaivers(): Waivers {
  try {
    return parseWaivers(readFileSync(join(__dirname, "..", "waivers.yaml"), "utf8"));
  } catch {
    return { waivers: [], problems: ["policies/waivers.yaml cannot be read. Restore it; without waivers it says waivers: []."] };
  }
}

interface Analyzed {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: Record<string, unknown>;
  readonly opts: { readonly ignoreChanges: readonly string[] };
}

/** Views by the properties of a stack's first resource, which are one object for all rules: see unpack-once.js. */
const views = new WeakMap<object, StackView>();

/** The stack that the rules of one evaluation look at, indexed once. */
function viewOf(resources: readonly Analyzed[]): StackView {
  const [first] = resources;
  if (first === undefined) return stackView([]);
  let view = views.get(first.props);
  if (view === undefined) views.set(first.props, (view = stackView(resources.map(asResource))));
  return view;
}

/** A resource's provider: another shape, without options. */
type AnalyzedProvider = Omit<Analyzed, "opts">;

function asResource({
  type,
  name,
  urn,
  props,
  opts,
  provider,
}: AnalyzedProvider & { readonly opts?: Analyzed["opts"]; readonly provider?: AnalyzedProvider }): Resource {
  return {
    type,
    name,
    urn,
    properties: props,
    ...(opts === undefined || opts.ignoreChanges.length === 0 ? {} : { ignoreChanges: opts.ignoreChanges }),
    ...(provider === undefined ? {} : { provider: asResource(provider) }),
  };
}

/** What the SDK needs of a resource's class: its type token. The classes themselves would take the start of every preview a second. */
function classOf(type: string) {
  return { __pulumiType: type } as unknown as Parameters<typeof validateResourceOfType>[0];
}

/** A pack's configuration may tighten a number within its range, not leave it. */
function configSchema(limits: NonNullable<Rule["limits"]>): PolicyConfigSchema {
  const properties = Object.entries(limits).map(([key, { description, unit, minimum, maximum, default: value }]) => [
    key,
    { type: "number" as const, description: `${description} (${unit})`, minimum, maximum, default: value },
  ]);
  return { properties: Object.fromEntries(properties) as PolicyConfigSchema["properties"] };
}
