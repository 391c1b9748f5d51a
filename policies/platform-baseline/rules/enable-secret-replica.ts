import { list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** The secrets outlive a region, as the backups do. */
export const enableSecretReplica: StackRule = {
  name: "secret-enable-replica",
  description:
    "Every secret of Secrets Manager has a replica in the region of another AWS provider of the stack, where the backups' copies lie.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set replicas to the second region.",
  page: "policies.md",
  types: ["aws:secretsmanager/secret:Secret"],
  checkStack: (stack, report) => {
    // The first AWS provider of the program is its primary region's.
    const [primary, ...others] = stack.ofType("pulumi:providers:aws").map(({ properties }) => text(properties, "region"));
    for (const secret of stack.ofType("aws:secretsmanager/secret:Secret")) {
      const regions = list(secret.properties, "replicas").map((replica) => text(replica, "region"));
      if (!regions.some((region) => region !== undefined && region !== primary && others.includes(region)))
        report(secret, { field: "replicas[].region", found: regions, fix: `Add ${others.join(" or ")}.` });
    }
  },
};
