/** What is as safe as the program's own choice passes, of AWS, PostgreSQL, Datadog and providers. @see kubernetes-variants.test.ts */
import type { Rule } from "../../policies/lib/rule";
import { BASELINE_RULES } from "../../policies/platform-baseline/rules";
import { type EditableResource, findingsIn } from "../helpers/policy-stack";

const rule = (name: string) => BASELINE_RULES.find((each) => each.name === name) as Rule;
const resource = (type: string, inputs: unknown, stack = "prod", name = "each"): EditableResource => ({
  type,
  name,
  urn: `urn:pulumi:${stack}::maestroverse-ops::${type}::${name}`,
  inputs,
});

const policy = (statement: unknown) => JSON.stringify({ Version: "2012-10-17", Statement: statement });
const rolePolicy = (statement: unknown) => resource("aws:iam/rolePolicy:RolePolicy", { policy: policy(statement) });
const role = (statement: unknown) => resource("aws:iam/role:Role", { name: "each", assumeRolePolicy: policy(statement) });
const database = (inputs: object) => resource("aws:rds/instance:Instance", { caCertIdentifier: "rds-ca-ecc384-g1", ...inputs });
const parameters = (value: unknown) =>
  resource("aws:rds/parameterGroup:ParameterGroup", { name: "strict", parameters: [{ name: "rds.force_ssl", value }] });
const monitor = (inputs: object, stack = "prod") => resource("datadog:index/monitor:Monitor", inputs, stack);
const routing = (...rules: readonly object[]) => resource("datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules", { rules });
const provider = (kind: string, inputs: object, stack?: string) => resource(`pulumi:providers:${kind}`, inputs, stack);
const bucket = resource("aws:s3/bucket:Bucket", { bucket: "dumps", objectLockEnabled: true });
const setting = (kind: string, inputs: object) =>
  resource(`aws:s3/${kind}:${kind.charAt(0).toUpperCase()}${kind.slice(1)}`, { bucket: "dumps", ...inputs });
const version = (secretId: string, ...versionStages: string[]) =>
  resource("aws:secretsmanager/secretVersion:SecretVersion", { secretId, versionStages });
const secret = (name: string) => resource("aws:secretsmanager/secret:Secret", { name });

