import { list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** The secrets outlive a region, as the backups do. */
export const enableSecretReplica: ResourceRule = {
  name: "secret-enable-replica",
  description: "Every secret of Secrets Manager has a replica in another region than its provider's.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set replicas to the second region.",
  page: "policies.md",
  types: ["aws:secretsmanager/secret:Secret"],
  check: ({ properties, provider }, report) => {
    const own = text(provider?.properties, "region");
    const regions = list(properties, "replicas").map((replica) => text(replica, "region"));
    if (!regions.some((region) => region !== undefined && region !== own))
      report({ field: "replicas[].region", found: regions, fix: `Add another region than ${own ?? "its own"}.` });
  },
};
