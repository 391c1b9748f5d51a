/** Runbook §3: the application's secrets. */
import { z } from "zod";
import { generation, integer, matching, unique } from "./values";

/** Names of the application's secrets that rotate. @see runbook §3 */
export const SECRET_NAMES = ["MAESTROVERSE_PEPPER", "JWT_SECRET", "SESSION_SECRET", "CSRF_SECRET"] as const;

export const secrets = z.strictObject({
  /** AWS Secrets Manager's name of the bundle. */
  secretsManagerName: matching(/^[\w/+=.@-]{1,512}$/, "an AWS Secrets Manager name such as maestroverse/app-secrets"),
  /** Maximum age of a generation. */
  rotateEveryDays: integer(1, 90, "days"),
  /** Secrets for which the application accepts the previous generation too (it reads NAME_ROLLING). */
  dualVerification: unique(z.enum(SECRET_NAMES, `one of ${SECRET_NAMES.join(", ")}`), 0, 4, "secret names"),
  generations: z.strictObject({
    MAESTROVERSE_PEPPER: generation(),
    JWT_SECRET: generation(),
    SESSION_SECRET: generation(),
    CSRF_SECRET: generation(),
  }),
});
