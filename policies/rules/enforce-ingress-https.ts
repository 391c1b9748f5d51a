/** RB-1.2: plain HTTP is redirected with 301, and every host has a certificate. */
import { enforce } from "../lib/rule";

interface IngressProperties {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
    readonly rules?: readonly { readonly host?: string }[];
  };
}

/** What the annotations must say: F5's controller redirects with another code, or not at all, unless told. */
const REQUIRED_ANNOTATIONS = { "nginx.org/ssl-redirect": "true", "nginx.org/http-redirect-code": "301" } as const;

/** Marks one of the Ingresses of a host that F5's controller merges. */
const MERGEABLE_TYPE = "nginx.org/mergeable-ingress-type";

/** Every Ingress redirects HTTP to HTTPS with 301 and has TLS for each of its hosts. */
export const enforceIngressHttps = enforce({
  name: "ingress-enforce-https",
  description: "Every Ingress redirects HTTP to HTTPS with 301 and has TLS for each of its hosts.",
  severity: "critical",
  remediationSteps: "Set the annotations that components/lib/ingress-annotations.ts makes, and a TLS entry for each host.",
  page: "1-https.md",
  types: ["kubernetes:networking.k8s.io/v1:Ingress"],
  validate: (properties, report) => {
    const { metadata, spec } = properties as IngressProperties;
    // Redirect and certificate of a minion are its master's: the controller refuses them on a minion, and serves no minion without a master.
    const isMinion = metadata?.annotations?.[MERGEABLE_TYPE] === "minion";
    for (const [annotation, wanted] of Object.entries(isMinion ? {} : REQUIRED_ANNOTATIONS)) {
      const found = metadata?.annotations?.[annotation];
      if (found !== wanted) report(`metadata.annotations["${annotation}"] is ${found ?? "absent"}. Set it to "${wanted}".`);
    }
    const rules = spec?.rules ?? [];
    if (rules.length === 0) report("spec.rules is empty: the Ingress answers for every host. Name the host.");
    const secured = new Set((spec?.tls ?? []).flatMap((entry) => (entry.secretName === undefined ? [] : (entry.hosts ?? []))));
    for (const { host } of rules) {
      if (host === undefined || host.includes("*")) report(`spec.rules[].host is ${host ?? "absent"}. Name one host.`);
      else if (!isMinion && !secured.has(host))
        report(`spec.tls has no certificate for ${host}. Add an entry with its host and secretName.`);
    }
  },
});
