import { condition, principals, resourceStatements, type Statement, texts } from "../../lib/aws";
import { at } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const SECRET = "aws:secretsmanager/secret:Secret";
const POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy";

/** Whether a statement refuses everything about the secret to everybody. */
const refusesAll = (each: Statement) =>
  each.statement["Effect"] === "Deny" &&
  principals(each).includes("*") &&
  texts(each.statement["Action"]).some((action) => action === "*" || action === "secretsmanager:*");

/** Whatever IAM grants elsewhere, a secret refuses other accounts and plain HTTP. */
export const enforceSecretPolicy: StackRule = {
  name: "secret-enforce-policy",
  description: "Every secret of Secrets Manager has a policy that refuses other accounts and plain HTTP, and blocks public ones.",
  severity: "critical",
  checklist: ["RB-3.1"],
  remediationSteps: "Build the policy with components/lib/secrets-policies.ts, with blockPublicPolicy: true.",
  page: "runbook/3-secrets.md",
  types: [SECRET],
  checkStack: (stack, report) => {
    const policies = stack.ofType(POLICY);
    // Before the secrets exist their ARNs are unknown: they are counted, not matched.
    if (policies.length < stack.ofType(SECRET).length)
      report(undefined, { field: POLICY, found: policies.length, fix: `Add one for each of the ${stack.ofType(SECRET).length} secrets.` });
    for (const policy of policies) {
      const blocked = at(policy.properties, "blockPublicPolicy");
      if (blocked !== true) report(policy, { field: "blockPublicPolicy", found: blocked, fix: "Set it to true." });
      const denials = resourceStatements(policy).filter(refusesAll);
      const expect = (holds: (each: Statement) => boolean, key: string) => {
        if (!denials.some(holds))
          report(policy, { field: "policy.Statement", found: `nothing on ${key}`, fix: "Deny secretsmanager:* to everybody on it." });
      };
      expect(
        (each) =>
          condition(each, "StringNotEquals", "aws:PrincipalAccount").every((id) => /^\d{12}$/.test(id)) &&
          condition(each, "StringNotEquals", "aws:PrincipalAccount").length === 1,
        "aws:PrincipalAccount",
      );
      expect((each) => condition(each, "Bool", "aws:SecureTransport").includes("false"), "aws:SecureTransport");
    }
  },
};
