import { at, known, UNKNOWN } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

const VERIFIER = /^SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/;

/** The server gets a verifier and never a password, which its log would hold. */
export const enforceRoleVerifier: ResourceRule = {
  name: "role-enforce-verifier",
  description: "Every PostgreSQL role has a password, sent as a SCRAM verifier: the server and its log never see it in clear.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Pass the password through components/lib/scram.ts.",
  page: "runbook/2-database.md",
  types: ["postgresql:index/role:Role"],
  check: ({ properties }, report) => {
    // Unknown: random, before it exists. The rule runs again before the role is made, and knows it then.
    const password = known(() => at(properties, "password"));
    if (password === UNKNOWN || (typeof password === "string" && VERIFIER.test(password))) return;
    report({ field: "password", found: password === undefined ? undefined : "no SCRAM verifier", fix: "Pass it through scramVerifier." });
  },
};
