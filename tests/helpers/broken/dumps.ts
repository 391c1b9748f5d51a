/** Breaks the buckets of the dumps: objects by versions of their own, which are taken back; settings by what they were. */
import {
  DeleteBucketLifecycleCommand,
  DeleteBucketReplicationCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketReplicationCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Settings } from "../../../config";
import { manifestName } from "../../../ops/backup/dump-files";
import type { Manifest } from "../../../ops/backup/manifest";
import { listAll, readText, wholeDumps } from "../../../ops/recovery/dumps";
import type { Systems } from "../../../ops/verify/systems";
import type { Undo } from "./undo";

/** One of the two buckets. */
export type Side = "first" | "second";

/** The buckets, and the newest dump. */
export class BreakableDumps {
  private constructor(
    private readonly sides: Readonly<Record<Side, { readonly client: S3Client; readonly bucket: string }>>,
    /** Keys of every dump and manifest. */
    private readonly keys: readonly string[],
    /** Key of the newest dump. */
    readonly newest: string,
  ) {}

  static async open(systems: Systems, { backups, aws }: Settings): Promise<BreakableDumps> {
    const sides = {
      first: { client: await systems.s3(), bucket: backups.bucket },
      second: { client: await systems.s3(aws.secondRegion), bucket: backups.secondRegionBucket },
    };
    const objects = await listAll(sides.first.client, { bucket: backups.bucket, prefix: "postgresql/" });
    const [newest] = wholeDumps(objects);
    if (newest === undefined) throw new Error("the rehearsal has no dump");
    return new BreakableDumps(
      sides,
      objects.map(({ Key = "" }) => Key),
      newest.key,
    );
  }

  /** Bytes of the newest dump. */
  async bytes(): Promise<Buffer> {
    const { client, bucket } = this.sides.first;
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: this.newest }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  /** The newest dump's manifest. */
  async manifest(): Promise<Manifest> {
    const { client, bucket } = this.sides.first;
    return JSON.parse(await readText(client, bucket, manifestName(this.newest))) as Manifest;
  }

  /** Puts an object above what is there. */
  async put(Key: string, Body: Buffer | string): Promise<Undo> {
    const { client, bucket } = this.sides.first;
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    return () => this.takeBack(Key, VersionId);
  }

  /** Deletes the newest dump's manifest. */
  loseManifest(): Promise<Undo> {
    return this.hide([manifestName(this.newest)]);
  }

  /** Deletes every dump. */
  loseAll(): Promise<Undo> {
    return this.hide(this.keys);
  }

  /** Other lifecycle rules; undefined: none. */
  async lifecycle(side: Side, change: (rules: LifecycleRule[]) => LifecycleRule[] | undefined): Promise<Undo> {
    const { client, bucket: Bucket } = this.sides[side];
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    const put = (rules: LifecycleRule[] | undefined) =>
      rules === undefined
        ? client.send(new DeleteBucketLifecycleCommand({ Bucket }))
        : client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: rules } }));
    await put(change(structuredClone(Rules)));
    return () => put(Rules);
  }

  /** No more versions. */
  async suspendVersions(side: Side): Promise<Undo> {
    const { client, bucket: Bucket } = this.sides[side];
    const put = (Status: "Enabled" | "Suspended") =>
      client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
    await put("Suspended");
    return () => put("Enabled");
  }

  /** Another number of days in which nobody deletes. */
  async lockDays(side: Side, days: number): Promise<Undo> {
    const { client, bucket: Bucket } = this.sides[side];
    const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
    const put = (Rule: NonNullable<typeof ObjectLockConfiguration>["Rule"]) =>
      client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule } }));
    await put({ DefaultRetention: { Mode: "GOVERNANCE", Days: days } });
    return () => put(ObjectLockConfiguration?.Rule);
  }

  /** Copies to no other region. @param isKept whether the rule stays, and is switched off */
  async stopCopies({ isKept }: { readonly isKept: boolean }): Promise<Undo> {
    const { client, bucket: Bucket } = this.sides.first;
    const { ReplicationConfiguration } = await client.send(new GetBucketReplicationCommand({ Bucket }));
    const put = (configuration: typeof ReplicationConfiguration) =>
      client.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration: configuration }));
    const { Role, Rules = [] } = ReplicationConfiguration ?? { Role: undefined };
    if (isKept) await put({ Role, Rules: Rules.map((rule) => ({ ...rule, Status: "Disabled" as const })) });
    else await client.send(new DeleteBucketReplicationCommand({ Bucket }));
    return () => put(ReplicationConfiguration);
  }

  /** Puts markers above objects, as a deletion does. */
  private async hide(keys: readonly string[]): Promise<Undo> {
    const { client, bucket } = this.sides.first;
    const markers = await Promise.all(
      keys.map(async (Key) => ({ Key, ...(await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))) })),
    );
    return () => Promise.all(markers.map(({ Key, VersionId }) => this.takeBack(Key, VersionId)));
  }

  private takeBack(Key: string, VersionId: string | undefined) {
    const { client, bucket } = this.sides.first;
    return client.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId, BypassGovernanceRetention: true }));
  }
}
