import { list, mapping, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { directives } from "../../lib/nginx";
import { httpsServers, ingressHosts, nginxConfigurations } from "../edge";
import { HEALTH_PATH, INGRESS } from "../runbook";

/** The uptime checks never see a 429: a flood is not an outage. */
export const disallowHealthLimit: StackRule = {
  name: "health-disallow-limit",
  description: "The path /health has an Ingress, and a location of the external nginx, of its own, to the letter and without a rate limit.",
  severity: "high",
  checklist: ["RB-4.1", "RB-6.1"],
  remediationSteps: "Keep /health in `edge.rateLimit.exemptPaths`.",
  page: "runbook/4-edge.md",
  types: [INGRESS],
  checkStack: (stack, report) => {
    for (const host of ingressHosts(stack)) {
      const own = stack
        .ofType(INGRESS)
        .filter(({ properties }) =>
          list(properties, "spec", "rules").some(
            (rule) =>
              text(rule, "host") === host &&
              list(rule, "http", "paths").some((each) => text(each, "path") === HEALTH_PATH && text(each, "pathType") === "Exact"),
          ),
        );
      if (own.length === 0)
        report(undefined, { field: `Ingress of ${host}${HEALTH_PATH} (Exact)`, found: undefined, fix: "Add one without a limit." });
      for (const ingress of own) {
        const limits = Object.keys(mapping(ingress.properties, "metadata", "annotations")).filter((key) =>
          key.startsWith("nginx.org/limit-req"),
        );
        if (limits.length > 0) report(ingress, { field: "metadata.annotations", found: limits, fix: `Remove them from ${HEALTH_PATH}.` });
      }
    }
    for (const { resource, field, http } of nginxConfigurations(stack))
      for (const { host, block } of httpsServers(http)) {
        const limited = directives(http, "limit_req").length > 0 || directives(block, "limit_req").length > 0;
        const location = directives(block, "location").find(({ words }) => words.join(" ") === `= ${HEALTH_PATH}`);
        if (limited || location === undefined || directives(location.block ?? [], "limit_req", true).length > 0)
          report(resource, {
            field: `${field} location = ${HEALTH_PATH} of ${host}`,
            found: location === undefined ? undefined : "limited",
            fix: "Give it a location without limit_req.",
          });
      }
  },
};
