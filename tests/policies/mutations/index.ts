/** The kill matrix. */
import type { Mutation } from "../mutation";
import { CHECKLIST_MUTATIONS } from "./checklist";
import { KUBERNETES_JOB_MUTATIONS } from "./kubernetes-jobs";
import { KUBERNETES_NETWORK_MUTATIONS } from "./kubernetes-network";
import { KUBERNETES_POD_SECURITY_MUTATIONS } from "./kubernetes-pod-security";
import { KUBERNETES_POD_MUTATIONS } from "./kubernetes-pods";
import { KUBERNETES_WORKLOAD_MUTATIONS } from "./kubernetes-workloads";

/** Every mutation. */
export const MUTATIONS: readonly Mutation[] = [
  ...CHECKLIST_MUTATIONS,
  ...KUBERNETES_POD_SECURITY_MUTATIONS,
  ...KUBERNETES_POD_MUTATIONS,
  ...KUBERNETES_WORKLOAD_MUTATIONS,
  ...KUBERNETES_JOB_MUTATIONS,
  ...KUBERNETES_NETWORK_MUTATIONS,
];
