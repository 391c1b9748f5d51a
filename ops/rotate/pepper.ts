/** Whether passwords would be lost with the old pepper. */
import type { Systems } from "../verify/systems";
import { fingerprint } from "../verify/who-am-i";
import type { SecretValue } from "./values";

/** PostgreSQL's words for a table and a column that do not exist. */
const UNKNOWN = ["42P01", "42703"];

/**
 * Why the old pepper cannot go yet; undefined: it can. A password is hashed anew at its owner's next login, and until then needs the pepper that it was
 * hashed with. Table, column and the hash's form are the sample server's, which docs/runbook/3-secrets.md asks of the server.
 */
export async function passwordsAtRisk(systems: Systems, current: SecretValue): Promise<string | undefined> {
  const administrator = await systems.administrator();
  try {
    const { rows } = await administrator.query<{ count: string }>(
      `SELECT count(*) FROM "User" WHERE split_part("passwordHash", '$', 2) <> $1`,
      [fingerprint(current.reveal())],
    );
    const count = Number(rows[0]?.count);
    return count === 0
      ? undefined
      : `${count} ${count === 1 ? "password is" : "passwords are"} hashed with the old one until their owners log in`;
  } catch (error) {
    if (UNKNOWN.includes((error as { code?: string }).code ?? ""))
      return 'nobody can tell how many passwords need the old one: there is no "User"."passwordHash"';
    throw error;
  }
}
