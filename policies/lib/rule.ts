/** What a rule is: data and one pure function, so that tests, documents and reports read the same thing that the gate runs. */

/** Names of the packs, which are the names of their folders. */
export const PACK_NAMES = ["maestroverse-checklist", "platform-baseline"] as const;
/** Name of a pack. */
export type PackName = (typeof PACK_NAMES)[number];

/** How bad a violation is. */
export type Severity = "low" | "medium" | "high" | "critical";

/** Properties of a resource. At preview a value that is not known yet throws when it is read: see read.ts. */
export type Properties = Readonly<Record<string, unknown>>;

/** What a rule sees of a resource. */
export interface Resource {
  /** Type token, for example `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Logical name. */
  readonly name: string;
  readonly urn: string;
  readonly properties: Properties;
  /** Inputs that the program leaves as they are found. @default none */
  readonly ignoreChanges?: readonly string[];
  /** Its explicit provider. */
  readonly provider?: Resource;
}

/** What a stack-wide rule sees. */
export interface StackView {
  readonly resources: readonly Resource[];
  /** Resources of these types, in the order of the program. */
  ofType(...types: readonly string[]): readonly Resource[];
}

/** One thing that is wrong. */
export interface Problem {
  /** Path of the property: `spec.rules[0].host`. */
  readonly field: string;
  /** What it is; undefined: absent. Never a secret's value. */
  readonly found: unknown;
  /** What to do, as a sentence. */
  readonly fix: string;
}

/** What a rule is told beside the resource. */
export interface Context {
  /** Numbers of the rule, as the pack's configuration has them. */
  readonly limits: Readonly<Record<string, number>>;
  /** The moment of the evaluation (injectable: ages). */
  readonly now: Date;
}

/** A number of a rule that a pack's configuration may tighten, never loosen. */
export interface Limit {
  readonly description: string;
  readonly unit: string;
  readonly default: number;
  /** Range that the configuration may choose from; the default is its loosest end. */
  readonly minimum: number;
  readonly maximum: number;
}

/** What every rule has. */
export interface RuleBase {
  /** Kebab-case, subject first: `ingress-enforce-https`, in the file `enforce-ingress-https.ts`. */
  readonly name: string;
  /** What must hold, as a sentence. */
  readonly description: string;
  readonly severity: Severity;
  /** Why a violation only warns. @default mandatory */
  readonly advisoryBecause?: string;
  /** Ids of checklist.ts that it answers for. */
  readonly checklist: readonly string[];
  /** What to do about a violation. */
  readonly remediationSteps: string;
  /** Page under docs/, for example `runbook/1-https.md`. */
  readonly page: string;
  /** Type tokens that it looks at. A stack that has none of them makes it UNDETERMINED. */
  readonly types: readonly string[];
  /** When a stack may have none of `types`. @default never */
  readonly mayBeAbsent?: string;
  readonly limits?: Readonly<Record<string, Limit>>;
}

/** A rule about one resource at a time; evaluated before the resource is created or changed. */
export interface ResourceRule extends RuleBase {
  /** Calls `report` for every problem. Absent fields are problems. */
  readonly check: (resource: Resource, report: (problem: Problem) => void, context: Context) => void;
}

/** A rule about what belongs together; evaluated at the end of a preview, and after an `up`. */
export interface StackRule extends RuleBase {
  /** Calls `report` for every problem, with the resource that it lies in; undefined: in none, for example because it is missing. */
  readonly checkStack: (stack: StackView, report: (resource: Resource | undefined, problem: Problem) => void, context: Context) => void;
}

/** A rule of a pack. */
export type Rule = ResourceRule | StackRule;

/** Whether a rule looks at the whole stack. */
export const isStackRule = (rule: Rule): rule is StackRule => "checkStack" in rule;
