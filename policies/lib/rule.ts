/** How a rule becomes a policy that cannot pass by accident. */
import { type ResourceValidationPolicy, type Severity, UnknownValueError } from "@pulumi/policy";

/** One rule about resources of some types. */
export interface ResourceRule {
  /** Name in kebab-case, subject first: `ingress-enforce-https`. */
  readonly name: string;
  /** What must hold, as a sentence. */
  readonly description: string;
  readonly severity: Severity;
  /** What to do about a violation. */
  readonly remediationSteps: string;
  /** Page of the runbook, under docs/runbook. */
  readonly page: string;
  /** Type tokens that the rule looks at. */
  readonly types: readonly string[];
  /** Calls `report` for every violation; the message names field, value found and fix. Absent fields count as violations. */
  readonly validate: (properties: Record<string, unknown>, report: (message: string) => void) => void;
}

/**
 * A mandatory policy. A value that is unknown at preview, and any other exception, becomes a violation that says UNDETERMINED: the engine
 * would skip the rule with a mere advisory otherwise, and the gate would pass in silence.
 */
export function enforce(rule: ResourceRule): ResourceValidationPolicy {
  return {
    name: rule.name,
    description: rule.description,
    enforcementLevel: "mandatory",
    severity: rule.severity,
    remediationSteps: rule.remediationSteps,
    url: `https://github.com/maestroverse/maestroverse-ops/blob/main/docs/runbook/${rule.page}`,
    validateResource: (args, reportViolation) => {
      if (!rule.types.includes(args.type)) return;
      try {
        rule.validate(args.props, (message) => reportViolation(`${args.name}: ${message}`));
      } catch (error) {
        const reason = error instanceof UnknownValueError ? "a value that it reads is not known at preview" : String(error);
        reportViolation(
          `${args.name}: UNDETERMINED: ${rule.name} could not be evaluated: ${reason}. A gate that cannot tell does not pass.`,
        );
      }
    },
  };
}
