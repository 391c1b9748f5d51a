/** Where the policy packs are. Apart from what reads their findings: who only runs them need not load every rule. */
import { join } from "node:path";
import { PACK_NAMES } from "../policies/lib/rule";
import { REPOSITORY } from "./engine";

/** The packs that every preview and `up` runs. */
export const POLICY_PACKS = PACK_NAMES.map((pack) => join(REPOSITORY, "policies", pack));
