/**
 * Runbook §5: nightly backups that restore. `pg_dump`: a CronJob dumps to `/backups` and to S3, and S3 copies to a second region. `rds`: the
 * managed alternative. `both`: the two.
 */
import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CronExpressionParser } from "cron-parser";
import type { HardenedNamespace } from "./namespace";
import { ManagedDatabase, type RdsSettings } from "./lib/backup-managed-database";
import { BACKUP_NAME, BACKUP_PREFIX, BACKUP_VOLUME_CLAIM, REPLICATION_ROLE_NAME, roleArn } from "./lib/backup-names";
import { buildBackupNetworkPolicy, buildBackupPod } from "./lib/backup-pod";
import { refuse } from "./lib/component-error";
import {
  buildBackupPolicy,
  buildBackupTrust,
  buildReplicationPolicy,
  buildReplicationTrust,
  copyKeyStatements,
  sourceKeyStatements,
} from "./lib/iam-backup";
import type { DatabaseNetwork } from "./lib/network-policy";
import { type DatabaseCredential, partsOf } from "./lib/pod-secret";
import { BackupBucket } from "./lib/s3-backup-bucket";
import { buildReplicationRule } from "./lib/s3-rules";

/** Seconds that a missed run may start late: a control plane that was away for less than an hour costs no night. */
const STARTING_DEADLINE_SECONDS = 3600;
/** Seconds after which a run is ended: 100 GB at 10 MB/s take less than 3 hours, and the day starts at 6. */
const ACTIVE_DEADLINE_SECONDS = 14_400;
/** Retries of a failed run: a node that died or S3 that was away; a wrong password fails all three. */
const RETRIES = 2;
/** Finished Jobs that are kept to look at: the last nights, and more of those that failed. */
const SUCCESSFUL_JOBS = 3;
const FAILED_JOBS = 5;

/** Arguments of {@link Backups}. */
export interface BackupsArgs {
  /** Which of the two ways; decides what exists. */
  readonly method: "pg_dump" | "rds" | "both";
  /** Cron expression of the dump, five fields. */
  readonly schedule: string;
  /** IANA time zone of the schedule. */
  readonly timeZone: string;
  /** Days that dumps are kept, 30 at least. */
  readonly retentionDays: number;
  /** Public keys of age that dumps are encrypted for before they leave the pod; none: KMS alone encrypts them. */
  readonly ageRecipients: readonly string[];
  /** Image reference of the backup program. */
  readonly image: string;
  readonly bucket: string;
  readonly secondRegionBucket: string;
  /** Days of object lock (governance), at most the retention. */
  readonly objectLockDays: number;
  /** GiB of the /backups volume. */
  readonly volumeGibibytes: number;
  /** Host and path of the cluster's OIDC provider, without scheme. */
  readonly oidcProvider: string;
  readonly accountId: string;
  readonly region: string;
  readonly secondRegion: string;
  /** S3 endpoint instead of AWS's own, with static credentials; rehearsal only. */
  readonly s3Endpoint?: string | undefined;
  readonly database: DatabaseNetwork & { readonly name: string; readonly adminUser: string };
  /** maestro_backup's credential. */
  readonly backupSecret: DatabaseCredential;
  /** The instance; needed by the methods rds and both. */
  readonly rds?: RdsSettings | undefined;
  readonly namespace: HardenedNamespace;
  readonly labels: Readonly<Record<string, string>>;
  /** Provider of the second region. */
  readonly secondRegionProvider: pulumi.ProviderResource;
}

/** The backups. @see docs/runbook/5-backups.md */
export class Backups extends pulumi.ComponentResource {
  /** `s3://<bucket>/<prefix>`; undefined with method rds. */
  readonly location: string | undefined;
  /** `s3://<secondRegionBucket>/<prefix>`; undefined with method rds. */
  readonly secondRegionLocation: string | undefined;
  /** The CronJob; undefined with method rds. */
  readonly cronJobName: string | undefined;
  /** Role that the backup pod assumes; undefined with method rds. */
  readonly roleArn: pulumi.Output<string> | undefined;
  /** ARN of the RDS instance; undefined with method pg_dump. */
  readonly instanceArn: pulumi.Output<string> | undefined;

