/**
 * Stand-in for the `aws` provider plugin, by AWS's own SDK: the resource types that this program uses, with the inputs that the official
 * plugin has, checked at preview down to the last member.
 *
 * It is stricter in this: an input that it cannot honour is refused, and so is what AWS refuses and moto takes. Two things differ: what an
 * interrupted run left is recognised by a tag and taken on, and there are no lookups (`aws.get…`).
 */
import { Aws } from "./aws/clients";
import { type AwsType, awsHandler } from "./aws/handler";
import { role, rolePolicy } from "./aws/iam";
import { alias, key } from "./aws/kms";
import { logGroup } from "./aws/logs";
import { instance, instanceAutomatedBackupsReplication } from "./aws/rds";
import { bucket } from "./aws/s3-bucket";
import * as s3 from "./aws/s3-settings";
import { secretVersion } from "./aws/secret-version";
import { secret, secretPolicy } from "./aws/secrets-manager";
import { checkSettings, SETTINGS } from "./aws/settings";
import { webAcl, webAclAssociation, webAclLoggingConfiguration } from "./aws/wafv2";
import type { StandIn } from "./lib/contract";
import { serve } from "./lib/server";

const TYPES: Readonly<Record<string, AwsType>> = {
  "aws:cloudwatch/logGroup:LogGroup": logGroup,
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:kms/alias:Alias": alias,
  "aws:kms/key:Key": key,
  "aws:rds/instance:Instance": instance,
  "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": instanceAutomatedBackupsReplication,
  "aws:s3/bucket:Bucket": bucket,
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": s3.bucketLifecycleConfiguration,
  "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": s3.bucketObjectLockConfiguration,
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": s3.bucketOwnershipControls,
  "aws:s3/bucketPolicy:BucketPolicy": s3.bucketPolicy,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": s3.bucketPublicAccessBlock,
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": s3.bucketReplicationConfig,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": s3.bucketServerSideEncryptionConfiguration,
  "aws:s3/bucketVersioning:BucketVersioning": s3.bucketVersioning,
  "aws:secretsmanager/secret:Secret": secret,
  "aws:secretsmanager/secretPolicy:SecretPolicy": secretPolicy,
  "aws:secretsmanager/secretVersion:SecretVersion": secretVersion,
  "aws:wafv2/webAcl:WebAcl": webAcl,
  "aws:wafv2/webAclAssociation:WebAclAssociation": webAclAssociation,
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": webAclLoggingConfiguration,
};

/** The `aws` package. */
export const aws: StandIn<Aws> = {
  package: "aws",
  config: SETTINGS,
  checkConfig: checkSettings,
  connect: (config) => Aws.connect(config),
  disconnect: (client) => client.close(),
  resources: Object.fromEntries(Object.entries(TYPES).map(([token, type]) => [token, awsHandler(type)])),
};

if (require.main === module) void serve(aws);
