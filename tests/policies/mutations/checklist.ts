/** Defects of what the runbook asks for, section by section. */
import type { Mutation } from "../mutation";
import { DATABASE_MUTATIONS } from "./checklist-database";
import { ALERT_MUTATIONS } from "./checklist-alerts";
import { BACKUP_MUTATIONS } from "./checklist-backups";
import { EDGE_MUTATIONS } from "./checklist-edge";
import { SECRET_MUTATIONS } from "./checklist-secrets";
import { WEB_MUTATIONS } from "./checklist-web";
import { INGRESS_MUTATIONS } from "./ingress";

export const CHECKLIST_MUTATIONS: readonly Mutation[] = [
  ...INGRESS_MUTATIONS,
  ...WEB_MUTATIONS,
  ...DATABASE_MUTATIONS,
  ...SECRET_MUTATIONS,
  ...EDGE_MUTATIONS,
  ...BACKUP_MUTATIONS,
  ...ALERT_MUTATIONS,
];
