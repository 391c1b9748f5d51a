/** People: register, log in and out, and who a request comes from. */
import { type Request, type Response, Router } from "express";
import type { Pool } from "pg";
import type { TokenSeconds } from "./environment";
import { HttpError } from "./http-error";
import type { SecretName, Secrets, Signer } from "./keys";
import { hashPassword, verifyPassword } from "./passwords";
import { type Session, Sessions } from "./sessions";
import { issueToken, tokenSigner, verifyToken } from "./tokens";

/** Characters of a password; above the maximum, hashing it would be work for nothing. */
const PASSWORD_LENGTH = { minimum: 12, maximum: 256 };
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,189}$/;

/** What the accounts need. */
export interface AccountsArgs {
  readonly pool: Pool;
  readonly secrets: Secrets;
  readonly tokenSeconds: TokenSeconds;
  /** Issuer of tokens. */
  readonly publicUrl: string;
}

/** Who sent a request. */
export interface Caller {
  readonly userId: number;
  /** Absent: it carried a token. */
  readonly session?: Session;
}

/** Finds out who sent a request. */
export class Callers {
  private readonly sessions: Sessions;

  constructor(private readonly args: AccountsArgs) {
    this.sessions = new Sessions(args.pool, args.secrets, args.tokenSeconds.session);
  }

  /**
   * The user of a request: by its bearer token, or by its session. A browser sends the session's cookie whoever made it send the request,
   * so a change by session needs the CSRF token as well.
   *
   * @throws HttpError 401 or 403
   */
  async require(request: Request, response: Response): Promise<Caller> {
    const [scheme = "", token = ""] = (request.get("authorization") ?? "").split(" ");
    if (scheme.toLowerCase() === "bearer") {
      const identity = verifyToken(this.args.secrets.JWT_SECRET, this.args.publicUrl, token);
      if (identity === undefined) throw new HttpError(401, "the token is not valid: log in again");
      return { userId: identity.userId };
    }
    const session = await this.sessions.find(request, response);
    if (session === undefined) throw new HttpError(401, "log in first");
    if (!["GET", "HEAD"].includes(request.method)) this.sessions.requireCsrfToken(request, session);
    return { userId: session.userId, session };
  }

  /** By name of the secret: which of its keys signed what the request carries; absent: it carries nothing of that kind. Asks no database. */
  signers(request: Request): Partial<Record<SecretName, Signer>> {
    const [scheme = "", token = ""] = (request.get("authorization") ?? "").split(" ");
    return {
      ...(scheme.toLowerCase() === "bearer"
        ? { JWT_SECRET: tokenSigner(this.args.secrets.JWT_SECRET, this.args.publicUrl, token) ?? "none" }
        : {}),
      ...this.sessions.signers(request),
    };
  }

  /** `/register`, `/login`, `/logout`, `/me` and `/csrf-token`. */
  router(): Router {
    const { pool, secrets, publicUrl, tokenSeconds } = this.args;
    const router = Router();
    router.post("/register", async (request, response) => {
      const { email, password } = credentials(request.body);
      if (password.length < PASSWORD_LENGTH.minimum || !EMAIL.test(email))
        throw new HttpError(
          400,
          `give an e-mail address and a password of ${PASSWORD_LENGTH.minimum} to ${PASSWORD_LENGTH.maximum} characters`,
        );
      const { rows } = await pool.query<{ id: number }>(
        `INSERT INTO "User" ("email", "passwordHash") VALUES ($1, $2) ON CONFLICT ("email") DO NOTHING RETURNING "id"`,
        [email, await hashPassword(secrets.MAESTROVERSE_PEPPER, password)],
      );
      const [row] = rows;
      if (row === undefined) throw new HttpError(409, "this e-mail address is registered");
      response.status(201).json({ id: row.id, email });
    });

    router.post("/login", async (request, response) => {
      const { email, password } = credentials(request.body);
      const { rows } = await pool.query<{ id: number; passwordHash: string }>(
        `SELECT "id", "passwordHash" FROM "User" WHERE "email" = $1`,
        [email],
      );
      const [user] = rows;
      const verdict = await verifyPassword(secrets.MAESTROVERSE_PEPPER, password, user?.passwordHash);
      if (user === undefined || verdict === "no") throw new HttpError(401, "wrong e-mail address or password");
      if (verdict === "outdated")
        await pool.query(`UPDATE "User" SET "passwordHash" = $1 WHERE "id" = $2 AND "passwordHash" = $3`, [
          await hashPassword(secrets.MAESTROVERSE_PEPPER, password),
          user.id,
          user.passwordHash,
        ]);
      const session = await this.sessions.start(response, user.id);
      response.json({
        token: issueToken(secrets.JWT_SECRET, publicUrl, user.id, tokenSeconds.access),
        expiresInSeconds: tokenSeconds.access,
        csrfToken: this.sessions.csrfToken(response, session),
      });
    });

    router.post("/logout", async (request, response) => {
      const { session } = await this.require(request, response);
      if (session !== undefined) await this.sessions.end(response, session);
      response.status(204).end();
    });

    router.get("/csrf-token", async (request, response) => {
      const { session } = await this.require(request, response);
      if (session === undefined) throw new HttpError(400, "a bearer token needs no CSRF token");
      response.json({ csrfToken: this.sessions.csrfToken(response, session) });
    });

    router.get("/me", async (request, response) => {
      const { userId } = await this.require(request, response);
      const { rows } = await pool.query<{ id: number; email: string }>(`SELECT "id", "email" FROM "User" WHERE "id" = $1`, [userId]);
      const [user] = rows;
      if (user === undefined) throw new HttpError(401, "this account is gone");
      response.json(user);
    });
    return router;
  }
}

function credentials(body: unknown): { email: string; password: string } {
  const { email, password } = (body ?? {}) as Record<string, unknown>;
  if (typeof email !== "string" || typeof password !== "string" || password.length > PASSWORD_LENGTH.maximum)
    throw new HttpError(400, `give email and password, of ${PASSWORD_LENGTH.maximum} characters at most, as JSON`);
  return { email: email.trim().toLowerCase(), password };
}
