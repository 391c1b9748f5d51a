/** AWS S3: buckets. What hangs on a bucket is in s3-settings.ts. */
import type { BucketLocationConstraint, S3 } from "@aws-sdk/client-s3";

import { unlessGone } from "./clients";
import { type AwsType, REGION } from "./handler";
import { block, flag, optional, text, textByKey } from "./shape";
import { fromTagList, type Tags, tagsIn, toTagList } from "./tags";

/** The one region that a bucket may not name. */
const CLASSIC_REGION = "us-east-1";
/** Objects that S3 deletes in one request. */
const DELETE_BATCH = 1000;

/**
 * `aws.s3.Bucket`. Its deprecated inputs (`versioning`, `policy`…) are refused: they have resources of their own. The outputs
 * `hostedZoneId`, `websiteDomain` and `websiteEndpoint` are missing: nothing here serves a website.
 */
export const bucket: AwsType = {
  inputs: block({
    ...REGION,
    bucket: optional(text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "be 3 to 63 lower-case letters, digits and .-")),
    forceDestroy: optional(flag, { fallback: false, unread: true }),
    objectLockEnabled: optional(flag, { fallback: false }),
    tags: optional(textByKey),
  }),
  identity: ["bucket"],
  replaces: ["objectLockEnabled"],
  autoName: { input: "bucket", from: (name) => name.toLowerCase() },
  async create(region, inputs) {
    const [s3, Bucket] = [await region.client("s3"), inputs["bucket"] as string];
    // S3 says nothing when one's own bucket exists already in its first region, and leaves it as it is.
    if ((await unlessGone(s3.headBucket({ Bucket }), "NotFound", "NoSuchBucket")) !== undefined)
      throw new Error(`S3 bucket ${Bucket} already exists. Delete it, import it (pulumi import), or choose another name.`);
    await s3.createBucket({
      Bucket,
      ObjectLockEnabledForBucket: inputs["objectLockEnabled"] === true,
      ...(region.name !== CLASSIC_REGION && {
        CreateBucketConfiguration: { LocationConstraint: region.name as BucketLocationConstraint },
      }),
    });
    await s3.putBucketTagging({ Bucket, Tagging: { TagSet: toTagList(tagsIn(inputs)) } });
    return Bucket;
  },
  async read(region, Bucket) {
    const s3 = await region.client("s3");
    if ((await unlessGone(s3.headBucket({ Bucket }), "NotFound", "NoSuchBucket")) === undefined) return undefined;
    const lock = await unlessGone(s3.getObjectLockConfiguration({ Bucket }), "ObjectLockConfigurationNotFoundError");
    return {
      live: {
        bucket: Bucket,
        objectLockEnabled: lock?.ObjectLockConfiguration?.ObjectLockEnabled === "Enabled",
        tags: await readTags(s3, Bucket),
      },
      computed: {
        arn: `arn:aws:s3:::${Bucket}`,
        bucketDomainName: `${Bucket}.s3.amazonaws.com`,
        bucketRegionalDomainName: `${Bucket}.s3.${region.name}.amazonaws.com`,
        bucketRegion: region.name,
      },
    };
  },
  // forceDestroy alone changes in place, and S3 knows nothing of it.
  update: () => Promise.resolve(),
  async tag(region, Bucket, _state, { all }) {
    await (await region.client("s3")).putBucketTagging({ Bucket, Tagging: { TagSet: toTagList(all) } });
  },
  async delete(region, Bucket, state) {
    const s3 = await region.client("s3");
    if (state["forceDestroy"] === true) await empty(s3, Bucket);
    await unlessGone(s3.deleteBucket({ Bucket }), "NoSuchBucket");
  },
  async find(region, inputs) {
    const Bucket = inputs["bucket"] as string;
    const s3 = await region.client("s3");
    if ((await unlessGone(s3.headBucket({ Bucket }), "NotFound", "NoSuchBucket")) === undefined) return undefined;
    return { id: Bucket, tags: await readTags(s3, Bucket) };
  },
};

async function readTags(s3: S3, Bucket: string): Promise<Tags> {
  return fromTagList((await unlessGone(s3.getBucketTagging({ Bucket }), "NoSuchTagSet"))?.TagSet);
}

/** Deletes every version of every object. @throws Error when object lock keeps one */
async function empty(s3: S3, Bucket: string): Promise<void> {
  for (;;) {
    const page = await unlessGone(s3.listObjectVersions({ Bucket, MaxKeys: DELETE_BATCH }), "NoSuchBucket");
    const Objects = [...(page?.Versions ?? []), ...(page?.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return;
    const { Errors = [] } = await s3.deleteObjects({ Bucket, Delete: { Objects, Quiet: true }, BypassGovernanceRetention: true });
    const [first] = Errors;
    if (first !== undefined) throw new Error(`S3 bucket ${Bucket} cannot be emptied: ${first.Key}: ${first.Code} ${first.Message}`);
  }
}
