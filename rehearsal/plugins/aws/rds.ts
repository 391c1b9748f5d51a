/** AWS RDS: database instances and the copies of their backups in another region. */
import type { CreateDBInstanceCommandInput, DBInstance, ModifyDBInstanceCommandInput, RDS } from "@aws-sdk/client-rds";
import { setTimeout as sleep } from "node:timers/promises";

import type { Properties } from "../lib/contract";
import { unlessGone } from "./clients";
import { type AwsType, REGION } from "./handler";
import { block, type Field, flag, oneOfNumbers, optional, required, set, text, textByKey, whole } from "./shape";
import { fromTagList, tagsIn, toTagList } from "./tags";

const NOT_FOUND = ["DBInstanceNotFound", "DBInstanceNotFoundFault"];
/** moto takes it and never tells: read back it would look like drift for ever. */
const NOT_TOLD_BY_MOTO = { unread: true };
const POLL_MILLISECONDS = 5_000;
/** The official plugin's patience for each operation. */
const PATIENCE_MILLISECONDS = 60 * 60_000;

/** Inputs that say how an instance goes, and that RDS never tells. */
const INTENTIONS: Readonly<Record<string, Field>> = {
  allowMajorVersionUpgrade: optional(flag, { fallback: false, unread: true }),
  applyImmediately: optional(flag, { fallback: false, unread: true }),
  deleteAutomatedBackups: optional(flag, { fallback: true, unread: true }),
  finalSnapshotIdentifier: optional(text(), { unread: true }),
  skipFinalSnapshot: optional(flag, { fallback: false, unread: true }),
};

/** Inputs that RDS takes at creation only. */
const FIXED: Readonly<Record<string, Field>> = {
  availabilityZone: optional(text(), { computed: true }),
  dbName: optional(text(), { computed: true, api: "DBName" }),
  engine: required(text()),
  kmsKeyId: optional(text(), { computed: true }),
  storageEncrypted: optional(flag, { fallback: false }),
  username: optional(text(), { computed: true, api: "MasterUsername" }),
};

/** Inputs that RDS takes at creation and later. */
const CHANGEABLE: Readonly<Record<string, Field>> = {
  allocatedStorage: optional(whole(5, 65_536, "GiB"), { computed: true }),
  autoMinorVersionUpgrade: optional(flag, { fallback: true }),
  backupRetentionPeriod: optional(whole(0, 35, "days"), { computed: true }),
  backupWindow: optional(text(), { computed: true, api: "PreferredBackupWindow" }),
  caCertIdentifier: optional(text(), { computed: true, api: "CACertificateIdentifier" }),
  copyTagsToSnapshot: optional(flag, { fallback: false }),
  dbSubnetGroupName: optional(text(), { computed: true, api: "DBSubnetGroupName" }),
  deletionProtection: optional(flag, { fallback: false }),
  enabledCloudwatchLogsExports: optional(set(text()), { api: "EnableCloudwatchLogsExports" }),
  engineVersion: optional(text(), { computed: true }),
  iamDatabaseAuthenticationEnabled: optional(flag, { fallback: false, api: "EnableIAMDatabaseAuthentication" }),
  instanceClass: required(text(/^db\./, "be an instance class such as db.r6g.large"), { api: "DBInstanceClass" }),
  iops: optional(whole(1000), { computed: true }),
  maintenanceWindow: optional(text(), { computed: true, api: "PreferredMaintenanceWindow" }),
  manageMasterUserPassword: optional(flag),
  masterUserSecretKmsKeyId: optional(text(), { computed: true }),
  maxAllocatedStorage: optional(whole(0, 65_536, "GiB"), { fallback: 0 }),
  monitoringInterval: optional(oneOfNumbers([0, 1, 5, 10, 15, 30, 60], "seconds"), { fallback: 0 }),
  monitoringRoleArn: optional(text(), { computed: true }),
  multiAz: optional(flag, { computed: true, api: "MultiAZ" }),
  parameterGroupName: optional(text(), { computed: true, api: "DBParameterGroupName" }),
  password: optional(text(), { unread: true, api: "MasterUserPassword" }),
  performanceInsightsEnabled: optional(flag, { fallback: false, api: "EnablePerformanceInsights", ...NOT_TOLD_BY_MOTO }),
  performanceInsightsKmsKeyId: optional(text(), { api: "PerformanceInsightsKMSKeyId", ...NOT_TOLD_BY_MOTO }),
  performanceInsightsRetentionPeriod: optional(whole(7, 731, "days"), NOT_TOLD_BY_MOTO),
  port: optional(whole(1150, 65_535), { computed: true }),
  publiclyAccessible: optional(flag, { fallback: false }),
  storageThroughput: optional(whole(125), { computed: true }),
  storageType: optional(text(["standard", "gp2", "gp3", "io1", "io2"]), { computed: true }),
  vpcSecurityGroupIds: optional(set(text()), { computed: true }),
};

