/** Browser sessions: a cookie signed with SESSION_SECRET, a row in the database, and a CSRF token signed with CSRF_SECRET. */
import { createHash, randomBytes } from "node:crypto";
import type { CookieOptions, Request, Response } from "express";
import type { Pool } from "pg";
import { HttpError } from "./http-error";
import { sign, signedBy, type Secrets, type Signer } from "./keys";

const ID_BYTES = 32;
/** `__Host-`: the browser takes it by HTTPS only, for this very host, from no subdomain. */
const SESSION_COOKIE = "__Host-session";
const CSRF_COOKIE = "__Host-csrf";
const COOKIE: CookieOptions = { httpOnly: true, secure: true, sameSite: "strict", path: "/" };

/** A session that the client proved to have. */
export interface Session {
  readonly id: string;
  readonly userId: number;
}

/** The sessions of a server. */
export class Sessions {
  constructor(
    private readonly pool: Pool,
    private readonly secrets: Secrets,
    /** Seconds that a session lasts. */
    private readonly seconds: number,
  ) {}

  /** Starts a session; the client gets its cookie. Sessions that have ended go on the way. */
  async start(response: Response, userId: number): Promise<Session> {
    const id = randomBytes(ID_BYTES).toString("base64url");
    await this.pool.query(`DELETE FROM "Session" WHERE "expiresAt" < now()`);
    await this.pool.query(`INSERT INTO "Session" ("idHash", "userId", "expiresAt") VALUES ($1, $2, now() + make_interval(secs => $3))`, [
      digest(id),
      userId,
      this.seconds,
    ]);
    this.setCookie(response, id);
    return { id, userId };
  }

  /** The session of a request; undefined when its cookie is absent, forged, or of a session that has ended. */
  async find(request: Request, response: Response): Promise<Session | undefined> {
    const [id = "", signature = ""] = (cookie(request, SESSION_COOKIE) ?? "").split(".");
    const key = signedBy(this.secrets.SESSION_SECRET, id, signature);
    if (key === undefined) return undefined;
    const { rows } = await this.pool.query<{ userId: number }>(
      `SELECT "userId" FROM "Session" WHERE "idHash" = $1 AND "expiresAt" > now()`,
      [digest(id)],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    // Signed again, so that retiring the old secret logs out nobody who came by during the overlap.
    if (key === "rolling") this.setCookie(response, id);
    return { id, userId: row.userId };
  }

  /** Which keys signed the cookie and the CSRF token of a request, whatever the database knows of the session. */
  signers(request: Request): { SESSION_SECRET?: Signer; CSRF_SECRET?: Signer } {
    const sessionCookie = cookie(request, SESSION_COOKIE);
    if (sessionCookie === undefined) return {};
    const [id = "", signature = ""] = sessionCookie.split(".");
    const { SESSION_SECRET, CSRF_SECRET } = this.secrets;
    const token = request.get("x-csrf-token");
    const [nonce = "", csrfSignature = ""] = (token ?? "").split(".");
    return {
      SESSION_SECRET: signedBy(SESSION_SECRET, id, signature) ?? "none",
      ...(token === undefined ? {} : { CSRF_SECRET: signedBy(CSRF_SECRET, csrfText({ id }, nonce), csrfSignature) ?? "none" }),
    };
  }

  /** Ends a session. */
  async end(response: Response, session: Session): Promise<void> {
    await this.pool.query(`DELETE FROM "Session" WHERE "idHash" = $1`, [digest(session.id)]);
    for (const name of [SESSION_COOKIE, CSRF_COOKIE]) response.clearCookie(name, COOKIE);
  }

  /** A token that changes with a session's cookie must carry in X-CSRF-Token; its cookie is set. */
  csrfToken(response: Response, session: Session): string {
    const nonce = randomBytes(ID_BYTES).toString("base64url");
    const token = `${nonce}.${sign(this.secrets.CSRF_SECRET, csrfText(session, nonce))}`;
    response.cookie(CSRF_COOKIE, token, { ...COOKIE, maxAge: this.seconds * 1000 });
    return token;
  }

  /** @throws HttpError 403 unless header and cookie hold the same token, made for this session */
  requireCsrfToken(request: Request, session: Session): void {
    const token = request.get("x-csrf-token") ?? "";
    const [nonce = "", signature = ""] = token.split(".");
    const ours = signedBy(this.secrets.CSRF_SECRET, csrfText(session, nonce), signature) !== undefined;
    if (!ours || cookie(request, CSRF_COOKIE) !== token)
      throw new HttpError(403, "missing or wrong CSRF token: send that of GET /api/csrf-token as X-CSRF-Token");
  }

  private setCookie(response: Response, id: string): void {
    response.cookie(SESSION_COOKIE, `${id}.${sign(this.secrets.SESSION_SECRET, id)}`, { ...COOKIE, maxAge: this.seconds * 1000 });
  }
}

function csrfText(session: Pick<Session, "id">, nonce: string): string {
  return `${session.id}.${nonce}`;
}

function digest(id: string): string {
  return createHash("sha256").update(id).digest("hex");
}

function cookie(request: Request, name: string): string | undefined {
  const pairs = (request.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
