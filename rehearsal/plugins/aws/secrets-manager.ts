/** AWS Secrets Manager: secrets and their policies. Their values are in secret-version.ts. */
import type { DescribeSecretCommandOutput, SecretsManager } from "@aws-sdk/client-secrets-manager";

import type { Properties } from "../lib/contract";
import { unlessGone } from "./clients";
import { type AwsType, REGION } from "./handler";
import { block, flag, optional, policy, required, set, text, textByKey, whole } from "./shape";
import { fromTagList, tagsIn, toTagList } from "./tags";

export const NOT_FOUND = "ResourceNotFoundException";
/** AWS's default, and its maximum. */
const RECOVERY_WINDOW_DAYS = 30;
/** AWS has no window of 1 to 6 days; 0 deletes at once. */
const recoveryWindow = whole(0, 30, "days");

const replica = block({ region: required(text()), kmsKeyId: optional(text(), { computed: true }) });

/** A replica in the state: its inputs, and what AWS says about it. */
interface Replica {
  readonly region: string;
  readonly kmsKeyId?: string;
}

/** `aws.secretsmanager.Secret`; its id is its ARN. The policy has a resource of its own, {@link secretPolicy}. */
export const secret: AwsType = {
  inputs: block({
    ...REGION,
    description: optional(text()),
    forceOverwriteReplicaSecret: optional(flag, { fallback: false, unread: true }),
    kmsKeyId: optional(text()),
    name: optional(text(/^[\w/+=.@-]{1,512}$/, "be 1 to 512 letters, digits and /_+=.@-")),
    recoveryWindowInDays: optional(recoveryWindow, { fallback: RECOVERY_WINDOW_DAYS, unread: true }),
    replicas: optional(set(replica), { computed: true }),
    tags: optional(textByKey),
  }),
  identity: ["name"],
  autoName: { input: "name", from: (name) => name },
  rules: ({ recoveryWindowInDays: days }) =>
    typeof days === "number" && days > 0 && days < 7 ? [`recoveryWindowInDays must be 0 or 7 to 30 days, got ${days}.`] : [],
  async create(region, inputs) {
    const replicas = replicasIn(inputs);
    const { ARN = "" } = await (
      await region.client("secretsmanager")
    ).createSecret({
      Name: inputs["name"] as string,
      Description: inputs["description"] as string | undefined,
      KmsKeyId: inputs["kmsKeyId"] as string | undefined,
      Tags: toTagList(tagsIn(inputs)),
      ...(replicas.length > 0 && { AddReplicaRegions: replicas.map(toApi) }),
      ForceOverwriteReplicaSecret: inputs["forceOverwriteReplicaSecret"] === true,
    });
    return ARN;
  },
  async read(region, SecretId) {
    const found = await describe(await region.client("secretsmanager"), SecretId);
    if (found === undefined) return undefined;
    const replicas = found.ReplicationStatus ?? [];
    return {
      live: {
        ...this.inputs.fromApi(found),
        tags: fromTagList(found.Tags),
        replicas: replicas.map(({ Region, KmsKeyId }) => ({ region: Region, kmsKeyId: KmsKeyId })),
      },
      computed: {
        arn: found.ARN,
        replicas: replicas.map(({ Region, KmsKeyId, Status, StatusMessage, LastAccessedDate }) => ({
          region: Region,
          kmsKeyId: KmsKeyId,
          status: Status,
          statusMessage: StatusMessage,
          lastAccessedDate: LastAccessedDate?.toISOString(),
        })),
      },
    };
  },
  async update(region, SecretId, { news, state, changes }) {
    const client = await region.client("secretsmanager");
    if (changes("description", "kmsKeyId"))
      await client.updateSecret({
        SecretId,
        Description: (news["description"] as string | undefined) ?? "",
        KmsKeyId: news["kmsKeyId"] as string | undefined,
      });
    if (!changes("replicas")) return;
    const [before, after] = [replicasIn(state), replicasIn(news)];
    const within = (list: readonly Replica[], { region: name, kmsKeyId }: Replica) =>
      list.some((each) => each.region === name && (kmsKeyId === undefined || each.kmsKeyId === kmsKeyId));
    await removeReplicas(
      client,
      SecretId,
      before.filter((each) => !after.some((wanted) => within([each], wanted))),
    );
    const added = after.filter((each) => !within(before, each));
    if (added.length === 0) return;
    const ForceOverwriteReplicaSecret = news["forceOverwriteReplicaSecret"] === true;
    await client.replicateSecretToRegions({ SecretId, AddReplicaRegions: added.map(toApi), ForceOverwriteReplicaSecret });
  },
  async tag(region, SecretId, _state, { all, removed }) {
    const client = await region.client("secretsmanager");
    if (removed.length > 0) await client.untagResource({ SecretId, TagKeys: [...removed] });
    await client.tagResource({ SecretId, Tags: toTagList(all) });
  },
  async delete(region, SecretId, state) {
    const client = await region.client("secretsmanager");
    const found = await describe(client, SecretId);
    if (found === undefined) return;
    // AWS refuses to delete a secret that has replicas.
    await removeReplicas(
      client,
      SecretId,
      (found.ReplicationStatus ?? []).map(({ Region = "" }) => ({ region: Region })),
    );
    const days = (state["recoveryWindowInDays"] as number | undefined) ?? RECOVERY_WINDOW_DAYS;
    const how = days === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: days };
    await unlessGone(client.deleteSecret({ SecretId, ...how }), NOT_FOUND);
  },
  async find(region, inputs) {
    const found = await describe(await region.client("secretsmanager"), inputs["name"] as string);
    return found && { id: found.ARN ?? "", tags: fromTagList(found.Tags) };
  },
};

