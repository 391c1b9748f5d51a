/** The database's roles that exist already: an imported role keeps its OID, and with it what it owns and was granted. */
import type { Client } from "pg";
import { type Finder, type Found, textAt } from "./candidate";

export const ROLE_TYPE = "postgresql:index/role:Role";

/** Looks roles up by name. Grants and the schema are no things of their own: making them again changes what is granted in place. */
export function databaseFinder(administrator: () => Promise<Pick<Client, "query">>): Finder {
  let session: Promise<Pick<Client, "query">> | undefined;
  return async ({ inputs }): Promise<Found | undefined> => {
    const name = textAt(inputs, "name");
    session ??= administrator();
    const { rows } = await (
      await session
    ).query<{ rolname: string; rolsuper: boolean }>("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = $1", [name]);
    const [role] = rows;
    if (role === undefined) return undefined;
    return { id: role.rolname, stranger: role.rolsuper ? "it is a superuser, which no role of the program may be" : undefined };
  };
}
