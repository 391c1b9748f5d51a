/** Access tokens: JWTs signed with JWT_SECRET, whose header names the key. */
import jwt from "jsonwebtoken";
import { fingerprint, keyOf, type Secret } from "./keys";

/** Seconds that a token is good for; an overlap of JWT_SECRET need last no longer. */
export const TOKEN_SECONDS = 900;

/** What a good token says. */
export interface Identity {
  readonly userId: number;
  /** When it ends; seconds since 1970. */
  readonly expiresAt: number;
}

/** A token for a user. */
export function issueToken(secret: Secret, issuer: string, userId: number): string {
  const { current: key } = secret;
  return jwt.sign({}, key, { algorithm: "HS256", keyid: fingerprint(key), issuer, subject: String(userId), expiresIn: TOKEN_SECONDS });
}

/** Undefined unless the token is signed by a key that is accepted now and has not ended. */
export function verifyToken(secret: Secret, issuer: string, token: string): Identity | undefined {
  try {
    const header = jwt.decode(token, { complete: true })?.header;
    const key = keyOf(secret, header?.kid ?? "");
    if (key === undefined) return undefined;
    const { sub, exp } = jwt.verify(token, key, { algorithms: ["HS256"], issuer }) as jwt.JwtPayload;
    return sub === undefined || exp === undefined ? undefined : { userId: Number(sub), expiresAt: exp };
  } catch {
    return undefined;
  }
}
