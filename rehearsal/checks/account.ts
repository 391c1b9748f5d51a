/** A user of the rehearsal, by the application's own front door. */
import { randomBytes } from "node:crypto";
import { type CheckContext, expected } from "./check";

/** What a login gives. */
export interface LoggedIn {
  readonly token: string;
}

/** Registers a user of this run and logs it in. */
export async function logIn({ edge }: Pick<CheckContext, "edge">): Promise<LoggedIn> {
  const credentials = { email: `rehearsal-${randomBytes(6).toString("hex")}@example.edu`, password: randomBytes(18).toString("base64url") };
  const registered = await edge({ method: "POST", path: "/api/register", body: credentials });
  expected(registered.status === 201, `registering a user answered ${registered.status}`);
  const login = await edge({ method: "POST", path: "/api/login", body: credentials });
  expected(login.status === 200, `logging in answered ${login.status}`);
  return JSON.parse(login.text) as LoggedIn;
}