/** A role that says something of the ServiceAccount `server`, and that ServiceAccount, which asks for a role. */
const trusting = (name: string, Effect = "Allow"): EditableResource => {
  const Condition = { StringEquals: { "oidc.example/id:sub": "system:serviceaccount:home:server" } };
  const Principal = { Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.example/id" };
  const assumeRolePolicy = policy({ Effect, Principal, Action: "sts:AssumeRoleWithWebIdentity", Condition });
  return resource("aws:iam/role:Role", { name, assumeRolePolicy }, "prod", name);
};
const asking = (role: string) =>
  resource("kubernetes:core/v1:ServiceAccount", {
    metadata: {
      name: "server",
      namespace: "home",
      annotations: { "eks.amazonaws.com/role-arn": `arn:aws:iam::111122223333:role/${role}` },
    },
  });

const MOTO = { endpoints: '[{"s3":"http://127.0.0.1:25566"}]', region: "us-east-1", accessKey: "none", secretKey: "none" };
const READ = { Effect: "Allow", Action: "s3:GetObject" };

describe("a rule lets through", () => {
  it.each<[string, string, ...EditableResource[]]>([
    ["permission-disallow-everyone", "a refusal of everybody", role({ Effect: "Deny", Principal: "*", Action: "sts:AssumeRole" })],
    ["permission-disallow-wildcard-action", "a refusal of everything", rolePolicy({ Effect: "Deny", Action: "*", Resource: "*" })],
    [
      "permission-disallow-wildcard-resource",
      "a single statement, outside of a list",
      rolePolicy({ ...READ, Resource: "arn:aws:s3:::x/*" }),
    ],
    [
      "permission-disallow-wildcard-resource",
      "everything that a condition narrows",
      rolePolicy([{ ...READ, Resource: "*", Condition: { StringEquals: { "aws:ResourceTag/app": "maestroverse" } } }]),
    ],
    [
      "trust-enforce-subject",
      "a role of the same account",
      role({ Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:role/ops" } }),
    ],
    ["trust-enforce-account", "a role below a path", trusting("dumps"), asking("backups/nightly/dumps")],
    ["trust-enforce-subject", "a service of AWS", role({ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" } })],
    [
      "permission-disallow-managed-admin",
      "a policy of AWS's that reads",
      resource("aws:iam/role:Role", { managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"] }),
    ],
    [
      "bucket-enforce-encryption",
      "two layers of KMS",
      bucket,
      setting("bucketServerSideEncryptionConfiguration", {
        rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms:dsse", kmsMasterKeyId: "arn" } }],
      }),
    ],
    [
      "bucket-enable-lock",
      "a lock that nobody opens",
      bucket,
      setting("bucketObjectLockConfiguration", { rule: { defaultRetention: { mode: "COMPLIANCE", days: 30 } } }),
    ],
    [
      "bucket-configure-lifecycle",
      "two rules without a filter",
      bucket,
      setting("bucketLifecycleConfiguration", {
        rules: [
          { status: "Enabled", noncurrentVersionExpiration: { noncurrentDays: 1 } },
          { status: "Enabled", abortIncompleteMultipartUpload: { daysAfterInitiation: 1 } },
        ],
      }),
    ],
    [
      "secret-enforce-stages",
      "two secrets that are current each",
      secret("one"),
      secret("two"),
      version("one", "AWSCURRENT"),
      version("two", "AWSCURRENT"),
    ],
    [
      "secret-enforce-stages",
      "a version that is only read, with the label of the one that is written",
      secret("one"),
      version("one", "AWSCURRENT"),
      { ...version("one", "AWSCURRENT"), ignoreChanges: ["secretString", "versionStages"] },
    ],
    ["log-configure-retention", "the shortest", resource("aws:cloudwatch/logGroup:LogGroup", { retentionInDays: 30 })],
    [
      "database-enforce-tls",
      "an old PostgreSQL that is forced",
      database({ engineVersion: "14.12", parameterGroupName: "strict" }),
      parameters("1"),
    ],
    [
      "database-enforce-tls",
      "a number where AWS has a text",
      database({ engineVersion: "14.12", parameterGroupName: "strict" }),
      parameters(1),
    ],
    ["database-enforce-tls", "the first version that is forced by itself", database({ engineVersion: "15" })],
    ["database-enforce-encryption", "a database without insights", database({ storageEncrypted: true, kmsKeyId: "arn" })],
    ["password-enforce-length", "the shortest", resource("random:index/randomPassword:RandomPassword", { length: 24 })],
    ["random-enforce-length", "the shortest", resource("random:index/randomBytes:RandomBytes", { length: 32 })],
    ["random-enforce-generation", "a generation at the end", resource("random:index/randomBytes:RandomBytes", {}, "prod", "secret-g12")],
    [
      "monitor-enforce-thresholds",
      "a monitor of too little",
      monitor({ query: "avg(last_5m):sum:a{*} <= -1.5", monitorThresholds: { critical: "-1.5", criticalRecovery: "0", warning: "-1" } }),
    ],
    [
      "monitor-enforce-thresholds",
      "no thresholds but the critical one",
      monitor({ query: "max(last_5m):max:a{*} >= 1", monitorThresholds: { critical: 1 } }),
    ],
    ["monitor-enforce-scope", "the environment alone", monitor({ query: "avg(last_5m):sum:a{env:staging} > 1" }, "staging")],
    ["monitor-configure-missing-data", "the older setting that is off", monitor({ onMissingData: "show_no_data", notifyNoData: false })],
    ["routing-configure-urgency", "high urgency in production", routing({ urgency: "high" })],
    [
      "routing-enforce-catch-all",
      "an empty query at the end",
      routing({ query: "priority:3", escalationPolicy: "a" }, { query: "", escalationPolicy: "a" }),
    ],
    ["team-enforce-environment", "production's team", resource("datadog:index/team:Team", { handle: "platform" })],
    ["team-enforce-environment", "staging's team", resource("datadog:index/team:Team", { handle: "platform-staging" }, "staging")],
    ["provider-enforce-target", "AWS on the loopback", provider("aws", MOTO, "rehearsal")],
    ["provider-enforce-tls", "AWS on the loopback", provider("aws", MOTO, "rehearsal")],
    ["provider-enforce-tls", "a check that is not switched off", provider("aws", { insecure: "false" })],
    ["provider-enforce-tls", "PostgreSQL on the loopback", provider("postgresql", { host: "127.0.0.2", sslmode: "disable" })],
    ["provider-enforce-tls", "Datadog on the loopback", provider("datadog", { apiUrl: "http://localhost:28126/" })],
    ["provider-disallow-credentials", "keys of the loopback's AWS", provider("aws", MOTO, "rehearsal")],
  ])("%s: %s", (name, _, ...resources) => {
    expect(findingsIn([rule(name)], resources).map(({ message }) => message)).toEqual([]);
  });
});

describe("a rule refuses what only looks like it", () => {
  it.each<[string, string, string, ...EditableResource[]]>([
    [
      "trust-enforce-account",
      "a role that refuses the ServiceAccount by name",
      'each: metadata.annotations["eks.amazonaws.com/role-arn"] is dumps. Name a role of this stack that trusts this ServiceAccount.',
      trusting("dumps", "Deny"),
      asking("dumps"),
    ],
    [
      "trust-enforce-account",
      "a second role that trusts the ServiceAccount",
      "old: assumeRolePolicy is system:serviceaccount:home:server. Trust a ServiceAccount of this stack that asks for this role.",
      trusting("old"),
      trusting("dumps"),
      asking("dumps"),
    ],
    [
      "provider-enforce-target",
      "AWS whose endpoints lie on the loopback in part",
      "each: allowedAccountIds is absent. Set it to the one account of the stack.",
      provider("aws", { ...MOTO, endpoints: '[{"s3":"http://127.0.0.1:25566","kms":"https://kms.us-east-1.amazonaws.com"}]' }),
    ],
    [
      "provider-disallow-credentials",
      "AWS whose endpoints are none",
      "each: accessKey is set. Remove it: the session has it.",
      provider("aws", { endpoints: "[]", accessKey: "not-to-be-shown" }),
    ],
    [
      "provider-enforce-tls",
      "a host that begins like the loopback",
      "each: sslmode is disable. Set it to verify-full.",
      provider("postgresql", { host: "127.0.0.1.example.com", sslmode: "disable" }),
    ],
    [
      "monitor-enforce-scope",
      "an environment whose name begins like the stack's",
      "each: query is env:production. Add env:prod to the scope.",
      monitor({ query: "avg(last_5m):sum:a{env:production} > 1" }),
    ],
    [
      "team-enforce-environment",
      "staging's team in production",
      "each: handle is platform-staging. Name production's team.",
      resource("datadog:index/team:Team", { handle: "platform-staging" }),
    ],
    [
      "bucket-configure-lifecycle",
      "a rule that is off",
      "each: rules[].noncurrentVersionExpiration.noncurrentDays is absent. Set it in an enabled rule for all of dumps.",
      bucket,
      setting("bucketLifecycleConfiguration", {
        rules: [
          { status: "Disabled", noncurrentVersionExpiration: { noncurrentDays: 1 } },
          { status: "Enabled", abortIncompleteMultipartUpload: { daysAfterInitiation: 1 } },
        ],
      }),
    ],
    [
      "bucket-configure-lifecycle",
      "a rule for a part",
      "each: rules[].abortIncompleteMultipartUpload.daysAfterInitiation is absent. Set it in an enabled rule for all of dumps.",
      bucket,
      setting("bucketLifecycleConfiguration", {
        rules: [
          { status: "Enabled", noncurrentVersionExpiration: { noncurrentDays: 1 } },
          { status: "Enabled", filter: { prefix: "old/" }, abortIncompleteMultipartUpload: { daysAfterInitiation: 1 } },
        ],
      }),
    ],
    [
      "random-enforce-generation",
      "a name that has a number",
      "secret-g1x: name is secret-g1x. End it with -g and the generation's number.",
      resource("random:index/randomBytes:RandomBytes", {}, "prod", "secret-g1x"),
    ],
  ])("%s: %s", (name, _, message, ...resources) => {
    expect(findingsIn([rule(name)], resources).map((finding) => finding.message)).toEqual([message]);
  });
});
