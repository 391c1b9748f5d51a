/** Names of the backups' objects (runbook §5): all known at preview, so that policies, keys and roles can refer to each other without a cycle. */

/** Name of the CronJob, its pods, its ServiceAccount, its IAM role and its program in the image. */
export const BACKUP_NAME = "maestroverse-backup";
/** Name of the PersistentVolumeClaim behind {@link BACKUP_DIRECTORY}. */
export const BACKUP_VOLUME_CLAIM = "maestroverse-backups";
/** Where dumps are written, as the runbook has it. */
export const BACKUP_DIRECTORY = "/backups";
/** Prefix of every object in the buckets; the backup pod writes nowhere else. */
export const BACKUP_PREFIX = "postgresql/";
/** Name of the IAM role by which S3 copies to the second region. */
export const REPLICATION_ROLE_NAME = "maestroverse-backup-replication";
/** Alias of the key of a region's bucket. */
export const BACKUP_KEY_ALIAS = "alias/maestroverse-backup";
/** Alias of the keys of the managed database: its storage, and its backups in the second region. */
export const DATABASE_KEY_ALIAS = "alias/maestroverse-database";

/** ARN of a bucket. */
export const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`;
/** ARN of an IAM role. */
export const roleArn = (accountId: string, roleName: string) => `arn:aws:iam::${accountId}:role/${roleName}`;
/** ARN of {@link BACKUP_KEY_ALIAS} in a region. */
export const backupKeyAliasArn = (accountId: string, region: string) => `arn:aws:kms:${region}:${accountId}:${BACKUP_KEY_ALIAS}`;
