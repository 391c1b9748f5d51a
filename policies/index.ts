/** The only place that makes a PolicyPack: its constructor starts serving, so tests import the rules instead. */
import { PolicyPack } from "@pulumi/policy";
import { enforceIngressHttps } from "./rules/enforce-ingress-https";

new PolicyPack("maestroverse-checklist", { enforcementLevel: "mandatory", policies: [enforceIngressHttps] });