const settings = block({ ...FIXED, ...CHANGEABLE });

/** `aws.rds.Instance`; its id is RDS's resource id. Replicas, restores, Active Directory and the write-only password are refused. */
export const instance: AwsType = {
  inputs: block({
    ...REGION,
    ...INTENTIONS,
    ...settings.fields,
    identifier: optional(text(/^[a-z][a-z0-9-]{0,62}$/, "be 1 to 63 lower-case letters, digits and -, the first a letter")),
    tags: optional(textByKey),
  }),
  identity: ["identifier"],
  replaces: Object.keys(FIXED),
  autoName: { input: "identifier", from: (name) => name.toLowerCase() },
  secrets: ["password"],
  rules(inputs) {
    const { backupRetentionPeriod, manageMasterUserPassword, password, skipFinalSnapshot, finalSnapshotIdentifier } = inputs;
    const problems: string[] = [];
    if ((manageMasterUserPassword === true) === (password !== undefined))
      problems.push("password must be given, or manageMasterUserPassword: true: one of the two.");
    if (skipFinalSnapshot !== true && finalSnapshotIdentifier === undefined)
      problems.push("finalSnapshotIdentifier must be given, or skipFinalSnapshot: true. The last snapshot needs a name.");
    if (backupRetentionPeriod === 0 && inputs["deleteAutomatedBackups"] === false)
      problems.push("backupRetentionPeriod must be 1 or more days when deleteAutomatedBackups is false.");
    return problems;
  },
  async create(region, inputs) {
    const rds = await region.client("rds");
    const DBInstanceIdentifier = inputs["identifier"] as string;
    const wanted = settings.toApi(inputs) as unknown as CreateDBInstanceCommandInput;
    const { DBInstance } = await rds.createDBInstance({ ...wanted, DBInstanceIdentifier, Tags: toTagList(tagsIn(inputs)) });
    const id = DBInstance?.DbiResourceId ?? "";
    await available(rds, id);
    return id;
  },
  async read(region, id) {
    const found = await find(await region.client("rds"), id);
    return found && { live: { ...liveOf(found), tags: fromTagList(found.TagList) }, computed: computedOf(found) };
  },
  async update(region, id, { news, state, changes }) {
    const rds = await region.client("rds");
    const changed = Object.keys(CHANGEABLE).filter((name) => changes(name) && news[name] !== undefined);
    const DBInstanceIdentifier = state["identifier"] as string;
    if (changed.length > 0) {
      const { EnableCloudwatchLogsExports, ...wanted } = block(CHANGEABLE).toApi(
        Object.fromEntries(changed.map((name) => [name, news[name]])),
      );
      await rds.modifyDBInstance({
        ...(wanted as unknown as ModifyDBInstanceCommandInput),
        DBInstanceIdentifier,
        ...(EnableCloudwatchLogsExports !== undefined && { CloudwatchLogsExportConfiguration: exportsChange(state, news) }),
        AllowMajorVersionUpgrade: news["allowMajorVersionUpgrade"] === true,
        ApplyImmediately: news["applyImmediately"] === true,
      });
      await available(rds, id);
    }
  },
  async tag(region, _id, { arn }, { all, removed }) {
    const [rds, ResourceName] = [await region.client("rds"), arn as string];
    if (removed.length > 0) await rds.removeTagsFromResource({ ResourceName, TagKeys: [...removed] });
    await rds.addTagsToResource({ ResourceName, Tags: toTagList(all) });
  },
  async delete(region, id, state) {
    const rds = await region.client("rds");
    const skip = state["skipFinalSnapshot"] === true;
    const deleted = await unlessGone(
      rds.deleteDBInstance({
        DBInstanceIdentifier: state["identifier"] as string,
        SkipFinalSnapshot: skip,
        ...(!skip && { FinalDBSnapshotIdentifier: state["finalSnapshotIdentifier"] as string }),
        DeleteAutomatedBackups: state["deleteAutomatedBackups"] !== false,
      }),
      ...NOT_FOUND,
    );
    if (deleted !== undefined) await until(async () => (await find(rds, id)) === undefined, `database ${id} to be gone`);
  },
};

