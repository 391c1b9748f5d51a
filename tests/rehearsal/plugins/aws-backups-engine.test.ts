import { IAM } from "@aws-sdk/client-iam";
import { KMS } from "@aws-sdk/client-kms";
import { S3 } from "@aws-sdk/client-s3";

import { type Moto, startMoto } from "../../helpers/moto";
import { PluginStack } from "../../helpers/plugin-stack";
import { ACCOUNT, backups, type BackupSettings, REGION, SECOND_REGION } from "./programs/aws";

jest.setTimeout(240_000);

const ALL = 28;
const NO_STATEMENT_OF_OURS = { Version: "2012-10-17", Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "*" }] };

let moto: Moto;
let stack: PluginStack;
let clients: { s3: S3; iam: IAM; kms: KMS };
beforeAll(async () => {
  moto = await startMoto();
  stack = PluginStack.create({ packages: ["aws"], stackName: "test-aws" });
  const config = moto.client(REGION);
  clients = { s3: new S3(config), iam: new IAM(config), kms: new KMS(config) };
});
afterAll(async () => {
  stack?.remove();
  await moto?.stop();
});

const bind = (settings: Omit<BackupSettings, "endpoint"> = {}) => stack.bind(backups({ endpoint: moto.endpoint, ...settings }));
const up = async (...args: Parameters<typeof bind>) => (await (await bind(...args)).up()).summary.resourceChanges;
const refresh = async () => (await (await bind()).refresh()).summary.resourceChanges;

/** What the first bucket's settings are. */
async function settingsOfDumps() {
  const { s3 } = clients;
  const bucket = { Bucket: "dumps" };
  const [versioning, lock, lifecycle, encryption, ownership, access, policy] = await Promise.all([
    s3.getBucketVersioning(bucket),
    s3.getObjectLockConfiguration(bucket),
    s3.getBucketLifecycleConfiguration(bucket),
    s3.getBucketEncryption(bucket),
    s3.getBucketOwnershipControls(bucket),
    s3.getPublicAccessBlock(bucket),
    s3.getBucketPolicy(bucket),
  ]);
  return {
    versioning: versioning.Status,
    lock: lock.ObjectLockConfiguration?.Rule?.DefaultRetention?.Days,
    expiration: lifecycle.Rules?.map((rule) => rule.Expiration?.Days),
    algorithm: encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
    ownership: ownership.OwnershipControls?.Rules?.[0]?.ObjectOwnership,
    access: Object.values(access.PublicAccessBlockConfiguration ?? {}),
    statements: (JSON.parse(policy.Policy ?? "{}") as { Statement: unknown[] }).Statement.length,
  };
}

const DUMPS = {
  versioning: "Enabled",
  lock: 7,
  expiration: [30, undefined],
  algorithm: "aws:kms",
  ownership: "BucketOwnerEnforced",
  access: [true, true, true, true],
  statements: 3,
};

/** The tags of the program on a bucket. */
async function tags(): Promise<Record<string, string | undefined>> {
  const { TagSet = [] } = await clients.s3.getBucketTagging({ Bucket: "dumps" });
  return Object.fromEntries(TagSet.filter(({ Key }) => !Key?.startsWith("ops.")).map(({ Key = "", Value }) => [Key, Value]));
}

