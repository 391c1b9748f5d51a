import { json, mapping, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

/** Whatever lies in AWS says what it belongs to. */
export const configureProviderTags: ResourceRule = {
  name: "provider-configure-tags",
  description: "Whatever lies in AWS is tagged by default with app, environment (the stack) and managed-by.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Set defaultTags of the provider.",
  page: "policies.md",
  types: ["pulumi:providers:aws"],
  check: ({ urn, properties }, report) => {
    const tags = mapping(json(text(properties, "defaultTags")), "tags");
    for (const [tag, wanted] of Object.entries({ app: "maestroverse", environment: stackOf(urn), "managed-by": "pulumi" }))
      if (tags[tag] !== wanted) report({ field: `defaultTags.tags["${tag}"]`, found: tags[tag], fix: `Set it to ${wanted}.` });
  },
};