/** The inputs in RDS's answer, which spells some otherwise than its requests. */
function liveOf(found: DBInstance): Properties {
  return {
    ...settings.fromApi({
      ...found,
      EnableCloudwatchLogsExports: found.EnabledCloudwatchLogsExports,
      EnableIAMDatabaseAuthentication: found.IAMDatabaseAuthenticationEnabled,
      ManageMasterUserPassword: found.MasterUserSecret === undefined ? undefined : true,
      MasterUserSecretKmsKeyId: found.MasterUserSecret?.KmsKeyId,
      DBSubnetGroupName: found.DBSubnetGroup?.DBSubnetGroupName,
      DBParameterGroupName: found.DBParameterGroups?.[0]?.DBParameterGroupName,
      VpcSecurityGroupIds: found.VpcSecurityGroups?.map(({ VpcSecurityGroupId }) => VpcSecurityGroupId),
      Port: found.Endpoint?.Port,
    }),
    identifier: found.DBInstanceIdentifier,
  };
}

function computedOf({ DBInstanceArn, Endpoint, EngineVersion, DbiResourceId, DBInstanceStatus, MasterUserSecret }: DBInstance): Properties {
  const { Address, Port, HostedZoneId } = Endpoint ?? {};
  return {
    arn: DBInstanceArn,
    address: Address,
    endpoint: Address === undefined ? undefined : `${Address}:${Port}`,
    hostedZoneId: HostedZoneId,
    engineVersionActual: EngineVersion,
    resourceId: DbiResourceId,
    status: DBInstanceStatus,
    masterUserSecrets:
      MasterUserSecret === undefined
        ? []
        : [{ kmsKeyId: MasterUserSecret.KmsKeyId, secretArn: MasterUserSecret.SecretArn, secretStatus: MasterUserSecret.SecretStatus }],
  };
}

function exportsChange(state: Properties, news: Properties) {
  const [before, after] = [state, news].map((each) => (each["enabledCloudwatchLogsExports"] ?? []) as string[]) as [string[], string[]];
  return {
    EnableLogTypes: after.filter((name) => !before.includes(name)),
    DisableLogTypes: before.filter((name) => !after.includes(name)),
  };
}

async function find(rds: RDS, id: string): Promise<DBInstance | undefined> {
  const found = await unlessGone(rds.describeDBInstances({ Filters: [{ Name: "dbi-resource-id", Values: [id] }] }), ...NOT_FOUND);
  return found?.DBInstances?.find(({ DbiResourceId }) => DbiResourceId === id);
}

const available = (rds: RDS, id: string) =>
  until(async () => (await find(rds, id))?.DBInstanceStatus === "available", `database ${id} to be available`);

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (const started = Date.now(); !(await holds()); await sleep(POLL_MILLISECONDS))
    if (Date.now() - started > PATIENCE_MILLISECONDS) throw new Error(`Gave up waiting for ${what}. Look at it in RDS, then run again.`);
}

/** `aws.rds.InstanceAutomatedBackupsReplication`; its id is the ARN of the backups in the region of the provider. moto does not know it. */
export const instanceAutomatedBackupsReplication: AwsType = {
  inputs: block({
    ...REGION,
    kmsKeyId: optional(text()),
    retentionPeriod: optional(whole(1, 35, "days"), { fallback: 7, api: "BackupRetentionPeriod" }),
    sourceDbInstanceArn: required(text(/^arn:aws[\w-]*:rds:/, "be an instance's ARN")),
  }),
  identity: ["sourceDbInstanceArn"],
  async create(region, inputs) {
    const { DBInstanceAutomatedBackup } = await (
      await region.client("rds")
    ).startDBInstanceAutomatedBackupsReplication({
      SourceDBInstanceArn: inputs["sourceDbInstanceArn"] as string,
      BackupRetentionPeriod: inputs["retentionPeriod"] as number | undefined,
      KmsKeyId: inputs["kmsKeyId"] as string | undefined,
    });
    return DBInstanceAutomatedBackup?.DBInstanceAutomatedBackupsArn ?? "";
  },
  async read(region, DBInstanceAutomatedBackupsArn) {
    const rds = await region.client("rds");
    const answer = await unlessGone(
      rds.describeDBInstanceAutomatedBackups({ DBInstanceAutomatedBackupsArn }),
      "DBInstanceAutomatedBackupNotFound",
      "DBInstanceAutomatedBackupNotFoundFault",
    );
    const found = answer?.DBInstanceAutomatedBackups?.[0];
    return found && { live: { ...this.inputs.fromApi(found), sourceDbInstanceArn: found.DBInstanceArn } };
  },
  async delete(region, _id, state) {
    const SourceDBInstanceArn = state["sourceDbInstanceArn"] as string;
    const rds = await region.client("rds");
    await unlessGone(rds.stopDBInstanceAutomatedBackupsReplication({ SourceDBInstanceArn }), ...NOT_FOUND);
  },
};
