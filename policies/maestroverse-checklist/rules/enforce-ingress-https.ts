import { list, mapping, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** What the annotations must say: F5's controller redirects with another code, or not at all, unless told. */
const REQUIRED_ANNOTATIONS = { "nginx.org/ssl-redirect": "true", "nginx.org/http-redirect-code": "301" } as const;
/** Marks one of the Ingresses of a host that F5's controller merges. */
const MERGEABLE_TYPE = "nginx.org/mergeable-ingress-type";

/** Every Ingress redirects HTTP to HTTPS with 301 and has TLS for each of its hosts. */
export const enforceIngressHttps: ResourceRule = {
  name: "ingress-enforce-https",
  description: "Every Ingress redirects HTTP to HTTPS with 301 and has TLS for each of its hosts.",
  severity: "critical",
  checklist: ["RB-1.2"],
  remediationSteps: "Set the annotations that components/lib/ingress-annotations.ts makes, and a TLS entry for each host.",
  page: "runbook/1-https.md",
  types: ["kubernetes:networking.k8s.io/v1:Ingress"],
  check: ({ properties }, report) => {
    const annotations = mapping(properties, "metadata", "annotations");
    // Redirect and certificate of a minion are its master's: the controller refuses them on a minion, and serves no minion without a master.
    const isMinion = annotations[MERGEABLE_TYPE] === "minion";
    for (const [annotation, wanted] of Object.entries(isMinion ? {} : REQUIRED_ANNOTATIONS)) {
      const found = annotations[annotation];
      if (found !== wanted) report({ field: `metadata.annotations["${annotation}"]`, found, fix: `Set it to "${wanted}".` });
    }
    const rules = list(properties, "spec", "rules");
    if (rules.length === 0) report({ field: "spec.rules", found: rules, fix: "Name the host: without one it answers for every host." });
    const secured = new Set(
      list(properties, "spec", "tls").flatMap((entry) => (text(entry, "secretName") === undefined ? [] : list(entry, "hosts"))),
    );
    for (const [index, rule] of rules.entries()) {
      const host = text(rule, "host");
      if (host === undefined || host.includes("*")) report({ field: `spec.rules[${index}].host`, found: host, fix: "Name one host." });
      else if (!isMinion && !secured.has(host))
        report({ field: "spec.tls", found: [...secured], fix: `Add an entry with the host ${host} and its secretName.` });
    }
  },
};
