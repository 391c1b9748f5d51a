import { PROVIDER_TYPES } from "../../lib/providers";
import type { ResourceRule } from "../../lib/rule";

/** Nothing is made by a provider that Pulumi chose from the operator's shell. */
export const disallowProviderDefault: ResourceRule = {
  name: "provider-disallow-default",
  description: "Every resource of a cluster, AWS, PostgreSQL or Datadog is made by a provider of the program's, none by a default one.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Pass the stack's providers (components/lib/providers.ts) to the component.",
  page: "policies.md",
  types: PROVIDER_TYPES,
  check: ({ name }, report) => {
    // Pulumi names those that it makes by itself default, or default and their version.
    if (/^default(_|$)/.test(name)) report({ field: "name", found: name, fix: "Pass the stack's provider to whatever uses it." });
  },
};
