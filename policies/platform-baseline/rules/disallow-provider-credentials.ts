import { isRehearsed } from "../../lib/providers";
import { isSet, text } from "../../lib/read";
import type { Resource, ResourceRule } from "../../lib/rule";

/** Credentials that come from the operator's or the pipeline's session, and would lie in the state instead. */
const CREDENTIALS: Readonly<Record<string, readonly string[]>> = {
  "pulumi:providers:aws": ["accessKey", "secretKey", "token"],
  "pulumi:providers:kubernetes": ["kubeconfig"],
};

/** The SDK fills `kubeconfig` from KUBECONFIG: names of files are no credential, what stands in them is. */
const isPath = ({ properties }: Resource, field: string) => field === "kubeconfig" && !/[\n{]/.test(text(properties, field) ?? "{");

/** No credential of a cloud or a cluster lies in the state. */
export const disallowProviderCredentials: ResourceRule = {
  name: "provider-disallow-credentials",
  description: "No provider holds keys of AWS or the text of a kubeconfig: they come from the session, and are gone with it.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Sign in with a role, and give the kubeconfig's context by its name.",
  page: "policies.md",
  types: Object.keys(CREDENTIALS),
  check: (provider, report) => {
    if (provider.type === "pulumi:providers:aws" && isRehearsed(provider)) return;
    for (const field of (CREDENTIALS[provider.type] ?? []).filter((each) => isSet(provider.properties, each) && !isPath(provider, each)))
      report({ field, found: "set", fix: "Remove it: the session has it." });
  },
};
