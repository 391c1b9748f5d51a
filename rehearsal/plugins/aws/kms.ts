/** AWS KMS: keys and aliases. */
import type { KMS } from "@aws-sdk/client-kms";

import type { Properties } from "../lib/contract";
import { type Region, unlessGone } from "./clients";
import { type AwsType, REGION } from "./handler";
import { block, flag, optional, policy, required, text, textByKey, textLike, whole } from "./shape";
import { tagsIn } from "./tags";

const NOT_FOUND = "NotFoundException";
/** Days until a key is deleted when the program says nothing. */
const DELETION_WINDOW_DAYS = 30;

/** `aws.kms.Key` */
export const key: AwsType = {
  inputs: block({
    ...REGION,
    bypassPolicyLockoutSafetyCheck: optional(flag, { fallback: false, unread: true }),
    customerMasterKeySpec: optional(text(), { fallback: "SYMMETRIC_DEFAULT", api: "KeySpec" }),
    deletionWindowInDays: optional(whole(7, 30, "days"), { unread: true }),
    description: optional(text(), { computed: true }),
    enableKeyRotation: optional(flag, { fallback: false }),
    isEnabled: optional(flag, { fallback: true, api: "Enabled" }),
    keyUsage: optional(text(["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"]), { fallback: "ENCRYPT_DECRYPT" }),
    multiRegion: optional(flag, { computed: true }),
    policy: optional(policy, { computed: true }),
    rotationPeriodInDays: optional(whole(90, 2560, "days"), { computed: true }),
    tags: optional(textByKey),
  }),
  identity: [],
  replaces: ["customerMasterKeySpec", "keyUsage", "multiRegion"],
  async create(region, inputs) {
    const kms = await region.client("kms");
    const { KeySpec, KeyUsage, Description, MultiRegion, Policy } = this.inputs.toApi(inputs) as Parameters<KMS["createKey"]>[0];
    const { KeyMetadata } = await kms.createKey({
      KeySpec,
      KeyUsage,
      Description,
      MultiRegion,
      Policy,
      BypassPolicyLockoutSafetyCheck: inputs["bypassPolicyLockoutSafetyCheck"] === true,
      Tags: toKeyTags(tagsIn(inputs)),
    });
    const keyId = KeyMetadata?.KeyId ?? "";
    await setRotation(kms, keyId, inputs);
    if (inputs["isEnabled"] === false) await kms.disableKey({ KeyId: keyId });
    return keyId;
  },
  async read(region, keyId) {
    const kms = await region.client("kms");
    const metadata = (await unlessGone(kms.describeKey({ KeyId: keyId }), NOT_FOUND))?.KeyMetadata;
    if (metadata === undefined || metadata.KeyState === "PendingDeletion" || metadata.KeyState === "PendingReplicaDeletion")
      return undefined;
    const rotation = await kms.getKeyRotationStatus({ KeyId: keyId });
    const { Tags = [] } = await kms.listResourceTags({ KeyId: keyId });
    const { Policy } = await kms.getKeyPolicy({ KeyId: keyId, PolicyName: "default" });
    return {
      live: {
        ...this.inputs.fromApi({ ...metadata, Policy }),
        enableKeyRotation: rotation.KeyRotationEnabled === true,
        ...(rotation.KeyRotationEnabled === true && { rotationPeriodInDays: rotation.RotationPeriodInDays }),
        tags: Object.fromEntries(Tags.map(({ TagKey = "", TagValue = "" }) => [TagKey, TagValue])),
      },
      computed: { arn: metadata.Arn, keyId },
    };
  },
  async update(region, KeyId, { news, changes }) {
    const kms = await region.client("kms");
    // A disabled key's rotation cannot be changed: enable it first, disable it last.
    if (changes("isEnabled") && news["isEnabled"] !== false) await kms.enableKey({ KeyId });
    if (changes("enableKeyRotation", "rotationPeriodInDays")) await setRotation(kms, KeyId, news);
    if (changes("description")) await kms.updateKeyDescription({ KeyId, Description: (news["description"] as string | undefined) ?? "" });
    if (changes("policy") && news["policy"] !== undefined) {
      const BypassPolicyLockoutSafetyCheck = news["bypassPolicyLockoutSafetyCheck"] === true;
      await kms.putKeyPolicy({
        KeyId,
        PolicyName: "default",
        Policy: policy.toApi(news["policy"]) as string,
        BypassPolicyLockoutSafetyCheck,
      });
    }
    if (changes("isEnabled") && news["isEnabled"] === false) await kms.disableKey({ KeyId });
  },
  async tag(region, KeyId, _state, { all, removed }) {
    const kms = await region.client("kms");
    if (removed.length > 0) await kms.untagResource({ KeyId, TagKeys: [...removed] });
    await kms.tagResource({ KeyId, Tags: toKeyTags(all) });
  },
  async delete(region, KeyId, state) {
    const kms = await region.client("kms");
    const PendingWindowInDays = (state["deletionWindowInDays"] as number | undefined) ?? DELETION_WINDOW_DAYS;
    // KMSInvalidState: it is being deleted already.
    await unlessGone(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays }), NOT_FOUND, "KMSInvalidStateException");
  },
};

