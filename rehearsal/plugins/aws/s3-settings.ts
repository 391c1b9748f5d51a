/** AWS S3: what hangs on a bucket, one resource each. Their ids are the bucket's name. */
import type * as s3 from "@aws-sdk/client-s3";

import type { Properties } from "../lib/contract";
import { unlessGone } from "./clients";
import { type AwsType, REGION } from "./handler";
import { replicationRule, lifecycleRule } from "./s3-rule-shapes";
import { block, type Field, flag, list, optional, policy, required, set, text, whole } from "./shape";

const BUCKET = { ...REGION, bucket: required(text()) };
const NO_BUCKET = "NoSuchBucket";

interface BucketSetting {
  /** Inputs beside the bucket. */
  readonly fields: Readonly<Record<string, Field>>;
  /** @param api the inputs as S3 spells them */
  put(client: s3.S3, Bucket: string, api: Properties, inputs: Properties): Promise<unknown>;
  /** What S3 has, in its spelling or (by `live`) in the program's. */
  get(client: s3.S3, Bucket: string): Promise<object | undefined>;
  /** Error by which S3 says that there is none. */
  readonly missing?: string;
  /** Inputs made of S3's answer. @default its members of the fields' names */
  live?(answer: Properties): Properties;
  remove(client: s3.S3, Bucket: string, state: Properties): Promise<unknown>;
  /** Errors that mean that there is nothing to remove. */
  readonly unremovable?: string;
  rules?(inputs: Properties): string[];
  readonly replaces?: readonly string[];
}

function setting({
  fields,
  put,
  get,
  missing = NO_BUCKET,
  live,
  remove,
  unremovable = NO_BUCKET,
  rules,
  replaces = [],
}: BucketSetting): AwsType {
  const shape = block(fields);
  const apply = async (client: s3.S3, inputs: Properties) => put(client, inputs["bucket"] as string, shape.toApi(inputs), inputs);
  return {
    inputs: block({ ...BUCKET, ...fields }),
    identity: ["bucket"],
    replaces,
    ...(rules !== undefined && { rules }),
    async create(region, inputs) {
      await apply(await region.client("s3"), inputs);
      return inputs["bucket"] as string;
    },
    async read(region, bucket) {
      const answer = (await unlessGone(get(await region.client("s3"), bucket), NO_BUCKET, missing)) as Properties | undefined;
      return answer && { live: { bucket, ...(live?.(answer) ?? shape.fromApi(answer)) } };
    },
    async update(region, _id, { news }) {
      await apply(await region.client("s3"), news);
    },
    async delete(region, bucket, state) {
      await unlessGone(remove(await region.client("s3"), bucket, state), NO_BUCKET, missing, unremovable);
    },
  };
}

/** `aws.s3.BucketVersioning`; to delete it suspends the versioning, which nothing can undo. */
export const bucketVersioning = setting({
  fields: {
    versioningConfiguration: required(
      block({
        status: required(text(["Enabled", "Suspended", "Disabled"])),
        mfaDelete: optional(text(["Enabled", "Disabled"]), { computed: true, api: "MFADelete" }),
      }),
    ),
  },
  async put(client, Bucket, { VersioningConfiguration }) {
    const wanted = VersioningConfiguration as s3.VersioningConfiguration;
    // A bucket that never had versions is disabled, and cannot be put so.
    if ((wanted.Status as string) !== "Disabled") await client.putBucketVersioning({ Bucket, VersioningConfiguration: wanted });
  },
  get: (client, Bucket) => client.getBucketVersioning({ Bucket }),
  live: ({ Status = "Disabled" }) => ({ versioningConfiguration: { status: Status } }),
  async remove(client, Bucket, state) {
    if ((state["versioningConfiguration"] as Properties)["status"] === "Enabled")
      await client.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Suspended" } });
  },
  // With object lock versioning stays as it is: the official plugin forgets it, too.
  unremovable: "InvalidBucketState",
});

/** `aws.s3.BucketPolicy` */
export const bucketPolicy = setting({
  fields: { policy: required(policy) },
  put: (client, Bucket, { Policy }) => client.putBucketPolicy({ Bucket, Policy: Policy as string }),
  get: (client, Bucket) => client.getBucketPolicy({ Bucket }),
  missing: "NoSuchBucketPolicy",
  remove: (client, Bucket) => client.deleteBucketPolicy({ Bucket }),
});

/** `aws.s3.BucketLifecycleConfiguration` */
export const bucketLifecycleConfiguration = setting({
  fields: {
    rules: required(set(lifecycleRule)),
    transitionDefaultMinimumObjectSize: optional(text(["all_storage_classes_128K", "varies_by_storage_class"]), { computed: true }),
  },
  put: (client, Bucket, { Rules, TransitionDefaultMinimumObjectSize }) =>
    client.putBucketLifecycleConfiguration({
      Bucket,
      LifecycleConfiguration: { Rules: Rules as s3.LifecycleRule[] },
      TransitionDefaultMinimumObjectSize: TransitionDefaultMinimumObjectSize as s3.TransitionDefaultMinimumObjectSize | undefined,
    }),
  get: (client, Bucket) => client.getBucketLifecycleConfiguration({ Bucket }),
  missing: "NoSuchLifecycleConfiguration",
  remove: (client, Bucket) => client.deleteBucketLifecycle({ Bucket }),
});

