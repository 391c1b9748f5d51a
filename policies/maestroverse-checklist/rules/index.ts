/** The rules of the pack, in the order of the runbook. */
import type { Rule } from "../../lib/rule";
import { enforceEnvironmentCombined } from "./enforce-environment-combined";
import { enforceEnvironmentOrigins } from "./enforce-environment-origins";
import { enforceEnvironmentProduction } from "./enforce-environment-production";
import { enforceHeaderCsp } from "./enforce-header-csp";
import { enforceHeaderHsts } from "./enforce-header-hsts";
import { enforceHeaderPresence } from "./enforce-header-presence";
import { enforceImageSource } from "./enforce-image-source";
import { enforceIngressHttps } from "./enforce-ingress-https";
import { enforceProbeHttps } from "./enforce-probe-https";

/** Every line and every number of the runbook. */
export const CHECKLIST_RULES: readonly Rule[] = [
  enforceImageSource,
  enforceEnvironmentProduction,
  enforceEnvironmentOrigins,
  enforceEnvironmentCombined,
  enforceProbeHttps,
  enforceIngressHttps,
  enforceHeaderHsts,
  enforceHeaderCsp,
  enforceHeaderPresence,
];
