/** The kill matrix. */
import type { Mutation } from "../mutation";
import { AWS_DATABASE_MUTATIONS } from "./aws-database";
import { AWS_PERMISSION_MUTATIONS } from "./aws-permissions";
import { AWS_SERVICE_MUTATIONS } from "./aws-services";
import { AWS_STORAGE_MUTATIONS } from "./aws-storage";
import { CHECKLIST_MUTATIONS } from "./checklist";
import { DATADOG_MUTATIONS } from "./datadog";
import { DATADOG_ON_CALL_MUTATIONS } from "./datadog-on-call";
import { KUBERNETES_JOB_MUTATIONS } from "./kubernetes-jobs";
import { KUBERNETES_NETWORK_MUTATIONS } from "./kubernetes-network";
import { KUBERNETES_POD_SECURITY_MUTATIONS } from "./kubernetes-pod-security";
import { KUBERNETES_POD_MUTATIONS } from "./kubernetes-pods";
import { KUBERNETES_WORKLOAD_MUTATIONS } from "./kubernetes-workloads";
import { POSTGRESQL_MUTATIONS } from "./postgresql";
import { PROVIDER_MUTATIONS } from "./providers";

/** Every mutation. */
export const MUTATIONS: readonly Mutation[] = [
  ...CHECKLIST_MUTATIONS,
  ...KUBERNETES_POD_SECURITY_MUTATIONS,
  ...KUBERNETES_POD_MUTATIONS,
  ...KUBERNETES_WORKLOAD_MUTATIONS,
  ...KUBERNETES_JOB_MUTATIONS,
  ...KUBERNETES_NETWORK_MUTATIONS,
  ...AWS_PERMISSION_MUTATIONS,
  ...AWS_STORAGE_MUTATIONS,
  ...AWS_SERVICE_MUTATIONS,
  ...AWS_DATABASE_MUTATIONS,
  ...POSTGRESQL_MUTATIONS,
  ...DATADOG_MUTATIONS,
  ...DATADOG_ON_CALL_MUTATIONS,
  ...PROVIDER_MUTATIONS,
];
