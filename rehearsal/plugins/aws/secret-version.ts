/**
 * AWS Secrets Manager: versions of a secret and the labels (stages) on them.
 *
 * A label is on one version at a time. What AWS moves by itself, and what the official plugin does about it, is imitated to the letter:
 * whoever relies on labels must not learn in production that they move otherwise.
 *
 * @see internal/service/secretsmanager/secret_version.go in hashicorp/terraform-provider-aws
 */
import { randomUUID } from "node:crypto";

import type { Properties } from "../lib/contract";
import { unlessGone } from "./clients";
import { type AwsType, REGION } from "./handler";
import { NOT_FOUND } from "./secrets-manager";
import { block, optional, required, set, text } from "./shape";

const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";
/** How AWS says that the secret is being deleted. */
const BEING_DELETED = "InvalidRequestException";

/** `aws.secretsmanager.SecretVersion`; its id is `<secretId>|<versionId>`. The write-only inputs are refused. */
export const secretVersion: AwsType = {
  inputs: block({
    ...REGION,
    secretId: required(text()),
    secretString: optional(text()),
    secretBinary: optional(text()),
    // Without a wish of the program AWS puts AWSCURRENT on a new version; where it goes later is nobody's drift.
    versionStages: optional(set(text()), { computed: true }),
  }),
  identity: [],
  replaces: ["secretId", "secretString", "secretBinary"],
  secrets: ["secretString", "secretBinary"],
  rules: ({ secretString, secretBinary }) =>
    (secretString === undefined) === (secretBinary === undefined) ? ["secretString must be given, or secretBinary: one of the two."] : [],
  async create(region, inputs) {
    const { secretString, secretBinary } = inputs;
    const { VersionId } = await (
      await region.client("secretsmanager")
    ).putSecretValue({
      ClientRequestToken: randomUUID(),
      SecretId: inputs["secretId"] as string,
      ...(typeof secretString === "string" && { SecretString: secretString }),
      ...(typeof secretBinary === "string" && { SecretBinary: Buffer.from(secretBinary, "base64") }),
      ...(stagesIn(inputs).length > 0 && { VersionStages: [...stagesIn(inputs)] }),
    });
    return `${inputs["secretId"] as string}|${VersionId}`;
  },
  async read(region, id) {
    const { SecretId, VersionId } = parse(id);
    const client = await region.client("secretsmanager");
    const found = await unlessGone(client.getSecretValue({ SecretId, VersionId }), NOT_FOUND, BEING_DELETED);
    if (found === undefined) return undefined;
    const { ARN, SecretString, SecretBinary, VersionStages = [] } = found;
    return {
      live: {
        secretId: SecretId,
        secretString: SecretString,
        secretBinary: SecretBinary && Buffer.from(SecretBinary).toString("base64"),
        versionStages: VersionStages,
      },
      computed: { arn: ARN, secretArn: ARN, versionId: VersionId, versionStages: VersionStages },
    };
  },
  async update(region, id, { news, state }) {
    const { SecretId, VersionId } = parse(id);
    const client = await region.client("secretsmanager");
    const [before, after] = [stagesIn(state), stagesIn(news)];
    if (after.length === 0) return;
    const { VersionIdsToStages: holders = {} } = await client.describeSecret({ SecretId });
    const added = after.filter((stage) => !before.includes(stage));
    // To move a label to where AWS has moved it since is nothing to AWS; moto would count it twice.
    for (const VersionStage of added.filter((stage) => !holders[VersionId]?.includes(stage))) {
      const RemoveFromVersionId =
        VersionStage === CURRENT ? Object.keys(holders).find((each) => holders[each]?.includes(CURRENT)) : undefined;
      await client.updateSecretVersionStage({ SecretId, VersionStage, MoveToVersionId: VersionId, RemoveFromVersionId });
    }
    for (const VersionStage of before.filter((stage) => !after.includes(stage))) {
      // AWSCURRENT can be moved, never removed; and when this version took it, AWS has moved AWSPREVIOUS away already.
      if (VersionStage === CURRENT || (VersionStage === PREVIOUS && added.includes(CURRENT))) continue;
      await client.updateSecretVersionStage({ SecretId, VersionStage, RemoveFromVersionId: VersionId });
    }
  },
  /** Takes the labels off that the state remembers. AWS deletes a version that has none; the one with AWSCURRENT stays. */
  async delete(region, id, state) {
    const { SecretId, VersionId } = parse(id);
    const client = await region.client("secretsmanager");
    for (const VersionStage of stagesIn(state).filter((stage) => stage !== CURRENT))
      await unlessGone(
        client.updateSecretVersionStage({ SecretId, VersionStage, RemoveFromVersionId: VersionId }),
        NOT_FOUND,
        BEING_DELETED,
      );
  },
};

function parse(id: string): { SecretId: string; VersionId: string } {
  const [SecretId = "", VersionId = ""] = id.split("|");
  return { SecretId, VersionId };
}

const stagesIn = (properties: Properties) => (properties["versionStages"] ?? []) as readonly string[];
