/** What each database role is beside its privileges (runbook §2), as data: attributes, and the parameters that its sessions start with. */
import { APP_STATEMENT_TIMEOUT_MILLISECONDS, IDLE_IN_TRANSACTION_TIMEOUT_MILLISECONDS } from "./database-limits";
import { HANDED_OVER, HANDOVER_ROLE, handoverLogin } from "./database-handover";
import type { SecretGeneration } from "./pod-secret";
import { ROLE_NAMES, type RoleKey, SCHEMA } from "./privileges";

/** Attributes of every role: it logs in, and that is all. Keyword, column of pg_roles, value. */
export const ROLE_ATTRIBUTES = [
  { keyword: "LOGIN", column: "rolcanlogin", value: true },
  { keyword: "INHERIT", column: "rolinherit", value: true },
  { keyword: "SUPERUSER", column: "rolsuper", value: false },
  { keyword: "CREATEDB", column: "rolcreatedb", value: false },
  { keyword: "CREATEROLE", column: "rolcreaterole", value: false },
  { keyword: "REPLICATION", column: "rolreplication", value: false },
  { keyword: "BYPASSRLS", column: "rolbypassrls", value: false },
] as const;

/** Names and values of parameters. */
export interface RoleParameters {
  readonly search_path: string;
  readonly idle_in_transaction_session_timeout: string;
  readonly statement_timeout?: string;
  /** The role that sessions work as, from their beginning. */
  readonly role?: string;
}

/** A role that logs in. */
export interface SpecifiedRole {
  readonly name: string;
  /** Whose limits and rights it has. */
  readonly key: RoleKey;
  readonly parameters: RoleParameters;
  /** The role that it is a member of. */
  readonly memberOf?: string;
}

/** The passwords' settings, as far as they decide which roles there are. */
export interface RoleSettings {
  readonly roles: { readonly [HANDED_OVER]: Pick<SecretGeneration, "generation" | "overlap"> };
}

/**
 * `ALTER ROLE … SET`, milliseconds where it is a time. `lock_timeout` is not among them: the provider's Role knows none, so the connection
 * string asks for it.
 */
export const ROLE_PARAMETERS: Readonly<Record<RoleKey, RoleParameters>> = {
  migrator: common(),
  app: { ...common(), statement_timeout: String(APP_STATEMENT_TIMEOUT_MILLISECONDS) },
  backup: common(),
};

/** Every role that there should be: the three, and the other login of a handover. */
export function specifiedRoles({ roles }: RoleSettings): SpecifiedRole[] {
  const three = (Object.keys(ROLE_NAMES) as RoleKey[]).map((key) => ({ name: ROLE_NAMES[key], key, parameters: ROLE_PARAMETERS[key] }));
  if (handoverLogin(roles[HANDED_OVER]) === undefined) return three;
  const memberOf = ROLE_NAMES[HANDED_OVER];
  const parameters = { ...ROLE_PARAMETERS[HANDED_OVER], role: memberOf };
  return [...three, { name: HANDOVER_ROLE, key: HANDED_OVER, parameters, memberOf }];
}

function common(): RoleParameters {
  return { search_path: SCHEMA, idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_TIMEOUT_MILLISECONDS) };
}