const toApi = ({ region, kmsKeyId }: Replica) => ({ Region: region, KmsKeyId: kmsKeyId });
const replicasIn = (properties: Properties) => (properties["replicas"] ?? []) as readonly Replica[];

/** The secret; one that is being deleted is gone. */
async function describe(client: SecretsManager, SecretId: string): Promise<DescribeSecretCommandOutput | undefined> {
  const found = await unlessGone(client.describeSecret({ SecretId }), NOT_FOUND);
  return found?.DeletedDate === undefined ? found : undefined;
}

async function removeReplicas(client: SecretsManager, SecretId: string, replicas: readonly Replica[]): Promise<void> {
  if (replicas.length === 0) return;
  await client.removeRegionsFromReplication({ SecretId, RemoveReplicaRegions: replicas.map(({ region }) => region) });
}

/** `aws.secretsmanager.SecretPolicy`; its id is the secret's ARN */
export const secretPolicy: AwsType = {
  inputs: block({
    ...REGION,
    blockPublicPolicy: optional(flag, { fallback: false, unread: true }),
    policy: required(policy),
    secretArn: required(text(/^arn:aws[\w-]*:secretsmanager:/, "be a secret's ARN")),
  }),
  identity: ["secretArn"],
  async create(region, inputs) {
    await put(await region.client("secretsmanager"), inputs);
    return inputs["secretArn"] as string;
  },
  async read(region, SecretId) {
    const client = await region.client("secretsmanager");
    if ((await describe(client, SecretId)) === undefined) return undefined;
    const { ResourcePolicy } = await client.getResourcePolicy({ SecretId });
    return ResourcePolicy === undefined ? undefined : { live: { secretArn: SecretId, policy: ResourcePolicy } };
  },
  async update(region, _id, { news }) {
    await put(await region.client("secretsmanager"), news);
  },
  async delete(region, SecretId) {
    const client = await region.client("secretsmanager");
    if ((await describe(client, SecretId)) !== undefined) await client.deleteResourcePolicy({ SecretId });
  },
};

async function put(client: SecretsManager, inputs: Properties): Promise<void> {
  await client.putResourcePolicy({
    SecretId: inputs["secretArn"] as string,
    ResourcePolicy: policy.toApi(inputs["policy"]) as string,
    BlockPublicPolicy: inputs["blockPublicPolicy"] === true,
  });
}
