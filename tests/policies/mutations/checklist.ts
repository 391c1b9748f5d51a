/** Defects of what the runbook asks for, section by section. */
import type { Mutation } from "../mutation";
import { WEB_MUTATIONS } from "./checklist-web";
import { INGRESS_MUTATIONS } from "./ingress";

export const CHECKLIST_MUTATIONS: readonly Mutation[] = [...INGRESS_MUTATIONS, ...WEB_MUTATIONS];
