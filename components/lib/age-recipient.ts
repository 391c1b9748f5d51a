/** Keys of age (https://age-encryption.org), by their form: a recipient is a public key, an identity opens what was encrypted for it. */
import { bech32 } from "@scure/base";

/** Bytes of a key of X25519, which is what `age-keygen` makes. */
const KEY_BYTES = 32;
/** An identity, wherever it stands in a text and in whatever case: never to be repeated. */
const IDENTITY = /AGE-SECRET-KEY-/i;

/** Whether a text is a recipient: `age1` and 58 letters and digits, whose last six are a checksum of the others. */
export function isAgeRecipient(text: string): boolean {
  if (!text.startsWith("age1")) return false;
  const decoded = bech32.decodeUnsafe(text);
  return decoded?.prefix === "age" && bech32.fromWordsUnsafe(decoded.words)?.length === KEY_BYTES;
}

/** Whether an identity stands in a text. */
export const holdsAgeIdentity = (text: string): boolean => IDENTITY.test(text);
