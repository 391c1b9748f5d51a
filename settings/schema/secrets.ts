/** Runbook §3: the application's secrets. */
import { z } from "zod";
import { integer, matching, secretGeneration, unique } from "./values";

/** Names of the application's secrets that rotate. @see runbook §3 */
export const SECRET_NAMES = ["MAESTROVERSE_PEPPER", "JWT_SECRET", "SESSION_SECRET", "CSRF_SECRET"] as const;

export const secrets = z.strictObject({
  /** AWS Secrets Manager's name of the bundle. */
  secretsManagerName: matching(/^[\w/+=.@-]{1,512}$/, "an AWS Secrets Manager name such as maestroverse/app-secrets"),
  /** Maximum age of a generation. */
  rotateEveryDays: integer(1, 90, "days"),
  /** Seconds that what the application signs is good for; it is told (ACCESS_TOKEN_SECONDS, SESSION_SECONDS). */
  tokenSeconds: z.strictObject({ access: integer(10, 86_400, "seconds"), session: integer(10, 2_592_000, "seconds") }),
  /** Seconds that an old value is accepted, from its successor's publication: the longest token, a rollout and the clocks' difference at least. */
  overlapSeconds: integer(30, 7_776_000, "seconds"),
  /** Secrets for which the application accepts a second generation (it reads NAME_ROLLING): the next one, later the previous one. */
  dualVerification: unique(z.enum(SECRET_NAMES, `one of ${SECRET_NAMES.join(", ")}`), 0, 4, "secret names"),
  /** The version of the bundle that held the values before this program, which are generation 1 as they are. `ops adopt` writes it. */
  adopted: z
    .strictObject({ versionId: matching(/^[\w-]{32,64}$/, "the id of a version in AWS Secrets Manager, 32 to 64 characters") })
    .optional(),
  generations: z.strictObject({
    MAESTROVERSE_PEPPER: secretGeneration(),
    JWT_SECRET: secretGeneration(),
    SESSION_SECRET: secretGeneration(),
    CSRF_SECRET: secretGeneration(),
  }),
});
