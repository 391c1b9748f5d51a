/** The kill matrix. */
import type { Mutation } from "../mutation";
import { CHECKLIST_MUTATIONS } from "./checklist";

/** Every mutation. */
export const MUTATIONS: readonly Mutation[] = [...CHECKLIST_MUTATIONS];
