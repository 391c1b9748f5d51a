import { defect, edit, type Mutation, remove } from "../mutation";
import { inPolicy } from "./aws";

const type = (kind: string) => `aws:s3/${kind}:${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
const BUCKET = type("bucket");
const PUBLIC_ACCESS = type("bucketPublicAccessBlock");
const VERSIONING = type("bucketVersioning");
const ENCRYPTION = type("bucketServerSideEncryptionConfiguration");
const OWNERSHIP = type("bucketOwnershipControls");
const POLICY = type("bucketPolicy");
const LOCK = type("bucketObjectLockConfiguration");
const LIFECYCLE = type("bucketLifecycleConfiguration");
const REPLICATION = type("bucketReplicationConfig");

const SIDS: Readonly<Record<string, string>> = { DenyPlainHttp: "aws:SecureTransport", DenyOldTls: "s3:TlsVersion" };

/** Defects of S3 buckets and of the copies between them. */
export const AWS_STORAGE_MUTATIONS: readonly Mutation[] = [
  ...["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].map((field) =>
    defect(
      `a bucket's ${field} is off`,
      "bucket-enforce-private",
      edit(PUBLIC_ACCESS, (inputs) => (inputs[field] = false), "backup-copy-public-access"),
      `backup-copy-public-access: ${field} is false. Set it to true in the public access block of maestroverse-`,
    ),
  ),
  defect(
    "a bucket has no public access block",
    "bucket-enforce-private",
    remove(PUBLIC_ACCESS, "backup-primary-public-access"),
    "backup-primary-bucket: blockPublicAcls is absent.",
    "backup-primary-bucket: restrictPublicBuckets is absent.",
  ),
  defect(
    "a bucket keeps no versions",
    "bucket-enable-versioning",
    edit(VERSIONING, (inputs) => (inputs.versioningConfiguration.status = "Suspended"), "backup-copy-versioning"),
    "backup-copy-versioning: versioningConfiguration.status is Suspended. Set it to Enabled for maestroverse-",
  ),
  defect(
    "a bucket's versioning is another bucket's",
    "bucket-enable-versioning",
    edit(VERSIONING, (inputs) => (inputs.bucket = "somebody-elses"), "backup-primary-versioning"),
    "backup-primary-bucket: versioningConfiguration.status is absent.",
  ),
  defect(
    "a bucket encrypts with AWS's own key",
    "bucket-enforce-encryption",
    edit(ENCRYPTION, ({ rules }) => (rules[0].applyServerSideEncryptionByDefault.sseAlgorithm = "AES256"), "backup-primary-encryption"),
    "backup-primary-encryption: rules[0].applyServerSideEncryptionByDefault.sseAlgorithm is AES256. Set it to aws:kms.",
  ),
  defect(
    "a bucket names no key",
    "bucket-enforce-encryption",
    edit(ENCRYPTION, ({ rules }) => delete rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId, "backup-copy-encryption"),
    "backup-copy-encryption: rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId is absent. Name the key.",
  ),
  defect(
    "a bucket says nothing of encryption",
    "bucket-enforce-encryption",
    remove(ENCRYPTION, "backup-copy-encryption"),
    "backup-copy-bucket: rules[0].applyServerSideEncryptionByDefault is absent.",
  ),
  defect(
    "whoever writes an object owns it",
    "bucket-enforce-ownership",
    edit(OWNERSHIP, (inputs) => (inputs.rule.objectOwnership = "ObjectWriter"), "backup-primary-ownership"),
    "backup-primary-ownership: rule.objectOwnership is ObjectWriter. Set it to BucketOwnerEnforced for maestroverse-",
  ),
  defect(
    "a bucket has access control lists",
    "bucket-enforce-ownership",
    remove(OWNERSHIP, "backup-copy-ownership"),
    "backup-copy-bucket: rule.objectOwnership is absent.",
  ),
  ...Object.entries(SIDS).map(([sid, key]) =>
    defect(
      `a bucket's policy lacks ${sid}`,
      "bucket-enforce-tls",
      inPolicy(POLICY, "backup-copy-policy", (statements) =>
        statements.splice(
          statements.findIndex(({ Sid }: { Sid: string }) => Sid === sid),
          1,
        ),
      ),
      `backup-copy-policy: policy.Statement is "nothing on ${key}". Deny s3:* on maestroverse-`,
    ),
  ),
  ...[
    ["one account", "Principal", { AWS: "arn:aws:iam::111122223333:root" }],
    ["reading", "Action", "s3:GetObject"],
    ["the bucket and not what is in it", "Resource", ["arn:aws:s3:::maestroverse-prod-backups"]],
    ["old TLS, by another word", "Condition", { Bool: { "aws:SecureTransport": "true" } }],
  ].map(([what, key, value]) =>
    defect(
      `a bucket refuses plain HTTP to ${JSON.stringify(what)} only`,
      "bucket-enforce-tls",
      inPolicy(POLICY, "backup-primary-policy", ([statement]) => (statement[key as string] = value)),
      'backup-primary-policy: policy.Statement is "nothing on aws:SecureTransport".',
    ),
  ),
  defect(
    "a bucket takes TLS 1.1",
    "bucket-enforce-tls",
    inPolicy(POLICY, "backup-primary-policy", (statements) => (statements[1].Condition.NumericLessThan["s3:TlsVersion"] = "1.1")),
    'backup-primary-policy: policy.Statement is "nothing on s3:TlsVersion".',
  ),
  defect(
    "a bucket has no policy",
    "bucket-enforce-tls",
    remove(POLICY, "backup-primary-policy"),
    'backup-primary-bucket: policy.Statement is "nothing on aws:SecureTransport".',
    'backup-primary-bucket: policy.Statement is "nothing on s3:TlsVersion".',
  ),
  defect(
    "a bucket knows no lock",
    "bucket-enable-lock",
    edit(BUCKET, (inputs) => delete inputs.objectLockEnabled, "backup-copy-bucket"),
    "backup-copy-bucket: objectLockEnabled is absent. Set it to true.",
  ),
  defect(
    "a bucket locks in no mode",
    "bucket-enable-lock",
    edit(LOCK, (inputs) => delete inputs.rule.defaultRetention.mode, "backup-copy-object-lock"),
    "backup-copy-object-lock: rule.defaultRetention.mode is absent. Set it to GOVERNANCE for maestroverse-",
  ),
  defect(
    "old versions stay for ever",
    "bucket-configure-lifecycle",
    edit(LIFECYCLE, ({ rules }) => delete rules[1].noncurrentVersionExpiration, "backup-primary-lifecycle"),
    "backup-primary-lifecycle: rules[].noncurrentVersionExpiration.noncurrentDays is absent. Set it in an enabled rule",
  ),
  defect(
    "unfinished uploads stay for ever",
    "bucket-configure-lifecycle",
    edit(LIFECYCLE, ({ rules }) => delete rules[1].abortIncompleteMultipartUpload, "backup-copy-lifecycle"),
    "backup-copy-lifecycle: rules[].abortIncompleteMultipartUpload.daysAfterInitiation is absent.",
  ),
  defect(
    "a bucket with dumps in it can be deleted",
    "bucket-disallow-forced-deletion",
    edit(BUCKET, (inputs) => (inputs.forceDestroy = true), "backup-primary-bucket"),
    "backup-primary-bucket: forceDestroy is true. Set it to false.",
  ),
  defect(
    "a bucket says nothing of its deletion",
    "bucket-disallow-forced-deletion",
    edit(BUCKET, (inputs) => delete inputs.forceDestroy, "backup-copy-bucket"),
    "backup-copy-bucket: forceDestroy is absent.",
  ),
  defect(
    "the copy names no key",
    "replication-enforce-encryption",
    edit(REPLICATION, ({ rules }) => delete rules[0].destination.encryptionConfiguration),
    "backup-replication: rules[0].destination.encryptionConfiguration.replicaKmsKeyId is absent. Name the key of the copy.",
  ),
  defect(
    "encrypted objects are not copied",
    "replication-enforce-encryption",
    edit(REPLICATION, ({ rules }) => delete rules[0].sourceSelectionCriteria),
    "backup-replication: rules[0].sourceSelectionCriteria.sseKmsEncryptedObjects.status is absent. Set it to Enabled.",
  ),
  defect(
    "deletions are copied",
    "replication-enforce-encryption",
    edit(REPLICATION, ({ rules }) => (rules[0].deleteMarkerReplication.status = "Enabled")),
    "backup-replication: rules[0].deleteMarkerReplication.status is Enabled. Set it to Disabled.",
  ),
  defect(
    "nobody sees that copies lag",
    "replication-enable-metrics",
    edit(REPLICATION, ({ rules }) => delete rules[0].destination.metrics),
    "backup-replication: rules[0].destination.metrics.status is absent. Set it to Enabled.",
  ),
  defect(
    "copies take as long as they like",
    "replication-enable-metrics",
    edit(REPLICATION, ({ rules }) => (rules[0].destination.replicationTime.status = "Disabled")),
    "backup-replication: rules[0].destination.replicationTime.status is Disabled.",
  ),
];
