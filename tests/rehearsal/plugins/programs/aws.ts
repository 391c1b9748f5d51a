/** Programs for the tests of the aws stand-in. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

import { buildInstanceArgs } from "../../../../components/lib/backup-managed-database";
import { buildReplicationPolicy, buildReplicationTrust } from "../../../../components/lib/iam-backup";
import { BackupBucket } from "../../../../components/lib/s3-backup-bucket";
import { buildReplicationRule } from "../../../../components/lib/s3-rules";
import { buildSecretPolicy, buildSecretsKeyPolicy } from "../../../../components/lib/secrets-policies";
import type { Program } from "../../../helpers/plugin-stack";

/** Account and regions of the tests. */
export const ACCOUNT = "111122223333";
export const REGION = "us-east-1";
export const SECOND_REGION = "us-west-2";

/** Where AWS is. */
export interface Where {
  readonly endpoint: string;
  readonly provider?: aws.ProviderArgs;
}

/** A provider as components/lib/providers.ts makes it for the rehearsal. */
function makeProvider(name: string, region: string, { endpoint, provider = {} }: Where): aws.Provider {
  const services = ["s3", "kms", "secretsmanager", "iam", "sts", "wafv2", "rds", "logs"];
  return new aws.Provider(name, {
    region: region as aws.Region,
    defaultTags: { tags: { app: "maestroverse" } },
    accessKey: "access-of-the-test",
    secretKey: "key-of-the-test",
    s3UsePathStyle: true,
    endpoints: [Object.fromEntries(services.map((service) => [service, endpoint]))],
    skipCredentialsValidation: true,
    skipRequestingAccountId: true,
    skipMetadataApiCheck: true,
    skipRegionValidation: true,
    ...provider,
  });
}

/** What changes in {@link backups}. */
export interface BackupSettings extends Where {
  readonly retentionDays?: number;
  readonly objectLockDays?: number;
  readonly description?: string;
}

/** The backups' buckets in two regions, with the copy from one to the other. */
export function backups({ retentionDays = 30, objectLockDays = 7, description = "Copies", ...where }: BackupSettings): Program {
  return () => {
    const [first, second] = [makeProvider("first", REGION, where), makeProvider("second", SECOND_REGION, where)];
    const inFirst = { provider: first };
    const role = new aws.iam.Role("role", { name: "replication", description, assumeRolePolicy: buildReplicationTrust() }, inFirst);
    const settings = { accountId: ACCOUNT, keyStatements: [], keyRoles: [role], retentionDays, objectLockDays };
    const source = new BackupBucket("source", { ...settings, bucketName: "dumps" }, { providers: { aws: first } });
    const copy = new BackupBucket("copy", { ...settings, bucketName: "dumps-copy" }, { providers: { aws: second } });
    const policy = buildReplicationPolicy("dumps", "dumps-copy");
    new aws.iam.RolePolicy("role-policy", { name: "copy", role: role.name, policy }, inFirst);
    new aws.s3.BucketReplicationConfig(
      "replication",
      { bucket: "dumps", role: role.arn, rules: [buildReplicationRule("dumps-copy", copy.keyArn)] },
      { ...inFirst, dependsOn: [source, copy] },
    );
    return Promise.resolve({ roleArn: role.arn, copyKeyArn: copy.keyArn });
  };
}

/** One step of a rotation as components/app-secrets.ts makes it: the tags name what exists, the values are what the labels are to give. */
export interface RotationStep extends Where {
  readonly currentTag: string;
  readonly previousTag: string;
  readonly current: Readonly<Record<string, string>>;
  readonly previous: Readonly<Record<string, string>>;
  readonly recoveryWindowInDays?: number;
  readonly replicas?: readonly string[];
}

