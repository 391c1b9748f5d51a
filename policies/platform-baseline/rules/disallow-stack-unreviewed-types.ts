import type { Rule, StackRule } from "../../lib/rule";

/** Components of this program: what they make is looked at, they themselves are nothing. */
const COMPONENT = /^maestroverse:ops:\w+$/;

/** Types that no rule lists, and why none has to. */
const REVIEWED: Readonly<Record<string, string>> = {
  "pulumi:pulumi:Stack": "it is the program itself",
  "pulumi:providers:random": "it has no settings and reaches nothing",
  "kubernetes:core/v1:PersistentVolumeClaim": "its pods are looked at, and pod-enforce-references finds it for them",
  "kubernetes:policy/v1:PodDisruptionBudget": "deployment-missing-budget holds it to its Deployment",
  "aws:kms/alias:Alias": "it is a name of a key, and the key is looked at",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "bucket-enforce-ownership asks it of the bucket",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "bucket-enforce-private asks it of the bucket",
  "aws:s3/bucketVersioning:BucketVersioning": "bucket-enable-versioning asks it of the bucket",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
    "bucket-enforce-encryption asks it of the bucket",
  "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "bucket-enable-lock asks it of the bucket",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "bucket-configure-lifecycle asks it of the bucket",
  "aws:wafv2/webAclAssociation:WebAclAssociation": "it puts the WAF before a load balancer, and can only close",
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": "waf-enforce-logging asks it of the WAF",
  "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": "database-enable-backup-copy asks it of the database",
};

/** Every resource is of a type that a rule looks at, or that was reviewed and is listed with a reason. */
export const disallowStackUnreviewedTypes = (rules: readonly Rule[]): StackRule => ({
  name: "stack-disallow-unreviewed-types",
  description: "Every resource is of a type that a rule looks at, or that was reviewed and is listed with a reason.",
  severity: "high",
  checklist: [],
  remediationSteps: "Write the rules that the new type needs, or list it in disallow-stack-unreviewed-types.ts and say why it needs none.",
  page: "policies.md",
  types: Object.keys(REVIEWED),
  checkStack: (stack, report) => {
    const known = new Set([...rules.flatMap(({ types }) => types), ...Object.keys(REVIEWED)]);
    for (const resource of stack.resources)
      if (!known.has(resource.type) && !COMPONENT.test(resource.type))
        report(resource, { field: "its type", found: resource.type, fix: "Write rules for the type, or list it with a reason." });
  },
});
