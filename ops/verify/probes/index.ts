/** Every probe, in the order of the runbook. */
import type { Probe } from "../probe";
import { autoscalerProbes } from "./autoscaler";
import { backupProbes } from "./backups";
import { databaseProbes } from "./database";
import { edgeProbes } from "./edge";
import { httpsProbes } from "./https";
import { observabilityProbes } from "./observability";
import { onCallProbes } from "./on-call";
import { secretsProbes } from "./secrets";

export const PROBES: readonly Probe[] = [
  ...httpsProbes,
  ...databaseProbes,
  ...secretsProbes,
  ...edgeProbes,
  ...backupProbes,
  ...observabilityProbes,
  ...autoscalerProbes,
  ...onCallProbes,
];