/** A bundle of secrets with its key, its policy, its replica and two labelled versions. */
export function rotation(step: RotationStep): Program {
  return () => {
    const { recoveryWindowInDays = 30, replicas = [SECOND_REGION], currentTag, previousTag } = step;
    const provider = { provider: makeProvider("first", REGION, step) };
    const key = new aws.kms.Key("key", { enableKeyRotation: true, policy: buildSecretsKeyPolicy(ACCOUNT) }, provider);
    const secret = new aws.secretsmanager.Secret(
      "bundle",
      {
        name: "app/secrets",
        kmsKeyId: key.arn,
        recoveryWindowInDays,
        replicas: replicas.map((region) => ({ region })),
        tags: { currentTag },
      },
      provider,
    );
    const policy = buildSecretPolicy(ACCOUNT);
    new aws.secretsmanager.SecretPolicy("policy", { secretArn: secret.arn, blockPublicPolicy: true, policy }, provider);
    const version = (name: string, stage: string, values: object, dependsOn: pulumi.Resource[]) =>
      new aws.secretsmanager.SecretVersion(
        name,
        { secretId: secret.id, secretString: pulumi.secret(JSON.stringify(values)), versionStages: [stage] },
        { ...provider, retainOnDelete: true, dependsOn },
      );
    const current = version(`current-${currentTag}`, "AWSCURRENT", step.current, []);
    version(`previous-${previousTag}`, "AWSPREVIOUS", step.previous, [current]);
    return Promise.resolve({ secretArn: secret.arn, currentVersion: current.versionId, value: current.secretString });
  };
}

/** One version of a secret, its labels as they are given. */
export function oneVersion({ stages, value = "plain-but-secret", ...where }: Where & { stages?: string[]; value?: string }): Program {
  return () => {
    const provider = { provider: makeProvider("first", REGION, where) };
    const secret = new aws.secretsmanager.Secret("labels", { name: "labels", recoveryWindowInDays: 0 }, provider);
    const version = new aws.secretsmanager.SecretVersion(
      "version",
      { secretId: secret.id, secretString: value, ...(stages !== undefined && { versionStages: stages }) },
      provider,
    );
    return Promise.resolve({ versionId: version.versionId, stages: version.versionStages });
  };
}

/** What changes in {@link edge}. */
export interface EdgeSettings extends Where {
  readonly limit?: number;
  readonly windowSeconds?: number;
  readonly days?: number;
  readonly action?: "block" | "count";
}

const visibility = (metricName: string) => ({ cloudwatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true });

