/** Tells a secret in plain text by its name or its form. */
import { holdsAgeIdentity } from "../../components/lib/age-recipient";

/** Names of variables and keys that hold a secret. */
const SECRET_NAME = /(^|[_.-])(SECRET|PASSWORD|PASSWD|PASS|PGPASSWORD|PEPPER|TOKEN|CREDENTIALS?|KEY)([_.-](ID|ROLLING|PREVIOUS|\d+))?$/i;
/** Values under such names that tell nothing: ARNs name a key. */
const NO_SECRET_VALUE = /^$|^arn:aws[\w-]*:/;
/** A URL with a password. */
const URL_WITH_PASSWORD = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i;
/** A private key; certificates are public. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Whether a name or a value says that it is a secret. */
export const isSecret = (name: string, value: string) =>
  (SECRET_NAME.test(name) && !NO_SECRET_VALUE.test(value)) ||
  URL_WITH_PASSWORD.test(value) ||
  PRIVATE_KEY.test(value) ||
  holdsAgeIdentity(value);
