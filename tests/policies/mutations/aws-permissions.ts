import { add, defect, edit, type Mutation } from "../mutation";
import { allowing, inPolicy } from "./aws";

const KEY = "aws:kms/key:Key";
const ROLE = "aws:iam/role:Role";
const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy";
const SECRET_POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy";
const ACCOUNT = "kubernetes:core/v1:ServiceAccount";
const ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
const ACCOUNT_ROOT = "arn:aws:iam::111122223333:root";
const ARN_ANNOTATION = "eks.amazonaws.com/role-arn";

const trust = (change: Parameters<typeof inPolicy>[2]) => inPolicy(ROLE, "backup-role", change, "assumeRolePolicy");
/** The condition of the trust, and its provider's keys. */
const claims = (change: (claims: Record<string, unknown>, sub: string, aud: string) => void) =>
  trust(([{ Condition }]) => {
    const names = Object.keys(Condition.StringEquals);
    const key = (claim: string) => names.find((name) => name.endsWith(`:${claim}`)) ?? "";
    change(Condition.StringEquals, key("sub"), key("aud"));
  });
const identityPolicy = (statement: unknown) => ({ policy: JSON.stringify({ Version: "2012-10-17", Statement: statement }) });

/** Defects of KMS keys and of what IAM allows. */
export const AWS_PERMISSION_MUTATIONS: readonly Mutation[] = [
  defect(
    "a key is not rotated",
    "key-enable-rotation",
    edit(KEY, (inputs) => (inputs.enableKeyRotation = false), "app-secrets-key"),
    "app-secrets-key: enableKeyRotation is false. Set it to true.",
  ),
  defect(
    "keys say nothing of rotation",
    "key-enable-rotation",
    edit(KEY, (inputs) => delete inputs.enableKeyRotation),
    "backup-copy-key: enableKeyRotation is absent.",
    "backup-primary-key: enableKeyRotation is absent.",
  ),
  defect(
    "a key is gone within a week",
    "key-configure-deletion",
    edit(KEY, (inputs) => (inputs.deletionWindowInDays = 7), "backup-primary-key"),
    "backup-primary-key: deletionWindowInDays is 7. Set it to 14 to 30 days.",
  ),
  defect(
    "a key says nothing of its deletion",
    "key-configure-deletion",
    edit(KEY, (inputs) => delete inputs.deletionWindowInDays, "backup-primary-key"),
    "backup-primary-key: deletionWindowInDays is absent.",
  ),
  defect(
    "a key has no policy",
    "permission-disallow-everyone",
    edit(KEY, (inputs) => delete inputs.policy, "backup-copy-key"),
    "backup-copy-key: policy is absent. Write the policy down",
  ),
  defect(
    "everybody decrypts",
    "permission-disallow-everyone",
    allowing(KEY, "app-secrets-key", { Principal: "*", Action: ["kms:Decrypt"], Resource: "*" }),
    "app-secrets-key: policy.Statement[2].Principal is *. Name accounts, roles or services.",
  ),
  defect(
    "everybody decrypts whom a condition lets",
    "permission-disallow-everyone",
    allowing(KEY, "app-secrets-key", {
      Principal: { AWS: ["*"] },
      Action: "kms:Decrypt",
      Resource: "*",
      Condition: { Bool: { "aws:SecureTransport": "true" } },
    }),
    "app-secrets-key: policy.Statement[2].Principal is *.",
  ),
  defect(
    "everybody reads the dumps",
    "permission-disallow-everyone",
    allowing(BUCKET_POLICY, "backup-copy-policy", { Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::x/*" }),
    "backup-copy-policy: policy.Statement[3].Principal is *.",
  ),
  defect(
    "all but one read the secrets",
    "permission-disallow-everyone",
    allowing(SECRET_POLICY, "app-secrets-bundle-policy", {
      NotPrincipal: { AWS: ACCOUNT_ROOT },
      Action: "secretsmanager:GetSecretValue",
      Resource: "*",
    }),
    "app-secrets-bundle-policy: policy.Statement[2].NotPrincipal",
    "Name who is allowed, not who is not.",
  ),
  defect(
    "a role may be assumed by everybody",
    "permission-disallow-everyone",
    allowing(ROLE, "backup-replication-role", { Principal: { AWS: "*" }, Action: "sts:AssumeRole" }, "assumeRolePolicy"),
    "backup-replication-role: assumeRolePolicy.Statement[1].Principal is *.",
  ),
  defect(
    "the dump's role may do everything in S3",
    "permission-disallow-wildcard-action",
    inPolicy(ROLE_POLICY, "backup-role-policy", ([statement]) => (statement.Action = "s3:*")),
    "backup-role-policy: policy.Statement[0].Action is s3:*. List the actions that are needed.",
  ),
  defect(
    "a role policy allows all but one action",
    "permission-disallow-wildcard-action",
    allowing(ROLE_POLICY, "backup-role-policy", { NotAction: "iam:CreateUser", Resource: "arn:aws:s3:::x" }),
    "backup-role-policy: policy.Statement[1].NotAction is iam:CreateUser.",
  ),
  defect(
    "a role may do everything with a key",
    "permission-disallow-wildcard-action",
    inPolicy(KEY, "backup-primary-key", (statements) => statements[1].Action.push("kms:*")),
    "backup-primary-key: policy.Statement[1].Action is kms:*.",
  ),
  defect(
    "a role carries a wildcard inline",
    "permission-disallow-wildcard-action",
    edit(
      ROLE,
      (inputs) => (inputs.inlinePolicies = [identityPolicy({ Effect: "Allow", Action: "s3:Get*", Resource: "arn:aws:s3:::x/*" })]),
      "backup-role",
    ),
    "backup-role: inlinePolicies[0].policy.Statement[0].Action is s3:Get*.",
  ),
  defect(
    "the dump's role may write anywhere",
    "permission-disallow-wildcard-resource",
    inPolicy(ROLE_POLICY, "backup-role-policy", ([statement]) => (statement.Resource = ["arn:aws:s3:::*"])),
    "backup-role-policy: policy.Statement[0].Resource is arn:aws:s3:::*. Name the resources that it is about.",
  ),
  defect(
    "a policy is about all but one resource",
    "permission-disallow-wildcard-resource",
    add("aws:iam/policy:Policy", "deployers", identityPolicy({ Effect: "Allow", Action: "s3:PutObject", NotResource: "arn:aws:s3:::x/*" })),
    "deployers: policy.Statement[0].NotResource is arn:aws:s3:::x/*.",
  ),
  defect(
    "a policy is about everything",
    "permission-disallow-wildcard-resource",
    add("aws:iam/policy:Policy", "deployers", identityPolicy([{ Effect: "Allow", Action: "s3:PutObject", Resource: "*" }])),
    "deployers: policy.Statement[0].Resource is *.",
  ),
  {
    defect: "a policy cannot be read",
    transform: edit(ROLE_POLICY, (inputs) => (inputs.policy = "all of it"), "backup-role-policy"),
    caughtBy: ["permission-disallow-wildcard-action", "permission-disallow-wildcard-resource"],
    says: ["backup-role-policy: UNDETERMINED: permission-disallow-wildcard-action could not be evaluated: it failed with SyntaxError."],
  },
  defect(
    "a role is an administrator",
    "permission-disallow-managed-admin",
    edit(ROLE, (inputs) => (inputs.managedPolicyArns = ["arn:aws:iam::aws:policy/AdministratorAccess"]), "backup-role"),
    "backup-role: managedPolicyArns is arn:aws:iam::aws:policy/AdministratorAccess. Take it off",
  ),
  defect(
    "a role may do everything with backups",
    "permission-disallow-managed-admin",
    add(ATTACHMENT, "attached", { role: "maestroverse-backup", policyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess" }),
    "attached: policyArn is arn:aws:iam::aws:policy/AmazonS3FullAccess.",
  ),
  defect(
    "somebody gets an access key",
    "user-disallow-access-keys",
    add("aws:iam/accessKey:AccessKey", "robot", { user: "robot" }),
    "robot: type is AccessKey. Remove it, and use a role.",
  ),
  {
    defect: "every ServiceAccount may assume the role",
    transform: trust(([statement]) => {
      const [key = ""] = Object.keys(statement.Condition.StringEquals).filter((name) => name.endsWith(":sub"));
      delete statement.Condition.StringEquals[key];
      statement.Condition.StringLike = { [key]: "system:serviceaccount:*" };
    }),
    caughtBy: ["trust-enforce-account", "trust-enforce-subject"],
    says: [':sub"] is []. Set it to one system:serviceaccount:<namespace>:<name>.'],
  },
  {
    defect: "a whole namespace may assume the role",
    transform: claims((equals, sub) => (equals[sub] = "system:serviceaccount:maestroverse:*")),
    caughtBy: ["trust-enforce-account", "trust-enforce-subject"],
    says: [':sub"] is ["system:serviceaccount:maestroverse:*"].'],
  },
  defect(
    "tokens for others than AWS assume the role",
    "trust-enforce-subject",
    claims((equals, _, aud) => (equals[aud] = "https://kubernetes.default.svc")),
    ':aud"] is ["https://kubernetes.default.svc"]. Set it to sts.amazonaws.com.',
  ),
  defect(
    "a whole account may assume the role",
    "trust-enforce-subject",
    trust((statements) => statements.push({ Effect: "Allow", Principal: { AWS: ACCOUNT_ROOT }, Action: "sts:AssumeRole" })),
    `backup-role: assumeRolePolicy.Statement[1].Principal.AWS is ${ACCOUNT_ROOT}. Name the role`,
  ),
  defect(
    "the role trusts a ServiceAccount that nobody has",
    "trust-enforce-account",
    claims((equals, sub) => (equals[sub] = "system:serviceaccount:maestroverse:maestroverse-backups")),
    "backup-role: assumeRolePolicy is system:serviceaccount:maestroverse:maestroverse-backups. Trust a ServiceAccount of this stack",
    `backup-service-account: metadata.annotations["${ARN_ANNOTATION}"] is maestroverse-backup. Name a role`,
  ),
  defect(
    "the server asks for the dump's role",
    "trust-enforce-account",
    edit(
      ACCOUNT,
      ({ metadata }) => (metadata.annotations = { [ARN_ANNOTATION]: "arn:aws:iam::111122223333:role/maestroverse-backup" }),
      "maestroverse-server-service-account",
    ),
    `maestroverse-server-service-account: metadata.annotations["${ARN_ANNOTATION}"] is maestroverse-backup.`,
  ),
];
