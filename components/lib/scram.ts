/** SCRAM-SHA-256 verifiers: what PostgreSQL stores instead of a password. Sent in place of one, the clear text never reaches the server or its log. */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** PostgreSQL's own number of iterations. @see PostgreSQL, scram_iterations */
const SCRAM_ITERATIONS = 4096;
/** Random bytes of a salt: PostgreSQL's own number. */
export const SCRAM_SALT_BYTES = 16;

/**
 * A verifier in PostgreSQL's format: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803).
 *
 * @param password printable ASCII without blanks, so that SASLprep changes nothing
 * @param saltBase64 random bytes in base64
 * @throws Error when the password or the salt is something else; without its value
 */
export function scramVerifier(password: string, saltBase64: string): string {
  if (!/^[\x21-\x7e]+$/.test(password))
    throw new Error("a password for a SCRAM verifier must be printable ASCII without blanks. Generate another one.");
  const salt = Buffer.from(saltBase64, "base64");
  if (salt.length === 0 || salt.toString("base64") !== saltBase64)
    throw new Error("a salt for a SCRAM verifier must be random bytes in base64. Pass RandomBytes' base64.");
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, "sha256");
  const keyed = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(keyed("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${saltBase64}$${storedKey}:${keyed("Server Key").toString("base64")}`;
}
