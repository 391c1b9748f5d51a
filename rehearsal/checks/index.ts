/** What a rehearsal looks at once everything is deployed, in order. */
import type { Check } from "./check";
import { clientAddress, httpRedirect, rateLimit, securityHeaders, websocket } from "./edge";
import { available, backup, currentSecret, leastPrivilege, monitors } from "./sections";

export type { Check, CheckContext, Deployed } from "./check";

/** Every check. */
export const CHECKS: readonly Check[] = [
  available,
  httpRedirect,
  securityHeaders,
  leastPrivilege,
  currentSecret,
  clientAddress,
  websocket,
  rateLimit,
  backup,
  monitors,
];
