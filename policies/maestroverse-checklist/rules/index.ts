/** The rules of the pack, in the order of the runbook. */
import type { Rule } from "../../lib/rule";
import { enforceIngressHttps } from "./enforce-ingress-https";

/** Every line and every number of the runbook. */
export const CHECKLIST_RULES: readonly Rule[] = [enforceIngressHttps];
