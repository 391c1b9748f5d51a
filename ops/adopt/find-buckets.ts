/** The buckets of the program that exist already, and which of their settings somebody made. */
import type { S3 } from "@aws-sdk/client-s3";
import { type Candidate, type Finder, textAt } from "./candidate";
import { type AwsOf, strangerByTags } from "./find-aws";

/** What S3 says of a setting that nobody made, and of a bucket that is not there. */
const ABSENT = [
  "NoSuchBucket",
  "NotFound",
  "NoSuchBucketPolicy",
  "NoSuchLifecycleConfiguration",
  "ObjectLockConfigurationNotFoundError",
  "NoSuchPublicAccessBlockConfiguration",
  "OwnershipControlsNotFoundError",
  "ReplicationConfigurationNotFoundError",
  "ServerSideEncryptionConfigurationNotFoundError",
  "NoSuchTagSet",
];
/** What S3 answers for a bucket that belongs to another account. */
const FORBIDDEN = 403;

async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (ABSENT.includes((error as Error).name)) return undefined;
    throw error;
  }
}

/** Whether a bucket has a setting, by type of resource. A bucket that never had versions has no `Status`. */
const SETTINGS: Readonly<Record<string, (client: S3, Bucket: string) => Promise<unknown>>> = {
  BucketVersioning: async (client, Bucket) => (await unlessAbsent(client.getBucketVersioning({ Bucket })))?.Status,
  BucketObjectLockConfiguration: async (client, Bucket) =>
    (await unlessAbsent(client.getObjectLockConfiguration({ Bucket })))?.ObjectLockConfiguration?.Rule,
  BucketLifecycleConfiguration: (client, Bucket) => unlessAbsent(client.getBucketLifecycleConfiguration({ Bucket })),
  BucketServerSideEncryptionConfiguration: (client, Bucket) => unlessAbsent(client.getBucketEncryption({ Bucket })),
  BucketOwnershipControls: (client, Bucket) => unlessAbsent(client.getBucketOwnershipControls({ Bucket })),
  BucketPublicAccessBlock: (client, Bucket) => unlessAbsent(client.getPublicAccessBlock({ Bucket })),
  BucketPolicy: (client, Bucket) => unlessAbsent(client.getBucketPolicy({ Bucket })),
  BucketReplicationConfig: (client, Bucket) => unlessAbsent(client.getBucketReplication({ Bucket })),
};

const BUCKET = "aws:s3/bucket:Bucket";
const typeOf = (setting: string) => `aws:s3/${setting.charAt(0).toLowerCase()}${setting.slice(1)}:${setting}`;

/** Finders by type token. */
export function bucketFinders(
  awsOf: AwsOf,
  environment: string,
  pathStyle: boolean,
  regionOf: (candidate: Candidate) => string,
): Readonly<Record<string, Finder>> {
  const clientFor = async (candidate: Candidate) => {
    const { S3: Sdk } = await import("@aws-sdk/client-s3");
    return new Sdk({ ...awsOf(regionOf(candidate)), forcePathStyle: pathStyle });
  };
  /** The bucket that a setting is of: said, or that of the component which both are parts of. */
  const bucketOf = ({ inputs, urn }: Candidate, all: readonly Candidate[]) => {
    const part = all.find((each) => each.type === BUCKET && parentOf(each) === parentOf({ urn }));
    return textAt(part?.inputs, "bucket") ?? textAt(inputs, "bucket");
  };
  const settings = Object.entries(SETTINGS).map(([setting, read]): [string, Finder] => [
    typeOf(setting),
    async (candidate, all) => {
      const bucket = bucketOf(candidate, all);
      if (bucket === undefined) return undefined;
      return (await read(await clientFor(candidate), bucket)) === undefined ? undefined : { id: bucket };
    },
  ]);
  return {
    ...Object.fromEntries(settings),
    [BUCKET]: async (candidate) => {
      const Bucket = textAt(candidate.inputs, "bucket");
      if (Bucket === undefined) return undefined;
      const client = await clientFor(candidate);
      try {
        if ((await unlessAbsent(client.headBucket({ Bucket }))) === undefined) return undefined;
      } catch (error) {
        if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== FORBIDDEN) throw error;
        return {
          id: Bucket,
          stranger: "it is not this account's, or these credentials may not see it: names of buckets are the whole world's",
        };
      }
      const { TagSet = [] } = (await unlessAbsent(client.getBucketTagging({ Bucket }))) ?? {};
      return {
        id: Bucket,
        stranger: strangerByTags(Object.fromEntries(TagSet.map(({ Key = "", Value = "" }) => [Key, Value])), environment),
      };
    },
  };
}

/** What two parts of one component share: types of the URN but the last, and the first of their names. */
function parentOf({ urn }: Pick<Candidate, "urn">): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.slice(0, types.lastIndexOf("$"))} ${name.split("-").slice(0, 2).join("-")}`;
}