describe("the backups' buckets, keys and roles", () => {
  it("are made as the program has them, in both regions", async () => {
    expect(await up()).toEqual({ create: ALL });
    expect(await settingsOfDumps()).toEqual(DUMPS);
    const { s3, kms } = clients;
    expect((await s3.getBucketLocation({ Bucket: "dumps-copy" })).LocationConstraint).toBe(SECOND_REGION);
    expect(await tags()).toEqual({ app: "maestroverse" });
    const { Aliases = [] } = await kms.listAliases({});
    const key = Aliases.find(({ AliasName }) => AliasName === "alias/maestroverse-backup")?.TargetKeyId;
    expect((await kms.getKeyRotationStatus({ KeyId: key })).KeyRotationEnabled).toBe(true);
    const { ReplicationConfiguration } = await s3.getBucketReplication({ Bucket: "dumps" });
    expect([ReplicationConfiguration?.Role, ReplicationConfiguration?.Rules?.[0]?.Destination?.Bucket]).toEqual([
      `arn:aws:iam::${ACCOUNT}:role/replication`,
      "arn:aws:s3:::dumps-copy",
    ]);
  });

  it("stay as they are on a second run and on a refresh", async () => {
    expect(await up()).toEqual({ same: ALL });
    expect(await refresh()).toEqual({ same: ALL });
  });

  it("are no drift when AWS words a policy otherwise", async () => {
    const { s3 } = clients;
    const { Policy = "" } = await s3.getBucketPolicy({ Bucket: "dumps" });
    const document = JSON.parse(Policy) as { Statement: object[] };
    await s3.putBucketPolicy({
      Bucket: "dumps",
      Policy: JSON.stringify({ ...document, Statement: document.Statement.reverse() }, null, 2),
    });
    expect(await refresh()).toEqual({ same: ALL });
  });

  it("show on a refresh what somebody changed or took away, and get it back", async () => {
    const { s3, iam, kms } = clients;
    const bucket = { Bucket: "dumps" };
    const other = (await kms.createKey({})).KeyMetadata?.KeyId ?? "";
    const AliasName = "alias/maestroverse-backup";
    const key = (await kms.describeKey({ KeyId: AliasName })).KeyMetadata?.KeyId;
    await kms.disableKeyRotation({ KeyId: key });
    await kms.updateAlias({ AliasName, TargetKeyId: other });
    await iam.updateRole({ RoleName: "replication", Description: "changed" });
    await iam.putRolePolicy({ RoleName: "replication", PolicyName: "copy", PolicyDocument: JSON.stringify(NO_STATEMENT_OF_OURS) });
    await s3.putBucketTagging({ ...bucket, Tagging: { TagSet: [{ Key: "theirs", Value: "1" }] } });
    await s3.putObjectLockConfiguration({
      ...bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } } },
    });
    const rule = { ID: "expire-dumps", Status: "Enabled" as const, Filter: { Prefix: "" }, Expiration: { Days: 1 } };
    await s3.putBucketLifecycleConfiguration({ ...bucket, LifecycleConfiguration: { Rules: [rule] } });
    const weak = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const } };
    await s3.putBucketEncryption({ ...bucket, ServerSideEncryptionConfiguration: { Rules: [weak] } });
    await s3.putBucketOwnershipControls({ ...bucket, OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] } });
    await s3.putPublicAccessBlock({ ...bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: false } });
    await s3.deleteBucketPolicy(bucket);
    await s3.deleteBucketReplication(bucket);
    // AWS itself refuses this on a bucket with object lock.
    await s3.putBucketVersioning({ ...bucket, VersioningConfiguration: { Status: "Suspended" } });

    expect(await refresh()).toEqual({ same: ALL - 13, update: 11, delete: 2 });
    expect(await up()).toEqual({ same: ALL - 13, update: 11, create: 2 });
    expect(await settingsOfDumps()).toEqual(DUMPS);
    expect(await tags()).toEqual({ app: "maestroverse" });
    expect((await kms.describeKey({ KeyId: AliasName })).KeyMetadata?.KeyId).toBe(key);
    expect((await kms.getKeyRotationStatus({ KeyId: key })).KeyRotationEnabled).toBe(true);
    expect((await iam.getRole({ RoleName: "replication" })).Role?.Description).toBe("Copies");
    expect(await refresh()).toEqual({ same: ALL });
  });

  it("change in place", async () => {
    expect(await up({ retentionDays: 60, objectLockDays: 3, description: "Copies dumps" })).toEqual({ same: ALL - 5, update: 5 });
    expect(await settingsOfDumps()).toEqual({ ...DUMPS, lock: 3, expiration: [60, undefined] });
    expect((await clients.iam.getRole({ RoleName: "replication" })).Role?.Description).toBe("Copies dumps");
    expect(await up()).toEqual({ same: ALL - 5, update: 5 });
  });

  it("get the provider's tags when those change, whether they have tags of their own or not", async () => {
    const provider = { defaultTags: { tags: { environment: "test" } } };
    // Two providers, two keys, two buckets, one role.
    expect(await up({ provider })).toEqual({ same: ALL - 7, update: 7 });
    expect(await tags()).toEqual({ environment: "test" });
    expect(await up()).toEqual({ same: ALL - 7, update: 7 });
  });

  it("leave nothing after destroy but keys that wait for their deletion", async () => {
    const { s3, iam, kms } = clients;
    const key = (await kms.describeKey({ KeyId: "alias/maestroverse-backup" })).KeyMetadata?.KeyId;
    expect((await (await bind()).destroy()).summary.resourceChanges).toEqual({ delete: ALL });
    expect((await s3.listBuckets({})).Buckets).toEqual([]);
    expect((await iam.listRoles({})).Roles).toEqual([]);
    expect((await kms.listAliases({})).Aliases?.filter(({ AliasName }) => AliasName?.includes("backup"))).toEqual([]);
    const { KeyState, DeletionDate } = (await kms.describeKey({ KeyId: key })).KeyMetadata ?? {};
    expect([KeyState, Math.round(((DeletionDate?.getTime() ?? 0) - Date.now()) / 86_400_000)]).toEqual(["PendingDeletion", 30]);
  });

  it("take dumps as the bucket's policy has it: any encryption but KMS is refused, none is the bucket's own", async () => {
    await up();
    const put = (encryption?: "AES256" | "aws:kms") =>
      clients.s3.putObject({ Bucket: "dumps", Key: "postgresql/a.dump", Body: "x", ServerSideEncryption: encryption });
    await expect(put("AES256")).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    expect([(await put()).ServerSideEncryption, (await put("aws:kms")).ServerSideEncryption]).toEqual(["aws:kms", "aws:kms"]);
  });
});