/** A web ACL with what hangs on it. */
export function edge({ limit = 120, windowSeconds = 60, days = 90, action = "block", ...where }: EdgeSettings): Program {
  return () => {
    const provider = { provider: makeProvider("first", REGION, where) };
    const header = { singleHeader: { name: "host" } };
    const byteMatchStatement = {
      fieldToMatch: header,
      positionalConstraint: "EXACTLY",
      searchString: "api.example.com",
      textTransformations: [{ priority: 0, type: "LOWERCASE" }],
    };
    const customResponse = { responseCode: 429, customResponseBodyKey: "slow", responseHeaders: [{ name: "Retry-After", value: "60" }] };
    const webAcl = new aws.wafv2.WebAcl(
      "web-acl",
      {
        name: "edge",
        description: "Limits",
        scope: "REGIONAL",
        defaultAction: { allow: {} },
        customResponseBodies: [{ key: "slow", contentType: "APPLICATION_JSON", content: "{}" }],
        rules: [
          {
            name: "common",
            priority: 1,
            overrideAction: { count: {} },
            statement: { managedRuleGroupStatement: { vendorName: "AWS", name: "AWSManagedRulesCommonRuleSet" } },
            visibilityConfig: visibility("common"),
          },
          {
            name: "rate",
            priority: 0,
            action: action === "block" ? { block: { customResponse } } : { count: {} },
            statement: {
              rateBasedStatement: {
                aggregateKeyType: "IP",
                limit,
                evaluationWindowSec: windowSeconds,
                scopeDownStatement: { notStatement: { statement: { byteMatchStatement } } },
              },
            },
            visibilityConfig: visibility("rate"),
          },
        ],
        visibilityConfig: visibility("edge"),
      },
      provider,
    );
    const logGroup = new aws.cloudwatch.LogGroup("log", { name: "aws-waf-logs-edge", retentionInDays: days }, provider);
    new aws.wafv2.WebAclLoggingConfiguration(
      "logging",
      { resourceArn: webAcl.arn, logDestinationConfigs: [logGroup.arn], redactedFields: [header] },
      provider,
    );
    const resourceArn = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:loadbalancer/app/edge/0123456789abcdef`;
    new aws.wafv2.WebAclAssociation("association", { resourceArn, webAclArn: webAcl.arn }, provider);
    return Promise.resolve({ webAclArn: webAcl.arn, logGroupArn: logGroup.arn });
  };
}

/** What changes in {@link database}. */
export interface DatabaseSettings extends Where {
  readonly retentionDays?: number;
  readonly deletionProtection?: boolean;
  readonly copy?: boolean;
}

/** The managed database, and the copy of its backups. */
export function database({ retentionDays = 30, deletionProtection = false, copy = false, ...where }: DatabaseSettings): Program {
  return () => {
    const [first, second] = [makeProvider("first", REGION, where), makeProvider("second", SECOND_REGION, where)];
    const instance = new aws.rds.Instance(
      "database",
      {
        ...buildInstanceArgs({
          instanceIdentifier: "shop",
          instanceClass: "db.r6g.large",
          engineVersion: "15.8",
          allocatedStorageGibibytes: 100,
          subnetGroup: "default",
          retentionDays,
          databaseName: "shop",
          port: 5432,
          adminUser: "administrator",
        }),
        dbSubnetGroupName: pulumi.output(undefined),
        deletionProtection,
      },
      { provider: first },
    );
    if (copy)
      new aws.rds.InstanceAutomatedBackupsReplication(
        "copy",
        { sourceDbInstanceArn: instance.arn, retentionPeriod: retentionDays },
        { provider: second },
      );
    return Promise.resolve({ arn: instance.arn, endpoint: instance.endpoint, resourceId: instance.resourceId });
  };
}

/** Past the types: what a program in plain JavaScript could pass. */
class Untyped extends pulumi.CustomResource {}

/** One resource of any type with any inputs. */
export function anything({ type, inputs, ...where }: Where & { type: string; inputs: Record<string, unknown> }): Program {
  return () => {
    new Untyped(type, "anything", inputs, { provider: makeProvider("first", REGION, where) });
    return Promise.resolve();
  };
}

/** Resources that name themselves, and a change of a bucket that only a replacement can make. */
export function unnamed({ objectLockEnabled = false, ...where }: Where & { objectLockEnabled?: boolean }): Program {
  return () => {
    const provider = { provider: makeProvider("first", REGION, where) };
    const bucket = new aws.s3.Bucket("Auto", { objectLockEnabled, forceDestroy: true }, provider);
    const key = new aws.kms.Key("key", { deletionWindowInDays: 7 }, provider);
    const alias = new aws.kms.Alias("auto", { targetKeyId: key.keyId }, provider);
    const fixed = new aws.s3.Bucket("fixed", { bucket: "fixed", objectLockEnabled, region: SECOND_REGION }, provider);
    return Promise.resolve({ bucket: bucket.bucket, alias: alias.name, keyId: key.keyId, region: fixed.region });
  };
}

/** One of each type that is recognised by its tags when the state forgot it. */
export function named({ description = "first", ...where }: Where & { description?: string }): Program {
  return () => {
    const provider = { provider: makeProvider("first", REGION, where) };
    new aws.s3.Bucket("bucket", { bucket: "named" }, provider);
    new aws.iam.Role("role", { name: "named", description, assumeRolePolicy: buildReplicationTrust() }, provider);
    new aws.secretsmanager.Secret("secret", { name: "named", description, recoveryWindowInDays: 0 }, provider);
    new aws.cloudwatch.LogGroup("log", { name: "named" }, provider);
    const acl = { name: "named", description, scope: "REGIONAL", defaultAction: { allow: {} }, visibilityConfig: visibility("named") };
    new aws.wafv2.WebAcl("acl", acl, provider);
    return Promise.resolve();
  };
}