  constructor(name: string, args: BackupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("maestroverse:ops:Backups", name, {}, opts);
    refuse("Backups", validateBackups(args));

    if (args.method !== "rds") {
      const role = this.storage(name, args);
      this.cronJob(name, args, role.dependencies);
      this.location = `s3://${args.bucket}/${BACKUP_PREFIX}`;
      this.secondRegionLocation = `s3://${args.secondRegionBucket}/${BACKUP_PREFIX}`;
      this.cronJobName = BACKUP_NAME;
      this.roleArn = role.arn;
    }
    if (args.method !== "pg_dump" && args.rds !== undefined) {
      const { name: databaseName, port, adminUser } = args.database;
      this.instanceArn = new ManagedDatabase(
        `${name}-database`,
        { ...args.rds, accountId: args.accountId, databaseName, port, adminUser, secondRegionProvider: args.secondRegionProvider },
        { parent: this },
      ).instanceArn;
    }
    this.registerOutputs({
      location: this.location,
      secondRegionLocation: this.secondRegionLocation,
      cronJobName: this.cronJobName,
      roleArn: this.roleArn,
      instanceArn: this.instanceArn,
    });
  }

  /** Two buckets, the copy from one to the other, and the role that writes the dumps. */
  private storage(name: string, args: BackupsArgs): { arn: pulumi.Output<string>; dependencies: pulumi.Resource[] } {
    const parent = { parent: this };
    const { accountId } = args;
    const role = new aws.iam.Role(
      `${name}-role`,
      {
        name: BACKUP_NAME,
        description: "Writes the nightly dumps (runbook section 5)",
        assumeRolePolicy: buildBackupTrust({ ...args, namespaceName: args.namespace.namespaceName }),
      },
      parent,
    );
    const replicationRole = new aws.iam.Role(
      `${name}-replication-role`,
      {
        name: REPLICATION_ROLE_NAME,
        description: "Copies the dumps to the second region (runbook section 5)",
        assumeRolePolicy: buildReplicationTrust(),
      },
      parent,
    );
    const settings = { ...args, keyRoles: [role, replicationRole] };
    const primary = new BackupBucket(
      `${name}-primary`,
      { ...settings, bucketName: args.bucket, keyStatements: sourceKeyStatements(accountId, args.region) },
      parent,
    );
    const copy = new BackupBucket(
      `${name}-copy`,
      { ...settings, bucketName: args.secondRegionBucket, keyStatements: copyKeyStatements(accountId, args.secondRegion) },
      { ...parent, provider: args.secondRegionProvider },
    );
    const rolePolicy = new aws.iam.RolePolicy(
      `${name}-role-policy`,
      { name: "write-dumps", role: role.name, policy: buildBackupPolicy(args.bucket) },
      parent,
    );
    const replicationPolicy = new aws.iam.RolePolicy(
      `${name}-replication-role-policy`,
      { name: "copy-dumps", role: replicationRole.name, policy: buildReplicationPolicy(args.bucket, args.secondRegionBucket) },
      parent,
    );
    const replication = new aws.s3.BucketReplicationConfig(
      `${name}-replication`,
      { bucket: args.bucket, role: replicationRole.arn, rules: [buildReplicationRule(args.secondRegionBucket, copy.keyArn)] },
      { ...parent, dependsOn: [primary, copy, replicationPolicy] },
    );
    // Objects that lie there before the replication does are never copied: the first dump waits for it.
    return { arn: role.arn, dependencies: [rolePolicy, replication] };
  }

