/**
 * A change of maestro_app's password of which nobody notices (runbook §2, docs/adr/0018): a role has one password, so for a time there are two
 * roles that can log in, and the new pods use the second one.
 */
import type { SecretGeneration } from "./pod-secret";
import { ROLE_NAMES, type RoleKey } from "./privileges";

/** Logs in for maestro_app, as which its sessions work, while there is a handover. */
export const HANDOVER_ROLE = "maestro_app_handover";
/** The role whose password can be handed over: that of pods which serve. Jobs begin anew each time. */
export const HANDED_OVER = "app" satisfies RoleKey;

/** What pods log in with. */
export interface Login {
  /** Name of the role. */
  readonly user: string;
  /** Generation of its password. */
  readonly generation: number;
}

/** What pods of a role log in with: its own name and password, or, while its next password is handed over, the other login's. */
export function loginOf(key: RoleKey, { generation, overlap }: Pick<SecretGeneration, "generation" | "overlap">): Login {
  return overlap === "next" ? { user: HANDOVER_ROLE, generation: generation + 1 } : { user: ROLE_NAMES[key], generation };
}

/** The other login; undefined: there is none. Its password is the one that is handed over. */
export function handoverLogin({ generation, overlap }: Pick<SecretGeneration, "generation" | "overlap">): Login | undefined {
  if (overlap === false) return undefined;
  return { user: HANDOVER_ROLE, generation: overlap === "next" ? generation + 1 : generation };
}