/** `aws.s3.BucketObjectLockConfiguration`; to delete it lifts the default retention, object lock itself stays. */
export const bucketObjectLockConfiguration = setting({
  fields: {
    objectLockEnabled: optional(text(["Enabled"]), { fallback: "Enabled" }),
    rule: optional(
      block({
        defaultRetention: required(
          block({
            mode: optional(text(["GOVERNANCE", "COMPLIANCE"])),
            // moto answers with 0 for the one that is not given.
            days: optional(whole(1), { fallback: 0 }),
            years: optional(whole(1), { fallback: 0 }),
          }),
        ),
      }),
    ),
  },
  replaces: ["objectLockEnabled"],
  put: (client, Bucket, { Rule }) =>
    client.putObjectLockConfiguration({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: Rule as s3.ObjectLockRule | undefined },
    }),
  get: async (client, Bucket) => (await client.getObjectLockConfiguration({ Bucket })).ObjectLockConfiguration,
  missing: "ObjectLockConfigurationNotFoundError",
  remove: (client, Bucket) => client.putObjectLockConfiguration({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } }),
});

/** `aws.s3.BucketOwnershipControls` */
export const bucketOwnershipControls = setting({
  fields: {
    rule: required(block({ objectOwnership: required(text(["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"])) })),
  },
  put: (client, Bucket, { Rule }) =>
    client.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules: [Rule as s3.OwnershipControlsRule] } }),
  async get(client, Bucket) {
    const [Rule] = (await client.getBucketOwnershipControls({ Bucket })).OwnershipControls?.Rules ?? [];
    return Rule && { Rule };
  },
  missing: "OwnershipControlsNotFoundError",
  remove: (client, Bucket) => client.deleteBucketOwnershipControls({ Bucket }),
});

/** `aws.s3.BucketPublicAccessBlock` */
export const bucketPublicAccessBlock = setting({
  fields: {
    blockPublicAcls: optional(flag, { fallback: false }),
    blockPublicPolicy: optional(flag, { fallback: false }),
    ignorePublicAcls: optional(flag, { fallback: false }),
    restrictPublicBuckets: optional(flag, { fallback: false }),
    skipDestroy: optional(flag, { fallback: false, unread: true }),
  },
  put: (client, Bucket, { BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets }) =>
    client.putPublicAccessBlock({
      Bucket,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: BlockPublicAcls === true,
        BlockPublicPolicy: BlockPublicPolicy === true,
        IgnorePublicAcls: IgnorePublicAcls === true,
        RestrictPublicBuckets: RestrictPublicBuckets === true,
      },
    }),
  get: async (client, Bucket) => (await client.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration,
  missing: "NoSuchPublicAccessBlockConfiguration",
  remove: async (client, Bucket, state) => state["skipDestroy"] === true || (await client.deletePublicAccessBlock({ Bucket })),
});

/** `aws.s3.BucketReplicationConfig` */
export const bucketReplicationConfig = setting({
  fields: { role: required(text()), rules: required(list(replicationRule)) },
  rules: ({ rules }) => (Array.isArray(rules) && rules.length > 1000 ? ["rules must be 1000 at most."] : []),
  put: (client, Bucket, { Role, Rules }) =>
    client.putBucketReplication({ Bucket, ReplicationConfiguration: { Role: Role as string, Rules: Rules as s3.ReplicationRule[] } }),
  get: async (client, Bucket) => (await client.getBucketReplication({ Bucket })).ReplicationConfiguration,
  missing: "ReplicationConfigurationNotFoundError",
  remove: (client, Bucket) => client.deleteBucketReplication({ Bucket }),
});

/** `aws.s3.BucketServerSideEncryptionConfiguration`; to delete it gives the bucket S3's own encryption back. */
export const bucketServerSideEncryptionConfiguration = setting({
  fields: {
    rules: required(
      set(
        block({
          applyServerSideEncryptionByDefault: optional(
            block({
              sseAlgorithm: required(text(["AES256", "aws:kms", "aws:kms:dsse"]), { api: "SSEAlgorithm" }),
              kmsMasterKeyId: optional(text(), { api: "KMSMasterKeyID" }),
            }),
          ),
          bucketKeyEnabled: optional(flag, { fallback: false }),
        }),
      ),
    ),
  },
  put: (client, Bucket, { Rules }) =>
    client.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: Rules as s3.ServerSideEncryptionRule[] } }),
  get: async (client, Bucket) => (await client.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration,
  missing: "ServerSideEncryptionConfigurationNotFoundError",
  remove: (client, Bucket) => client.deleteBucketEncryption({ Bucket }),
});