async function setRotation(kms: KMS, KeyId: string, inputs: Properties): Promise<void> {
  const RotationPeriodInDays = inputs["rotationPeriodInDays"] as number | undefined;
  if (inputs["enableKeyRotation"] === true) await kms.enableKeyRotation({ KeyId, RotationPeriodInDays });
  else await kms.disableKeyRotation({ KeyId });
}

const toKeyTags = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));

/** A key's id, also out of its ARN. */
const keyIdOf = (keyIdOrArn: string) => keyIdOrArn.replace(/^arn:.*:key\//, "");

/** `aws.kms.Alias` */
export const alias: AwsType = {
  inputs: block({
    ...REGION,
    name: optional(text(/^alias\/(?!aws\/)[\w/-]+$/, "begin with alias/ (not alias/aws/) and hold letters, digits and /_- only")),
    targetKeyId: required(textLike(keyIdOf, "a key's id or ARN")),
  }),
  identity: ["name"],
  autoName: { input: "name", from: (name) => `alias/${name}` },
  async create(region, inputs) {
    const [name, TargetKeyId] = [inputs["name"] as string, inputs["targetKeyId"] as string];
    const kms = await region.client("kms");
    const created = await unlessGone(kms.createAlias({ AliasName: name, TargetKeyId }), "AlreadyExistsException");
    // One that says what the program wants is what an interrupted run left.
    if (created === undefined && (await findAlias(region, name))?.TargetKeyId !== keyIdOf(TargetKeyId))
      throw new Error(
        `KMS alias ${name} already exists and leads to another key. Delete it, import it (pulumi import), or choose another name.`,
      );
    return name;
  },
  async read(region, name) {
    const found = await findAlias(region, name);
    if (found === undefined) return undefined;
    const { AliasArn = "", TargetKeyId = "" } = found;
    return {
      live: { name, targetKeyId: TargetKeyId },
      computed: { arn: AliasArn, targetKeyArn: AliasArn.replace(/:alias\/.*/, `:key/${TargetKeyId}`) },
    };
  },
  async update(region, AliasName, { news }) {
    await (await region.client("kms")).updateAlias({ AliasName, TargetKeyId: news["targetKeyId"] as string });
  },
  async delete(region, AliasName) {
    await unlessGone((await region.client("kms")).deleteAlias({ AliasName }), NOT_FOUND);
  },
};

async function findAlias(region: Region, name: string) {
  const kms = await region.client("kms");
  let Marker: string | undefined;
  do {
    const page = await kms.listAliases({ Marker });
    const found = page.Aliases?.find(({ AliasName, TargetKeyId }) => AliasName === name && TargetKeyId !== undefined);
    if (found !== undefined) return found;
    Marker = page.Truncated === true ? page.NextMarker : undefined;
  } while (Marker !== undefined);
  return undefined;
}
