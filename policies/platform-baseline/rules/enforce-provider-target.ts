import { isRehearsed, PROVIDER_TYPES } from "../../lib/providers";
import { isSet, json, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** What a provider must be told so that it reaches no other environment than the stack's, whatever the operator's shell says. */
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  "pulumi:providers:kubernetes": ["context"],
  "pulumi:providers:aws": ["region"],
  "pulumi:providers:postgresql": ["host", "port", "database", "username"],
  "pulumi:providers:datadog": ["apiUrl"],
};

/** No provider reaches another environment than the stack's. */
export const enforceProviderTarget: ResourceRule = {
  name: "provider-enforce-target",
  description: "Every provider names its cluster, account, server or organisation: none follows the operator's shell.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Set context, allowedAccountIds and region, host, port, database and username, apiUrl.",
  page: "policies.md",
  types: PROVIDER_TYPES,
  check: (provider, report) => {
    const { type, properties } = provider;
    for (const field of (TARGETS[type] ?? []).filter((each) => !isSet(properties, each)))
      report({ field, found: undefined, fix: "Set it from the stack's settings." });
    if (type !== "pulumi:providers:aws" || isRehearsed(provider)) return;
    const found = json(text(properties, "allowedAccountIds"));
    if (!Array.isArray(found) || found.length !== 1 || !/^\d{12}$/.test(String(found[0])))
      report({ field: "allowedAccountIds", found, fix: "Set it to the one account of the stack." });
  },
};
