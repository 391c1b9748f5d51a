/** What AWS's policy documents say, and which settings are about which bucket. */
import { at, json, list, mapping, text } from "./read";
import type { Resource, StackView } from "./rule";

/** Where policies lie that a resource carries: who may do what with it. */
const RESOURCE_POLICIES: Readonly<Record<string, string>> = {
  "aws:kms/key:Key": "policy",
  "aws:kms/keyPolicy:KeyPolicy": "policy",
  "aws:s3/bucketPolicy:BucketPolicy": "policy",
  "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
  "aws:iam/role:Role": "assumeRolePolicy",
  "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
  "aws:sns/topicPolicy:TopicPolicy": "policy",
  "aws:sqs/queuePolicy:QueuePolicy": "policy",
};
/** Where policies lie that an identity carries: what it may do. */
const IDENTITY_POLICIES: Readonly<Record<string, string>> = {
  "aws:iam/policy:Policy": "policy",
  "aws:iam/rolePolicy:RolePolicy": "policy",
  "aws:iam/userPolicy:UserPolicy": "policy",
  "aws:iam/groupPolicy:GroupPolicy": "policy",
};

/** Types that carry a resource's policy. */
export const RESOURCE_POLICY_TYPES = Object.keys(RESOURCE_POLICIES);
/** Types that carry an identity's policy; a role may carry some inline. */
export const IDENTITY_POLICY_TYPES = [...Object.keys(IDENTITY_POLICIES), "aws:iam/role:Role"];
/** Types of buckets. */
export const BUCKET_TYPES = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"];
/** When a stack has neither buckets nor roles. */
export const NO_DUMPS = "backups.method rds keeps no dumps in S3 and needs no role.";

/** A statement of a policy document. */
export interface Statement {
  /** Path, for messages: `policy.Statement[0]`. */
  readonly path: string;
  readonly statement: Readonly<Record<string, unknown>>;
}

/** The path of a resource's policy; undefined: it carries none. */
export const resourcePolicyPath = ({ type }: Resource): string | undefined => RESOURCE_POLICIES[type];

/** Statements that a resource's policy consists of; none where the policy is absent. @throws SyntaxError when it is no document */
export function resourceStatements(resource: Resource): Statement[] {
  const path = resourcePolicyPath(resource);
  return path === undefined ? [] : statements(at(resource.properties, path), path);
}

/** Statements of an identity's policies. @throws SyntaxError when one is no document */
export function identityStatements({ type, properties }: Resource): Statement[] {
  const path = IDENTITY_POLICIES[type];
  if (path !== undefined) return statements(at(properties, path), path);
  return list(properties, "inlinePolicies").flatMap((inline, index) => statements(at(inline, "policy"), `inlinePolicies[${index}].policy`));
}

function statements(document: unknown, path: string): Statement[] {
  if (document === undefined || document === null) return [];
  const found = at(json(document), "Statement");
  // A gate that cannot read a policy does not pass it.
  if (typeof found !== "object" || found === null) throw new SyntaxError("no policy document");
  return (Array.isArray(found) ? found : [found]).map((statement, index) => ({
    path: `${path}.Statement[${index}]`,
    statement: mapping(statement),
  }));
}

/** Whether a statement allows something. */
export const allows = ({ statement }: Statement) => statement["Effect"] === "Allow";

/** One text, or a list of texts. */
export function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter((each) => typeof each === "string");
}

/** Who a statement is about: `*`, ARNs, services. */
export function principals({ statement }: Statement): readonly string[] {
  const principal = statement["Principal"];
  return typeof principal === "string" ? [principal] : Object.values(mapping(principal)).flatMap(texts);
}

/** The value that a condition asks for, by operator and key; keys of conditions know no case. */
export function condition({ statement }: Statement, operator: string, key: string): readonly string[] {
  const entries = Object.entries(mapping(statement, "Condition", operator));
  return entries.filter(([name]) => name.toLowerCase() === key.toLowerCase()).flatMap(([, value]) => texts(value));
}

/** ServiceAccounts (`system:serviceaccount:<namespace>:<name>`) or audiences that a statement's OIDC providers must name. */
export function tokenClaims(each: Statement, claim: "sub" | "aud"): { readonly key: string; readonly values: readonly string[] }[] {
  return texts(at(each.statement, "Principal", "Federated")).map((provider) => {
    const key = `${provider.replace(/^.*oidc-provider\//, "")}:${claim}`;
    return { key, values: condition(each, "StringEquals", key) };
  });
}

/** Types of a setting that buckets have as a resource of its own: `bucketVersioning`. */
const bucketSettingTypes = (kind: string) => {
  const named = (suffix: string) => `aws:s3/${kind}${suffix}:${kind.charAt(0).toUpperCase()}${kind.slice(1)}${suffix}`;
  return [named(""), named("V2")];
};

/** Buckets, each with its setting of a kind; undefined: it has none. @throws UnknownValueError when a name is unknown */
export function bucketsWith(stack: StackView, kind: string): { bucket: Resource; name: string; setting: Resource | undefined }[] {
  const settings = stack.ofType(...bucketSettingTypes(kind));
  return stack.ofType(...BUCKET_TYPES).map((bucket) => {
    const name = text(bucket.properties, "bucket") ?? bucket.name;
    return { bucket, name, setting: settings.find(({ properties }) => at(properties, "bucket") === name) };
  });
}
