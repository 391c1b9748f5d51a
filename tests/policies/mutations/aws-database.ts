import type { EditableSettings } from "../../helpers/policy-stack";
import { add, defect as anyDefect, edit, type Mutation, remove, type Transform } from "../mutation";

const INSTANCE = "aws:rds/instance:Instance";
const COPY = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication";
const GROUP = "aws:rds/parameterGroup:ParameterGroup";

/** A stack whose database is AWS's, beside the nightly dumps. */
const withDatabase = (settings: EditableSettings) => {
  settings["backups"].method = "both";
  settings["backups"].rds = {
    instanceIdentifier: "maestroverse-prod",
    instanceClass: "db.r6g.large",
    engineVersion: "15.8",
    allocatedStorageGibibytes: 100,
    subnetGroup: "maestroverse",
    retentionDays: 35,
  };
};

const defect = (...defectOfOthers: Parameters<typeof anyDefect>): Mutation => ({
  ...anyDefect(...defectOfOthers),
  settings: withDatabase,
  // Its settings are as good as prod's: one stack tells as much as two.
  stacks: ["prod"],
});

/** An input is another one, or absent. */
const changed = (rule: string, field: string, value: string | boolean | undefined, says: string) =>
  defect(
    `the database's ${field} is ${value === undefined ? "absent" : JSON.stringify(value)}`,
    rule,
    edit(INSTANCE, (inputs) => (value === undefined ? delete inputs[field] : (inputs[field] = value))),
    `backup-database-instance: ${field} is ${value ?? "absent"}. ${says}`,
  );

/** Runs edits one after the other. */
const both =
  (...transforms: readonly Transform[]): Transform =>
  (resources) =>
    transforms.reduce((edited, transform) => transform(edited), resources);

/** Defects of a database server of AWS. */
export const AWS_DATABASE_MUTATIONS: readonly Mutation[] = [
  changed("database-disallow-public", "publiclyAccessible", true, "Set it to false."),
  changed("database-disallow-public", "publiclyAccessible", undefined, "Set it to false."),
  changed("database-enforce-encryption", "storageEncrypted", false, "Set it to true."),
  changed("database-enforce-encryption", "kmsKeyId", undefined, "Set it to the ARN of the stack's key."),
  changed("database-enforce-encryption", "performanceInsightsKmsKeyId", undefined, "Set it to the ARN of the stack's key."),
  changed("database-disallow-deletion", "deletionProtection", undefined, "Set it to true."),
  changed("database-disallow-deletion", "skipFinalSnapshot", true, "Set it to false."),
  changed("database-disallow-deletion", "deleteAutomatedBackups", true, "Set it to false."),
  changed("database-disallow-deletion", "finalSnapshotIdentifier", undefined, "Name the last snapshot."),
  changed("database-disallow-password", "manageMasterUserPassword", undefined, "Set it to true."),
  changed("database-disallow-password", "masterUserSecretKmsKeyId", undefined, "Set it to the ARN of the stack's key."),
  defect(
    "the administrator's password is given",
    "database-disallow-password",
    edit(INSTANCE, (inputs) => (inputs.password = "correct horse battery staple")),
    "backup-database-instance: password is set. Remove it: the state would hold it.",
  ),
  changed("database-enforce-tls", "engineVersion", "14.12", "Use 15 or later, or a group with rds.force_ssl = 1."),
  changed("database-enforce-tls", "caCertIdentifier", "rds-ca-2019", "Set it to rds-ca-rsa2048-g1"),
  changed("database-enforce-tls", "caCertIdentifier", undefined, "Set it to rds-ca-rsa2048-g1"),
  defect(
    "the database's own parameters let clear connections in",
    "database-enforce-tls",
    both(
      edit(INSTANCE, (inputs) => (inputs.parameterGroupName = "lax")),
      add(GROUP, "lax", { name: "lax", family: "postgres15", parameters: [{ name: "rds.force_ssl", value: "0" }] }),
    ),
    "backup-database-instance: parameterGroupName is lax. Name a group of this stack with rds.force_ssl = 1.",
  ),
  changed("database-enable-standby", "multiAz", false, "Set it to true."),
  changed("database-configure-upgrades", "autoMinorVersionUpgrade", undefined, "Set it to true."),
  changed("database-configure-upgrades", "allowMajorVersionUpgrade", true, "Set it to false."),
  defect(
    "the database's log stays on its server",
    "database-enable-logs",
    edit(INSTANCE, (inputs) => (inputs.enabledCloudwatchLogsExports = ["upgrade"])),
    'backup-database-instance: enabledCloudwatchLogsExports is ["upgrade"]. Add postgresql.',
  ),
  defect(
    "the database's backups go with the region",
    "database-enable-backup-copy",
    remove(COPY),
    `backup-database-instance: ${COPY} is 0. Add one for each of the 1 instances.`,
  ),
  defect(
    "copies of the database's backups go before their originals",
    "database-enable-backup-copy",
    edit(COPY, (inputs) => (inputs.retentionPeriod = 34)),
    "backup-database-backups-copy: retentionPeriod is 34. Set it to 35 days, as the instance's.",
  ),
  defect(
    "copies of the database's backups name no key",
    "database-enable-backup-copy",
    edit(COPY, (inputs) => delete inputs.kmsKeyId),
    "backup-database-backups-copy: kmsKeyId is absent. Name the second region's key.",
  ),
  {
    defect: "a cluster is left to AWS's defaults",
    transform: add("aws:rds/cluster:Cluster", "cluster", {
      engine: "aurora-postgresql",
      engineVersion: "16.4",
      masterPassword: "not-to-be-shown",
    }),
    caughtBy: [
      "database-disallow-deletion",
      "database-disallow-password",
      "database-enable-logs",
      "database-enforce-encryption",
      "database-enforce-tls",
    ],
    says: [
      "cluster: masterPassword is set.",
      "cluster: storageEncrypted is absent.",
      "cluster: deletionProtection is absent.",
      "cluster: enabledCloudwatchLogsExports is [].",
      "cluster: caCertIdentifier is absent.",
    ],
  },
  {
    defect: "a cluster's server is left to AWS's defaults",
    transform: add("aws:rds/clusterInstance:ClusterInstance", "server", { engine: "aurora-postgresql" }),
    caughtBy: ["database-configure-upgrades", "database-disallow-public"],
    says: ["server: publiclyAccessible is absent.", "server: autoMinorVersionUpgrade is absent."],
  },
];
