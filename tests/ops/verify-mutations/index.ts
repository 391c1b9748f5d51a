/** Every defect, in the runbook's order. */
import type { Mutation } from "../../helpers/broken/mutation";
import { backupMutations } from "./backups";
import { databaseMutations } from "./database";
import { datadogMutations } from "./datadog";
import { edgeMutations } from "./edge";
import { secretsMutations } from "./secrets";
import { webMutations } from "./web";

export const MUTATIONS: readonly Mutation[] = [
  ...webMutations,
  ...databaseMutations,
  ...secretsMutations,
  ...edgeMutations,
  ...backupMutations,
  ...datadogMutations,
];
