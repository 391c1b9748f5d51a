/** Runbook §5: the nightly dump and the managed alternative. */
import { z } from "zod";
import { ageRecipient, bucketName, dnsLabel, image, integer, matching, unique } from "./values";

export const backups = z.strictObject({
  /** pg_dump: nightly dump from the cluster to S3. rds: managed automated backups. both: the two. */
  method: z.enum(["pg_dump", "rds", "both"], "pg_dump, rds or both"),
  /** Cron expression of the nightly dump. */
  schedule: matching(/^\S+ \S+ \S+ \S+ \S+$/, "a cron expression of five fields, for example 0 2 * * *"),
  /** IANA time zone of the schedule. */
  timeZone: z
    .string("an IANA time zone")
    .refine((zone) => Intl.supportedValuesOf("timeZone").concat("Etc/UTC", "UTC").includes(zone), "an IANA time zone such as Etc/UTC"),
  retentionDays: integer(30, 3650, "days"),
  /** Public keys of age that dumps are encrypted for before they leave the pod; none: KMS alone encrypts them. */
  ageRecipients: unique(ageRecipient(), 0, 20, "public keys of age"),
  /** Image with pg_dump and this repository's backup program. */
  image,
  bucket: bucketName(),
  secondRegionBucket: bucketName(),
  /** Object-lock retention in governance mode. */
  objectLockDays: integer(1, 3650, "days"),
  /** Size of the /backups volume. */
  volumeGibibytes: integer(1, 16384, "GiB"),
  /** Age of the newest backup that alerts. */
  maximumAgeHours: integer(25, 72, "hours"),
  /** OIDC provider of the cluster (IRSA), for the backup's IAM role. */
  oidcProvider: matching(/^[a-z0-9.-]+(\/[\w./-]+)?$/, "the OIDC provider's host and path without https://"),
  rds: z
    .strictObject({
      instanceIdentifier: dnsLabel(),
      instanceClass: matching(/^db\.[\w.]+$/, "an RDS instance class such as db.r6g.large"),
      engineVersion: matching(/^\d+(\.\d+)?$/, "a PostgreSQL version such as 15.8"),
      allocatedStorageGibibytes: integer(20, 65536, "GiB"),
      subnetGroup: dnsLabel(),
      retentionDays: integer(30, 35, "days; 35 is RDS's maximum"),
    })
    .optional(),
});
