import { allows, NO_DUMPS, resourceStatements, tokenClaims } from "../../lib/aws";
import { objectName, objectNamespace } from "../../lib/kubernetes";
import { text } from "../../lib/read";
import type { Resource, StackRule } from "../../lib/rule";

const ACCOUNT = "kubernetes:core/v1:ServiceAccount";
const ANNOTATION = "eks.amazonaws.com/role-arn";

/** ServiceAccounts that a role trusts. */
const trusted = (role: Resource) =>
  resourceStatements(role)
    .filter(allows)
    .flatMap((each) => tokenClaims(each, "sub").flatMap(({ values }) => values));

/** Roles and ServiceAccounts name each other: a role that trusts a name nobody has waits for whoever takes it. */
export const enforceTrustAccount: StackRule = {
  name: "trust-enforce-account",
  description: "Every ServiceAccount that a role trusts is in the stack and asks for that role, and for no other.",
  severity: "high",
  checklist: [],
  remediationSteps: `Let the ServiceAccount's annotation ${ANNOTATION} and the role's trust name each other.`,
  page: "policies.md",
  types: ["aws:iam/role:Role"],
  mayBeAbsent: NO_DUMPS,
  checkStack: (stack, report) => {
    const roles = stack.ofType("aws:iam/role:Role");
    const accounts = stack.ofType(ACCOUNT).map((account) => ({
      account,
      subject: `system:serviceaccount:${objectNamespace(account)}:${objectName(account)}`,
      roleName: text(account.properties, "metadata", "annotations", ANNOTATION)?.split("/").at(-1),
    }));
    for (const role of roles)
      for (const found of trusted(role))
        if (!accounts.some(({ subject, roleName }) => subject === found && roleName === text(role.properties, "name")))
          report(role, { field: "assumeRolePolicy", found, fix: "Trust a ServiceAccount of this stack that asks for this role." });
    for (const { account, subject, roleName } of accounts)
      if (roleName !== undefined && !roles.some((role) => text(role.properties, "name") === roleName && trusted(role).includes(subject)))
        report(account, {
          field: `metadata.annotations["${ANNOTATION}"]`,
          found: roleName,
          fix: "Name a role of this stack that trusts this ServiceAccount.",
        });
  },
};
