/** Rules of the backups' buckets (runbook §5): bucket policy, lifecycle and replication, as plain data. */
import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { BACKUP_PREFIX, bucketArn } from "./backup-names";

/** Days until an upload that nobody completed is thrown away: longer than any run. */
const INCOMPLETE_UPLOAD_DAYS = 2;
/** Days that an expired dump can still be brought back: a version that is not the current one. */
const NONCURRENT_DAYS = 7;
/** Minutes in which S3 promises a copy to arrive (Replication Time Control knows no other number). */
const REPLICATION_MINUTES = 15;
/** The oldest TLS that S3 may be spoken to with. */
const MINIMUM_TLS = "1.2";

/** Nobody comes without TLS, and nobody stores an object under another encryption than KMS. */
export function buildBucketPolicy(bucket: string): string {
  const everything = [bucketArn(bucket), `${bucketArn(bucket)}/*`];
  const deny = { Effect: "Deny", Principal: "*" };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: "DenyPlainHttp", ...deny, Action: "s3:*", Resource: everything, Condition: { Bool: { "aws:SecureTransport": "false" } } },
      {
        Sid: "DenyOldTls",
        ...deny,
        Action: "s3:*",
        Resource: everything,
        Condition: { NumericLessThan: { "s3:TlsVersion": MINIMUM_TLS } },
      },
      {
        Sid: "DenyOtherEncryption",
        ...deny,
        Action: "s3:PutObject",
        Resource: `${bucketArn(bucket)}/*`,
        // A request that names no encryption (each part of a large upload) gets the bucket's own, which is KMS. The Null is what lets it pass:
        // StringNotEquals holds where there is nothing to compare, with or without IfExists.
        Condition: {
          Null: { "s3:x-amz-server-side-encryption": "false" },
          StringNotEquals: { "s3:x-amz-server-side-encryption": "aws:kms" },
        },
      },
    ],
  });
}

/** Dumps expire after the retention; what expired or was replaced goes for good a week later. Object lock wins over both. */
export function buildLifecycleRules(retentionDays: number): aws.types.input.s3.BucketLifecycleConfigurationRule[] {
  return [
    // What drills found lies beside the dumps, is small, and stays.
    { id: "expire-dumps", status: "Enabled", filter: { prefix: BACKUP_PREFIX }, expiration: { days: retentionDays } },
    // Apart: S3 accepts the removal of markers beside no expiration in days.
    {
      id: "remove-what-nobody-sees",
      status: "Enabled",
      filter: { prefix: "" },
      expiration: { expiredObjectDeleteMarker: true },
      noncurrentVersionExpiration: { noncurrentDays: NONCURRENT_DAYS },
      abortIncompleteMultipartUpload: { daysAfterInitiation: INCOMPLETE_UPLOAD_DAYS },
    },
  ];
}

/** Every object, encrypted with the copy's own key there, within 15 minutes. Deletions stay where they are made. */
export function buildReplicationRule(
  targetBucket: string,
  targetKeyArn: pulumi.Input<string>,
): aws.types.input.s3.BucketReplicationConfigRule {
  return {
    id: "copy-to-second-region",
    status: "Enabled",
    priority: 0,
    filter: { prefix: "" },
    deleteMarkerReplication: { status: "Disabled" },
    sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
    destination: {
      bucket: bucketArn(targetBucket),
      encryptionConfiguration: { replicaKmsKeyId: targetKeyArn },
      metrics: { status: "Enabled", eventThreshold: { minutes: REPLICATION_MINUTES } },
      replicationTime: { status: "Enabled", time: { minutes: REPLICATION_MINUTES } },
    },
  };
}
