import { awsEndpoints, isLoopback, PROVIDER_TYPES } from "../../lib/providers";
import { text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Nothing that Pulumi says goes over the network in clear, or to a server that nobody checked. */
export const enforceProviderTls: ResourceRule = {
  name: "provider-enforce-tls",
  description: "Every provider speaks TLS and checks the server's certificate, unless the server is on the loopback.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Set sslmode to verify-full, and https addresses.",
  page: "policies.md",
  types: PROVIDER_TYPES,
  check: (provider, report) => {
    const { type, properties } = provider;
    if (type === "pulumi:providers:postgresql") {
      const [host, found] = [text(properties, "host"), text(properties, "sslmode")];
      if (found !== "verify-full" && !isLoopback(host ?? "")) report({ field: "sslmode", found, fix: "Set it to verify-full." });
    }
    if (type === "pulumi:providers:datadog") {
      const found = text(properties, "apiUrl");
      if (found !== undefined && !found.startsWith("https://") && !isLoopback(found))
        report({ field: "apiUrl", found, fix: "Set it to the https address of Datadog's API." });
    }
    if (type === "pulumi:providers:aws") {
      const found = awsEndpoints(provider).filter((endpoint) => !endpoint.startsWith("https://") && !isLoopback(endpoint));
      if (found.length > 0) report({ field: "endpoints", found, fix: "Remove them: AWS's own are https." });
      const insecure = text(properties, "insecure");
      if (insecure !== undefined && insecure !== "false") report({ field: "insecure", found: insecure, fix: "Remove it." });
    }
  },
};
