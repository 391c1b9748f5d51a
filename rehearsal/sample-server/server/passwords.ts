/** Password hashes: scrypt over an HMAC with MAESTROVERSE_PEPPER. A stolen table is of no use without the pepper. */
import { createHmac, randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { fingerprint, keyOf, type Secret } from "./keys";

/** OWASP's scrypt settings for 32 MiB a hash: four at once, the size of Node's thread pool, fit into a pod. */
const COST: ScryptOptions = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const SCHEME = "scrypt-hmac-v1";

const derive = promisify<Buffer, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** `scheme$fingerprint of the pepper$salt$hash`. */
export async function hashPassword(pepper: Secret, password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await peppered(pepper.current, password, salt);
  return [SCHEME, fingerprint(pepper.current), salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/**
 * Whether a password is the one of a hash. Takes as long for a hash that does not exist.
 *
 * @returns `outdated` when it is and the hash was made with the pepper before: hash it again, or it is lost when that pepper is retired
 */
export async function verifyPassword(pepper: Secret, password: string, stored: string | undefined): Promise<"no" | "current" | "outdated"> {
  const [scheme, pepperName, salt, hash] = (stored ?? "").split("$");
  const key = scheme === SCHEME ? keyOf(pepper, pepperName ?? "") : undefined;
  const expected = Buffer.from(hash ?? "", "base64url");
  const actual = await peppered(key ?? pepper.current, password, Buffer.from(salt ?? "", "base64url"));
  if (key === undefined || expected.length !== actual.length || !timingSafeEqual(expected, actual)) return "no";
  return key === pepper.current ? "current" : "outdated";
}

function peppered(pepper: string, password: string, salt: Buffer): Promise<Buffer> {
  return derive(createHmac("sha256", pepper).update(password).digest(), salt, HASH_BYTES, COST);
}
