/**
 * The last step of a credential's change (runbook §2): PostgreSQL asks for a password when a session begins and never again, so sessions that began
 * with the old one go on until somebody ends them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { APP_STATEMENT_TIMEOUT_MILLISECONDS } from "../../components/lib/database-limits";
import { HANDED_OVER, HANDOVER_ROLE } from "../../components/lib/database-handover";
import { ROLE_NAMES, type RoleKey } from "../../components/lib/privileges";

/** Milliseconds between two looks. */
const LOOK_MILLISECONDS = 250;

/** A session that began with the old password. */
export interface OldSession {
  readonly pid: number;
  /** Name that the client gives itself. */
  readonly application: string;
  /** Where it comes from; null: the server's own machine, by a socket. */
  readonly address: string | null;
  /** `idle`, `active`, `idle in transaction`… when it was ended. */
  readonly state: string;
  readonly began: Date;
}

/** Arguments of {@link terminateOldSessions}. */
export interface TerminateOptions {
  readonly role: RoleKey;
  /**
   * Sessions that began earlier go: the moment at which the role got its new password, by the server's clock. The creation of the Secret with the
   * new password serves, too: it comes after that, and before the first pod that uses it.
   */
  readonly beganBefore: Date;
  /** Milliseconds that a transaction under way may take to end by itself. @default 30000, the application's statement timeout */
  readonly patienceMilliseconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * Ends the sessions of a role that began with its old password: idle ones at once, others when their transaction is over, or the patience is. Those of
 * the handover's login are the role's too, and a role that is dropped would leave them.
 * To be called once the pods are rolled: whoever is left then is none of them.
 *
 * @param administrator a session of the administrator
 * @returns those that were ended, in the order of their beginning
 */
export async function terminateOldSessions(administrator: Client, options: TerminateOptions): Promise<OldSession[]> {
  const { role, beganBefore, patienceMilliseconds = APP_STATEMENT_TIMEOUT_MILLISECONDS, signal } = options;
  const deadline = Date.now() + patienceMilliseconds;
  const ended: OldSession[] = [];
  for (;;) {
    const all = Date.now() >= deadline;
    const { old, busy } = await endOnce(administrator, role, beganBefore, all);
    ended.push(...old);
    if (busy === 0) return ended.sort((a, b) => a.began.getTime() - b.began.getTime());
    await sleep(LOOK_MILLISECONDS, undefined, signal === undefined ? {} : { signal });
  }
}

/** One look: ends what is idle, or everything, and counts what is left. */
async function endOnce(client: Client, key: RoleKey, beganBefore: Date, all: boolean): Promise<{ old: OldSession[]; busy: number }> {
  const { rows: logins } = await client.query<{ name: string }>("SELECT rolname AS name FROM pg_roles WHERE rolname = ANY ($1)", [
    [ROLE_NAMES[key], ...(key === HANDED_OVER ? [HANDOVER_ROLE] : [])],
  ]);
  const names = logins.map(({ name }) => name);
  const { rows } = await client.query<{ super: boolean }>("SELECT rolsuper AS super FROM pg_roles WHERE rolname = current_user");
  const isSuperuser = rows[0]?.super === true;
  await client.query("BEGIN");
  try {
    // Who is no superuser neither sees nor ends a session of a role that it is no member of.
    if (!isSuperuser) await client.query(`GRANT ${names.join(", ")} TO CURRENT_USER`);
    const { rows: sessions } = await client.query<OldSession>(
      `SELECT pid, application_name AS application, host(client_addr) AS address, state, backend_start AS began
         FROM pg_stat_activity WHERE usename = ANY ($1) AND backend_start < $2 AND pid <> pg_backend_pid()`,
      [names, beganBefore],
    );
    const chosen = sessions.filter(({ state }) => all || state === "idle");
    const { rows: results } = await client.query<{ pid: number }>(
      "SELECT pid FROM unnest($1::integer[]) AS pid WHERE pg_terminate_backend(pid)",
      [chosen.map(({ pid }) => pid)],
    );
    if (!isSuperuser) await client.query(`REVOKE ${names.join(", ")} FROM CURRENT_USER`);
    await client.query("COMMIT");
    const gone = new Set(results.map(({ pid }) => pid));
    return { old: chosen.filter(({ pid }) => gone.has(pid)), busy: all ? 0 : sessions.length - chosen.length };
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
