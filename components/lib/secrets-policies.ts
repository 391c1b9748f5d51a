/** Who may use the application's secrets in AWS (runbook §3): the policies of the bundle and of its key. */

/** What an administrator of the account may do with the key: everything but use it, or grant its use. */
const KEY_ADMINISTRATION = [
  "kms:CancelKeyDeletion",
  "kms:CreateAlias",
  "kms:DeleteAlias",
  "kms:Describe*",
  "kms:DisableKey",
  "kms:EnableKey",
  "kms:EnableKeyRotation",
  "kms:Get*",
  "kms:List*",
  "kms:PutKeyPolicy",
  "kms:RevokeGrant",
  "kms:ScheduleKeyDeletion",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:UpdateAlias",
  "kms:UpdateKeyDescription",
];

/**
 * The account's IAM policies decide who administers the key. It encrypts and decrypts for Secrets Manager only: a stolen permission to use
 * KMS reads nothing by itself.
 *
 * @param accountId 12 digits
 */
export function buildSecretsKeyPolicy(accountId: string): string {
  const account = { AWS: `arn:aws:iam::${accountId}:root` };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: "AccountAdministers", Effect: "Allow", Principal: account, Action: KEY_ADMINISTRATION, Resource: "*" },
      {
        Sid: "UseThroughSecretsManager",
        Effect: "Allow",
        Principal: account,
        Action: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        Resource: "*",
        Condition: { StringLike: { "kms:ViaService": "secretsmanager.*.amazonaws.com" } },
      },
    ],
  });
}

/**
 * Nobody of another account reads the bundle, whatever else grants it, and nobody without TLS. Inside the account IAM decides; the pods need
 * nothing of it, since they get the values as a Kubernetes Secret.
 *
 * @param accountId 12 digits
 */
export function buildSecretPolicy(accountId: string): string {
  const denied = { Effect: "Deny", Principal: "*", Action: "secretsmanager:*", Resource: "*" };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: "DenyOtherAccounts", ...denied, Condition: { StringNotEquals: { "aws:PrincipalAccount": accountId } } },
      { Sid: "DenyPlainHttp", ...denied, Condition: { Bool: { "aws:SecureTransport": "false" } } },
    ],
  });
}
