/** A bucket that backups are safe in (runbook §5): own KMS key, versions, object lock, TLS only, nothing public. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BACKUP_KEY_ALIAS } from "./backup-names";
import { accountKeyPolicy, type KeyPolicyStatement } from "./key-policy";
import { buildBucketPolicy, buildLifecycleRules } from "./s3-rules";

/** Days in which the deletion of a key can be taken back: AWS's maximum, for without the key no dump can be read. */
const KEY_DELETION_WINDOW_DAYS = 30;

/** Arguments of {@link BackupBucket}. */
export interface BackupBucketArgs {
  /** The bucket's global name. */
  readonly bucketName: string;
  readonly accountId: string;
  /** What the bucket's key allows, beside what the account decides. */
  readonly keyStatements: readonly KeyPolicyStatement[];
  /** The roles of {@link keyStatements}: KMS refuses a policy that names a role which does not exist yet. */
  readonly keyRoles: readonly aws.iam.Role[];
  /** Days after which a dump expires. */
  readonly retentionDays: number;
  /** Days during which nobody deletes a version without `s3:BypassGovernanceRetention`. */
  readonly objectLockDays: number;
}

/** One region's bucket. To depend on it is to depend on all of its settings. */
export class BackupBucket extends pulumi.ComponentResource {
  /** The bucket's name. */
  readonly bucketName: string;
  /** ARN of its key. */
  readonly keyArn: pulumi.Output<string>;

  constructor(name: string, args: BackupBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("maestroverse:ops:BackupBucket", name, {}, opts);
    const parent = { parent: this };

    const key = new aws.kms.Key(
      `${name}-key`,
      {
        description: `Encrypts the backups in ${args.bucketName}`,
        enableKeyRotation: true,
        deletionWindowInDays: KEY_DELETION_WINDOW_DAYS,
        policy: accountKeyPolicy(args.accountId, args.keyStatements),
      },
      { ...parent, dependsOn: [...args.keyRoles] },
    );
    new aws.kms.Alias(`${name}-key-alias`, { name: BACKUP_KEY_ALIAS, targetKeyId: key.keyId }, parent);

    const bucket = new aws.s3.Bucket(
      `${name}-bucket`,
      // Object lock can be had at creation only. Never emptied by this program: a bucket with dumps in it refuses to be deleted.
      { bucket: args.bucketName, objectLockEnabled: true, forceDestroy: false },
      parent,
    );
    const versioning = new aws.s3.BucketVersioning(
      `${name}-versioning`,
      { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
      parent,
    );
    const afterVersioning = { ...parent, dependsOn: [versioning] };
    new aws.s3.BucketObjectLockConfiguration(
      `${name}-object-lock`,
      { bucket: bucket.bucket, rule: { defaultRetention: { mode: "GOVERNANCE", days: args.objectLockDays } } },
      afterVersioning,
    );
    new aws.s3.BucketLifecycleConfiguration(
      `${name}-lifecycle`,
      { bucket: bucket.bucket, rules: buildLifecycleRules(args.retentionDays) },
      afterVersioning,
    );
    new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      {
        bucket: bucket.bucket,
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key.arn },
            // One data key for many objects: a hundredth of the requests to KMS.
            bucketKeyEnabled: true,
          },
        ],
      },
      parent,
    );
    new aws.s3.BucketOwnershipControls(
      `${name}-ownership`,
      { bucket: bucket.bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
      parent,
    );
    const publicAccess = new aws.s3.BucketPublicAccessBlock(
      `${name}-public-access`,
      { bucket: bucket.bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      parent,
    );
    new aws.s3.BucketPolicy(
      `${name}-policy`,
      { bucket: bucket.bucket, policy: buildBucketPolicy(args.bucketName) },
      // One after the other: S3 refuses both at once.
      { ...parent, dependsOn: [publicAccess] },
    );

    this.bucketName = args.bucketName;
    this.keyArn = key.arn;
    this.registerOutputs({ bucketName: this.bucketName, keyArn: this.keyArn });
  }
}
