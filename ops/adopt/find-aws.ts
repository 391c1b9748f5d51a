/** Things of the program that the AWS account has already, beside the buckets' settings (find-buckets.ts). */
import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import type { AwsClientSettings } from "../access";
import { type Candidate, type Finder, type Found, inputOf, textAt } from "./candidate";

/** Clients for a region. */
export type AwsOf = (region?: string) => AwsClientSettings;

/** Who else made it, by its tags: another stack of this program, or another program. */
export function strangerByTags(tags: Readonly<Record<string, string>>, environment: string): string | undefined {
  const stack = tags["aws:cloudformation:stack-name"];
  if (stack !== undefined) return `CloudFormation's stack ${stack} made it`;
  const other = tags["environment"];
  return other === undefined || other === environment ? undefined : `its tag says that it is of ${other}`;
}

const byKey = (tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = []) =>
  Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));

/** What AWS says of something that is not there. */
const GONE = [
  "NoSuchEntity",
  "NoSuchEntityException",
  "NotFoundException",
  "ResourceNotFoundException",
  "WAFNonexistentItemException",
  "DBInstanceNotFound",
  "DBInstanceNotFoundFault",
];

/** An answer, or undefined where the thing is not there. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (GONE.includes((error as Error).name)) return undefined;
    throw error;
  }
}

/** Finders by type token. */
export function awsFinders(
  awsOf: AwsOf,
  environment: string,
  regionOf: (candidate: Candidate) => string,
): Readonly<Record<string, Finder>> {
  const settings = (candidate: Candidate) => awsOf(regionOf(candidate));

  const secret = async (candidate: Candidate, name: string | undefined): Promise<Found | undefined> => {
    if (name === undefined) return undefined;
    const { SecretsManager } = await import("@aws-sdk/client-secrets-manager");
    const found = await unlessGone(new SecretsManager(settings(candidate)).describeSecret({ SecretId: name }));
    if (found?.ARN === undefined) return undefined;
    const stranger =
      found.DeletedDate === undefined
        ? found.OwningService === undefined
          ? strangerByTags(byKey(found.Tags), environment)
          : `${found.OwningService} owns it`
        : `it is marked for deletion since ${found.DeletedDate.toISOString()}: aws secretsmanager restore-secret --secret-id ${name}`;
    return { id: found.ARN, stranger };
  };
  const bundleOf = (all: readonly Candidate[], name: string) =>
    inputOf(all, "aws:secretsmanager/secret:Secret", name.replace(/-policy$/, ""), "name");

  /** The key behind an alias; a key has no name of its own. */
  const aliased = async (candidate: Candidate, alias: string | undefined): Promise<string | undefined> => {
    if (alias === undefined) return undefined;
    const { KMS } = await import("@aws-sdk/client-kms");
    const { Aliases = [] } = await new KMS(settings(candidate)).listAliases({ Limit: 100 });
    return Aliases.find(({ AliasName }) => AliasName === alias)?.TargetKeyId;
  };

  const webAcl = async (candidate: Candidate, name: string | undefined) => {
    const { WAFV2 } = await import("@aws-sdk/client-wafv2");
    const { WebACLs = [] } = await new WAFV2(settings(candidate)).listWebACLs({ Scope: "REGIONAL", Limit: 100 });
    return WebACLs.find(({ Name }) => Name === name);
  };

  return {
    "aws:secretsmanager/secret:Secret": (candidate) => secret(candidate, textAt(candidate.inputs, "name")),
    "aws:secretsmanager/secretPolicy:SecretPolicy": async (candidate, all) => {
      const found = await secret(candidate, bundleOf(all, candidate.name));
      if (found === undefined) return undefined;
      const { SecretsManager } = await import("@aws-sdk/client-secrets-manager");
      const { ResourcePolicy } = await new SecretsManager(settings(candidate)).getResourcePolicy({ SecretId: found.id });
      return ResourcePolicy === undefined ? undefined : { id: found.id };
    },
    "aws:kms/alias:Alias": async (candidate) => {
      const name = textAt(candidate.inputs, "name");
      return (await aliased(candidate, name)) === undefined || name === undefined ? undefined : { id: name };
    },
    "aws:kms/key:Key": async (candidate, all) => {
      const id = await aliased(candidate, inputOf(all, "aws:kms/alias:Alias", `${candidate.name}-alias`, "name"));
      return id === undefined ? undefined : { id };
    },
    "aws:iam/role:Role": async (candidate) => {
      const { IAM } = await import("@aws-sdk/client-iam");
      const found = await unlessGone(new IAM(settings(candidate)).getRole({ RoleName: textAt(candidate.inputs, "name") }));
      return found?.Role?.RoleName === undefined
        ? undefined
        : { id: found.Role.RoleName, stranger: strangerByTags(byKey(found.Role.Tags), environment) };
    },
    "aws:iam/rolePolicy:RolePolicy": async (candidate, all) => {
      const { IAM } = await import("@aws-sdk/client-iam");
      const role = inputOf(all, "aws:iam/role:Role", candidate.name.replace(/-policy$/, ""), "name") ?? textAt(candidate.inputs, "role");
      const PolicyName = textAt(candidate.inputs, "name");
      const found = await unlessGone(new IAM(settings(candidate)).getRolePolicy({ RoleName: role, PolicyName }));
      return found === undefined ? undefined : { id: `${role}:${PolicyName}` };
    },
    "aws:wafv2/webAcl:WebAcl": async (candidate) => {
      const found = await webAcl(candidate, textAt(candidate.inputs, "name"));
      return found === undefined ? undefined : { id: `${found.Id}/${found.Name}/REGIONAL` };
    },
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": async (candidate, all) => {
      const acl = all.find(({ type }) => type === "aws:wafv2/webAcl:WebAcl");
      const ResourceArn = (await webAcl(candidate, textAt(acl?.inputs, "name")))?.ARN;
      if (ResourceArn === undefined) return undefined;
      const { WAFV2 } = await import("@aws-sdk/client-wafv2");
      const found = await unlessGone(new WAFV2(settings(candidate)).getLoggingConfiguration({ ResourceArn }));
      return found === undefined ? undefined : { id: ResourceArn };
    },
    "aws:cloudwatch/logGroup:LogGroup": async (candidate) => {
      const { CloudWatchLogs: Sdk } = await import("@aws-sdk/client-cloudwatch-logs");
      const client: CloudWatchLogs = new Sdk(settings(candidate));
      const name = textAt(candidate.inputs, "name");
      const { logGroups = [] } = await client.describeLogGroups({ logGroupNamePrefix: name });
      return name !== undefined && logGroups.some(({ logGroupName }) => logGroupName === name) ? { id: name } : undefined;
    },
    "aws:rds/instance:Instance": async (candidate) => {
      const { RDS } = await import("@aws-sdk/client-rds");
      const DBInstanceIdentifier = textAt(candidate.inputs, "identifier");
      const found = await unlessGone(new RDS(settings(candidate)).describeDBInstances({ DBInstanceIdentifier }));
      const [instance] = found?.DBInstances ?? [];
      return instance?.DBInstanceIdentifier === undefined
        ? undefined
        : { id: instance.DBInstanceIdentifier, stranger: strangerByTags(byKey(instance.TagList), environment) };
    },
  };
}