  /** The nightly dump. */
  private cronJob(name: string, args: BackupsArgs, dependencies: readonly pulumi.Resource[]): void {
    const selector = { "app.kubernetes.io/name": BACKUP_NAME };
    const labels = { ...args.labels, ...selector };
    const namespace = args.namespace.namespaceName;
    const inNamespace = { parent: this, dependsOn: [args.namespace.namespace] };
    const { secretName, authority } = args.backupSecret;
    const serviceAccount = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      {
        metadata: {
          name: BACKUP_NAME,
          namespace,
          labels,
          annotations: { "eks.amazonaws.com/role-arn": roleArn(args.accountId, BACKUP_NAME) },
        },
        automountServiceAccountToken: false,
      },
      inNamespace,
    );
    const volume = new k8s.core.v1.PersistentVolumeClaim(
      `${name}-volume`,
      {
        metadata: {
          name: BACKUP_VOLUME_CLAIM,
          namespace,
          labels,
          // Most storage classes bind a claim when its first pod comes, which is at 02:00.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: `${args.volumeGibibytes}Gi` } } },
      },
      // The cluster gives them, also to a claim that was there before: one less would be another claim to the provider, and the dumps be gone.
      { ...inNamespace, ignoreChanges: ["spec.storageClassName", "spec.volumeMode", "spec.volumeName"] },
    );
    const networkPolicy = new k8s.networking.v1.NetworkPolicy(
      `${name}-network-policy`,
      { metadata: { name: BACKUP_NAME, namespace, labels }, spec: buildBackupNetworkPolicy(selector, args.database, args.s3Endpoint) },
      inNamespace,
    );
    new k8s.batch.v1.CronJob(
      `${name}-cron-job`,
      {
        metadata: { name: BACKUP_NAME, namespace, labels },
        spec: {
          schedule: args.schedule,
          timeZone: args.timeZone,
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: STARTING_DEADLINE_SECONDS,
          successfulJobsHistoryLimit: SUCCESSFUL_JOBS,
          failedJobsHistoryLimit: FAILED_JOBS,
          jobTemplate: {
            metadata: { labels },
            spec: {
              backoffLimit: RETRIES,
              activeDeadlineSeconds: ACTIVE_DEADLINE_SECONDS,
              template: buildBackupPod({ ...args, secretName, authorityConfigMap: authority?.configMapName, selector }),
            },
          },
        },
      },
      { parent: this, dependsOn: [serviceAccount, volume, networkPolicy, ...partsOf(args.backupSecret), ...dependencies] },
    );
  }
}

/** Problems of the arguments, one line each; empty when there is none. */
export function validateBackups(
  args: Pick<
    BackupsArgs,
    | "method"
    | "rds"
    | "schedule"
    | "timeZone"
    | "retentionDays"
    | "objectLockDays"
    | "bucket"
    | "secondRegionBucket"
    | "region"
    | "secondRegion"
    | "s3Endpoint"
  >,
): string[] {
  const problems: string[] = [];
  const check = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  check(
    args.method === "pg_dump" || args.rds !== undefined,
    `rds must be given when method is ${args.method}, got nothing. Describe the instance, or set method to pg_dump.`,
  );
  try {
    CronExpressionParser.parse(args.schedule, { tz: args.timeZone });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(
      `schedule must be a cron expression of five fields in an IANA time zone, got ${JSON.stringify(args.schedule)} in ` +
        `${JSON.stringify(args.timeZone)} (${reason}). Write for example 0 2 * * * in Etc/UTC.`,
    );
  }
  check(
    Number.isInteger(args.retentionDays) && args.retentionDays >= 30,
    `retentionDays must be 30 or more (runbook section 5), got ${args.retentionDays}. Raise it.`,
  );
  check(
    Number.isInteger(args.objectLockDays) && args.objectLockDays >= 1 && args.objectLockDays <= args.retentionDays,
    `objectLockDays must be 1 to retentionDays (${args.retentionDays}), got ${args.objectLockDays}: a locked dump cannot expire. Change it.`,
  );
  check(
    args.bucket !== args.secondRegionBucket,
    `secondRegionBucket must be another bucket than bucket, got ${args.secondRegionBucket} for both. Bucket names are global: choose another.`,
  );
  check(
    args.region !== args.secondRegion,
    `secondRegion must be another region than region, got ${args.secondRegion} for both. A copy beside the original is none.`,
  );
  check(
    args.s3Endpoint === undefined || /^http:\/\/127\.0\.0\.1:\d+$/.test(args.s3Endpoint),
    `s3Endpoint must be http://127.0.0.1:<port>, got ${args.s3Endpoint}: dumps would go to a server that is not AWS. Leave it out.`,
  );
  return problems;
}
