/** Access tokens: JWTs signed with JWT_SECRET, whose header names the key. */
import jwt from "jsonwebtoken";
import { fingerprint, keyOf, type Secret } from "./keys";

/** What a good token says. */
export interface Identity {
  readonly userId: number;
  /** When it ends; seconds since 1970. */
  readonly expiresAt: number;
}

/** A token for a user, good for so many seconds. */
export function issueToken(secret: Secret, issuer: string, userId: number, seconds: number): string {
  const { current: key } = secret;
  return jwt.sign({}, key, { algorithm: "HS256", keyid: fingerprint(key), issuer, subject: String(userId), expiresIn: seconds });
}

/** Which key signed a good token; undefined: it is none. */
export function tokenSigner(secret: Secret, issuer: string, token: string): "current" | "rolling" | undefined {
  if (verifyToken(secret, issuer, token) === undefined) return undefined;
  return jwt.decode(token, { complete: true })?.header.kid === fingerprint(secret.current) ? "current" : "rolling";
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
