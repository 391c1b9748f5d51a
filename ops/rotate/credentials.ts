/**
 * What the application would sign: an access token, a session's cookie and a CSRF token, made here with a known key. To ask every pod about a key
 * takes no account and no session, and works for an old key whose last token has ended. The formats are the sample server's, which
 * docs/runbook/3-secrets.md asks of the server.
 */
import { createHmac, randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";
import { fingerprint } from "../verify/who-am-i";
import type { SecretName } from "./generations";
import type { SecretValue } from "./values";

/** Seconds that they are good for: a look at every pod. */
const SECONDS = 600;
/** Nobody: no account has this number. */
const SUBJECT = "0";
const ID_BYTES = 32;

/** Secrets that sign something a request can carry. The pepper does not. */
export const SIGNING_SECRETS = ["JWT_SECRET", "SESSION_SECRET", "CSRF_SECRET"] as const satisfies readonly SecretName[];

/** Headers of a request that carries what these keys signed. */
export function credentialHeaders(keys: Readonly<Partial<Record<SecretName, SecretValue>>>, issuer: string): Record<string, string> {
  const { JWT_SECRET: access, SESSION_SECRET: session, CSRF_SECRET: csrf } = keys;
  const [id, nonce] = [ID_BYTES, ID_BYTES].map((bytes) => randomBytes(bytes).toString("base64url")) as [string, string];
  // A CSRF token is read beside a session's cookie only; whose signature does not matter to it.
  const cookie =
    session === undefined && csrf === undefined ? [] : [`__Host-session=${id}.${session === undefined ? "" : sign(session, id)}`];
  const token = csrf === undefined ? undefined : `${nonce}.${sign(csrf, `${id}.${nonce}`)}`;
  return {
    ...(access === undefined ? {} : { authorization: `Bearer ${accessToken(access, issuer)}` }),
    ...(cookie.length === 0 ? {} : { cookie: [...cookie, ...(token === undefined ? [] : [`__Host-csrf=${token}`])].join("; ") }),
    ...(token === undefined ? {} : { "x-csrf-token": token }),
  };
}

function accessToken(value: SecretValue, issuer: string): string {
  const key = value.reveal();
  return jwt.sign({}, key, { algorithm: "HS256", keyid: fingerprint(key), issuer, subject: SUBJECT, expiresIn: SECONDS });
}

function sign(value: SecretValue, text: string): string {
  return createHmac("sha256", value.reveal()).update(text).digest("base64url");
}
