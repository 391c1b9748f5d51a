/** The four secrets of runbook §3: each signs with its current generation and, in an overlap, accepts another: the next one, or the one before. */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Names of the environment variables; `NAME_ROLLING` carries the other generation of an overlap. */
export const SECRET_NAMES = ["MAESTROVERSE_PEPPER", "JWT_SECRET", "SESSION_SECRET", "CSRF_SECRET"] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

/** One secret. */
export interface Secret {
  /** Signs. */
  readonly current: string;
  /** The generation before, or the one to come; accepted, never used to sign. Absent: there is no overlap. */
  readonly rolling?: string;
}

export type Secrets = Readonly<Record<SecretName, Secret>>;

/** Which key of a secret signed something; `none` of those that are accepted now. */
export type Signer = "current" | "rolling" | "none";

/** What {@link fingerprint} signs, so that no signature of anything else ever is one. */
const FINGERPRINT_TEXT = "maestroverse key fingerprint v1";

/** Names a key without telling anything about it: the first 8 hex digits of an HMAC made with it. */
export function fingerprint(key: string): string {
  return createHmac("sha256", key).update(FINGERPRINT_TEXT).digest("hex").slice(0, 8);
}

/** The key with that fingerprint, among those accepted now. */
export function keyOf(secret: Secret, name: string): string | undefined {
  return accepted(secret).find((key) => fingerprint(key) === name);
}

/** Signature of a text with the current key, base64url. */
export function sign(secret: Secret, text: string): string {
  return signature(secret.current, text).toString("base64url");
}

/** Which key signed a text; undefined when none that is accepted now. */
export function signedBy(secret: Secret, text: string, given: string): "current" | "rolling" | undefined {
  const bytes = Buffer.from(given, "base64url");
  const matches = accepted(secret).map((key) => {
    const expected = signature(key, text);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
  if (matches[0]) return "current";
  return matches[1] ? "rolling" : undefined;
}

function signature(key: string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function accepted({ current, rolling }: Secret): string[] {
  return rolling === undefined ? [current] : [current, rolling];
}
