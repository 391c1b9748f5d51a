/** The kill matrix. */
import type { Mutation } from "../mutation";
import { INGRESS_MUTATIONS } from "./ingress";

/** Every mutation. */
export const MUTATIONS: readonly Mutation[] = [...INGRESS_MUTATIONS];
