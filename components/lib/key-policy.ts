/** Policies of KMS keys. */

/** One further statement of a key's policy. */
export interface KeyPolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: { readonly AWS: string } | { readonly Service: string };
  readonly Action: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The account decides by IAM who uses the key, as AWS's default policy has it; without this statement a key can be locked away from everybody.
 *
 * @param accountId 12 digits
 * @param further statements for services that use the key
 */
export function accountKeyPolicy(accountId: string, further: readonly KeyPolicyStatement[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: "AccountDecides", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: "kms:*", Resource: "*" },
      ...further.map((statement) => ({ ...statement, Resource: "*" })),
    ],
  });
}
