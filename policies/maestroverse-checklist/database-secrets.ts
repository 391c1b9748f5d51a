/** Whose credential a Kubernetes Secret is. */
import { known, mapping, text, UNKNOWN } from "../lib/read";
import type { Resource } from "../lib/rule";
import { ROLES } from "./runbook";

/** `maestroverse-database-app-g3-…`: what the program names a role's Secret, so that a preview knows whose it is before there is a password. */
const SECRET_NAME = /-(app|migrator|backup)-g\d+(-|$)/;

/** Name of the role that a Secret's name says; undefined: it names none. */
export function roleNamed(secretName: string | undefined): string | undefined {
  const key = SECRET_NAME.exec(secretName ?? "")?.[1] as keyof typeof ROLES | undefined;
  return key === undefined ? undefined : ROLES[key];
}

/** Name of the role that logs in with a Secret: what it holds, or, as long as a preview does not know that, what its name says. */
export function roleOf({ properties }: Resource): string | undefined {
  const data = known(() => {
    const values = mapping(properties, "stringData");
    return { url: text(values, "DATABASE_URL"), user: text(values, "PGUSER") };
  });
  if (data === UNKNOWN) return roleNamed(text(properties, "metadata", "name"));
  if (data.user !== undefined) return data.user;
  return data.url !== undefined && URL.canParse(data.url) ? decodeURIComponent(new URL(data.url).username) : undefined;
}
