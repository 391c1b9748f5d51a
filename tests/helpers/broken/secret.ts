/** Breaks the secret in AWS Secrets Manager: versions and labels that nobody should have made. */
import { randomBytes } from "node:crypto";
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  RestoreSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { Undo } from "./undo";

/** The secret. */
export class BreakableSecret {
  constructor(
    private readonly client: SecretsManagerClient,
    private readonly id: string,
  ) {}

  /** Stores a version with the current values but for these, under a label; undone, every label is where it was. */
  async putVersion(stage: string, values: Readonly<Record<string, string>>): Promise<Undo> {
    const SecretId = this.id;
    const before = await this.versionsByStage();
    const { SecretString = "{}" } = await this.client.send(new GetSecretValueCommand({ SecretId }));
    const text = JSON.stringify({ ...(JSON.parse(SecretString) as object), ...values });
    await this.client.send(new PutSecretValueCommand({ SecretId, SecretString: text, VersionStages: [stage] }));
    return async () => {
      // AWSCURRENT first: it takes AWSPREVIOUS with it.
      for (const each of ["AWSCURRENT", "AWSPREVIOUS", stage]) {
        const [from, to] = [(await this.versionsByStage()).get(each), before.get(each)];
        if (from === to) continue;
        await this.client.send(
          new UpdateSecretVersionStageCommand({ SecretId, VersionStage: each, RemoveFromVersionId: from, MoveToVersionId: to }),
        );
      }
    };
  }

  /** Marks it for deletion, which AWS does once there is no copy in another region. */
  async markForDeletion(secondRegion: string): Promise<Undo> {
    const SecretId = this.id;
    await this.client.send(new RemoveRegionsFromReplicationCommand({ SecretId, RemoveReplicaRegions: [secondRegion] }));
    await this.client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 30 }));
    return async () => {
      await this.client.send(new RestoreSecretCommand({ SecretId }));
      await this.client.send(new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: secondRegion }] }));
    };
  }

  private async versionsByStage(): Promise<Map<string, string>> {
    const { VersionIdsToStages = {} } = await this.client.send(new DescribeSecretCommand({ SecretId: this.id }));
    return new Map(Object.entries(VersionIdsToStages).flatMap(([version, stages]) => stages.map((stage) => [stage, version] as const)));
  }
}

/** A value that no pod has. */
export const unknownValue = () => randomBytes(64).toString("base64");
