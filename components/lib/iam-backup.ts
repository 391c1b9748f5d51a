/**
 * Who may do what with the backups (runbook §5): policy documents as text, all of it known at preview.
 *
 * Keys are granted in the keys' own policies and not in the roles': a key's ARN is unknown before it exists, a role's is not.
 */
import { BACKUP_NAME, BACKUP_PREFIX, bucketArn, REPLICATION_ROLE_NAME, roleArn } from "./backup-names";
import type { KeyPolicyStatement } from "./key-policy";

const document = (...statements: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });

/**
 * IRSA: one ServiceAccount of one cluster may assume the role, with a token that was made for AWS.
 *
 * @param oidcProvider host and path of the cluster's provider, without scheme
 */
export function buildBackupTrust(args: {
  readonly accountId: string;
  readonly oidcProvider: string;
  readonly namespaceName: string;
}): string {
  return document({
    Sid: "OnlyTheBackupsServiceAccount",
    Effect: "Allow",
    Principal: { Federated: `arn:aws:iam::${args.accountId}:oidc-provider/${args.oidcProvider}` },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: {
      StringEquals: {
        [`${args.oidcProvider}:sub`]: `system:serviceaccount:${args.namespaceName}:${BACKUP_NAME}`,
        [`${args.oidcProvider}:aud`]: "sts.amazonaws.com",
      },
    },
  });
}

/** What the backup pod may do: write objects under its prefix. It reads, lists and deletes nothing, so a stolen token loses no backup. */
export function buildBackupPolicy(bucket: string): string {
  return document({
    Sid: "WriteDumps",
    Effect: "Allow",
    // Aborting ends an upload that did not complete; it deletes no object.
    Action: ["s3:PutObject", "s3:AbortMultipartUpload"],
    Resource: `${bucketArn(bucket)}/${BACKUP_PREFIX}*`,
  });
}

/** S3 itself assumes the replication role. */
export function buildReplicationTrust(): string {
  return document({
    Sid: "OnlyS3",
    Effect: "Allow",
    Principal: { Service: "s3.amazonaws.com" },
    Action: "sts:AssumeRole",
  });
}

/** What replication may do: read the source with its retention, write the copy. Deletions are never replicated. */
export function buildReplicationPolicy(sourceBucket: string, targetBucket: string): string {
  return document(
    {
      Sid: "ReadTheSourcesSettings",
      Effect: "Allow",
      Action: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
      Resource: bucketArn(sourceBucket),
    },
    {
      Sid: "ReadTheSource",
      Effect: "Allow",
      Action: [
        "s3:GetObjectVersionForReplication",
        "s3:GetObjectVersionAcl",
        "s3:GetObjectVersionTagging",
        "s3:GetObjectRetention",
        "s3:GetObjectLegalHold",
      ],
      Resource: `${bucketArn(sourceBucket)}/*`,
    },
    {
      Sid: "WriteTheCopy",
      Effect: "Allow",
      Action: ["s3:ReplicateObject", "s3:ReplicateTags"],
      Resource: `${bucketArn(targetBucket)}/*`,
    },
  );
}

const throughS3 = (region: string) => ({ StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } });

/** Statements of the key of the primary bucket. */
export function sourceKeyStatements(accountId: string, region: string): KeyPolicyStatement[] {
  return [
    {
      Sid: "BackupPodEncrypts",
      Effect: "Allow",
      Principal: { AWS: roleArn(accountId, BACKUP_NAME) },
      // Decrypt as well: S3 needs it to complete an upload in parts. Without s3:GetObject it reads nothing.
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Condition: throughS3(region),
    },
    {
      Sid: "ReplicationDecrypts",
      Effect: "Allow",
      Principal: { AWS: roleArn(accountId, REPLICATION_ROLE_NAME) },
      Action: ["kms:Decrypt"],
      Condition: throughS3(region),
    },
  ];
}

/** Statements of the key of the second region's bucket. */
export function copyKeyStatements(accountId: string, region: string): KeyPolicyStatement[] {
  return [
    {
      Sid: "ReplicationEncrypts",
      Effect: "Allow",
      Principal: { AWS: roleArn(accountId, REPLICATION_ROLE_NAME) },
      Action: ["kms:Encrypt", "kms:GenerateDataKey"],
      Condition: throughS3(region),
    },
  ];
}
