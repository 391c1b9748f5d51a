/** The managed alternative (runbook §5): PostgreSQL on RDS with point-in-time recovery, and its backups in a second region. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { DATABASE_KEY_ALIAS } from "./backup-names";
import { accountKeyPolicy } from "./key-policy";

/** Daily window of the automated snapshot (UTC): the runbook's 02:00. */
const BACKUP_WINDOW = "02:00-03:00";
/** Weekly window of RDS's own maintenance (UTC); must not touch the backup's. */
const MAINTENANCE_WINDOW = "sun:04:00-sun:05:00";
/** Days that Performance Insights keeps; what costs nothing. */
const PERFORMANCE_INSIGHTS_DAYS = 7;
/** Authority of the server's certificate: said, so that a new default of AWS's is a change to be reviewed. It is in each region's bundle. */
const CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1";
/** Days in which the deletion of a key can be taken back: AWS's maximum, for without the key no snapshot can be read. */
const KEY_DELETION_WINDOW_DAYS = 30;

/** Settings of the instance. */
export interface RdsSettings {
  readonly instanceIdentifier: string;
  /** For example `db.r6g.large`. */
  readonly instanceClass: string;
  /** PostgreSQL's version, for example `15.8`. */
  readonly engineVersion: string;
  readonly allocatedStorageGibibytes: number;
  /** DB subnet group: private subnets in two zones at least. */
  readonly subnetGroup: string;
  /** Days of snapshots and point-in-time recovery, 30 to 35 (RDS's maximum). */
  readonly retentionDays: number;
}

/** Arguments of {@link ManagedDatabase}. */
export interface ManagedDatabaseArgs extends RdsSettings {
  readonly accountId: string;
  readonly databaseName: string;
  readonly port: number;
  /** Administrator; its password is made and rotated by RDS in Secrets Manager. */
  readonly adminUser: string;
  readonly secondRegionProvider: pulumi.ProviderResource;
}

/** The instance, its keys and the replication of its backups. */
export class ManagedDatabase extends pulumi.ComponentResource {
  /** ARN of the instance. */
  readonly instanceArn: pulumi.Output<string>;

  constructor(name: string, args: ManagedDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("maestroverse:ops:ManagedDatabase", name, {}, opts);
    const parent = { parent: this };
    const inSecondRegion = { ...parent, provider: args.secondRegionProvider };

    const key = this.key(`${name}-key`, args, `Encrypts the database ${args.instanceIdentifier}`, parent);
    const instance = new aws.rds.Instance(
      `${name}-instance`,
      {
        ...buildInstanceArgs(args),
        kmsKeyId: key.arn,
        performanceInsightsKmsKeyId: key.arn,
        masterUserSecretKmsKeyId: key.arn,
      },
      // The data itself: to delete it takes `pulumi state unprotect` and lifting RDS's own deletion protection.
      { ...parent, protect: true },
    );
    const copyKey = this.key(`${name}-copy-key`, args, `Encrypts copies of the backups of ${args.instanceIdentifier}`, inSecondRegion);
    new aws.rds.InstanceAutomatedBackupsReplication(
      `${name}-backups-copy`,
      { sourceDbInstanceArn: instance.arn, kmsKeyId: copyKey.arn, retentionPeriod: args.retentionDays },
      inSecondRegion,
    );

    this.instanceArn = instance.arn;
    this.registerOutputs({ instanceArn: this.instanceArn });
  }

  private key(name: string, args: ManagedDatabaseArgs, description: string, opts: pulumi.CustomResourceOptions): aws.kms.Key {
    const key = new aws.kms.Key(
      name,
      {
        description,
        enableKeyRotation: true,
        deletionWindowInDays: KEY_DELETION_WINDOW_DAYS,
        policy: accountKeyPolicy(args.accountId, []),
      },
      opts,
    );
    new aws.kms.Alias(`${name}-alias`, { name: DATABASE_KEY_ALIAS, targetKeyId: key.keyId }, opts);
    return key;
  }
}

/** The instance's arguments, its keys aside. */
export function buildInstanceArgs(
  args: RdsSettings & { readonly databaseName: string; readonly port: number; readonly adminUser: string },
): aws.rds.InstanceArgs {
  return {
    identifier: args.instanceIdentifier,
    engine: "postgres",
    engineVersion: args.engineVersion,
    instanceClass: args.instanceClass,
    allocatedStorage: args.allocatedStorageGibibytes,
    // Grows by itself to twice the size: a full disk stops the database.
    maxAllocatedStorage: args.allocatedStorageGibibytes * 2,
    storageType: "gp3",
    storageEncrypted: true,
    dbName: args.databaseName,
    port: args.port,
    username: args.adminUser,
    manageMasterUserPassword: true,
    dbSubnetGroupName: args.subnetGroup,
    publiclyAccessible: false,
    caCertIdentifier: CERTIFICATE_AUTHORITY,
    multiAz: true,
    autoMinorVersionUpgrade: true,
    allowMajorVersionUpgrade: false,
    applyImmediately: false,
    backupRetentionPeriod: args.retentionDays,
    backupWindow: BACKUP_WINDOW,
    maintenanceWindow: MAINTENANCE_WINDOW,
    copyTagsToSnapshot: true,
    deleteAutomatedBackups: false,
    deletionProtection: true,
    skipFinalSnapshot: false,
    finalSnapshotIdentifier: `${args.instanceIdentifier}-final`,
    performanceInsightsEnabled: true,
    performanceInsightsRetentionPeriod: PERFORMANCE_INSIGHTS_DAYS,
    enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
  };
}
