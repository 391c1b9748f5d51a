import { add, defect, edit, type Mutation, remove } from "../mutation";
import { inPolicy } from "./aws";

const SECRET = "aws:secretsmanager/secret:Secret";
const POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy";
const VERSION = "aws:secretsmanager/secretVersion:SecretVersion";
const LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup";
const ACL = "aws:wafv2/webAcl:WebAcl";
const LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration";

/** A second secret like the stack's, but for one thing. */
const SECOND_SECRET = {
  kmsKeyId: "arn:aws:kms:us-east-1:111122223333:key/1",
  recoveryWindowInDays: 30,
  replicas: [{ region: "us-west-2" }],
};
const CURRENT = "app-secrets-current-1-1-1-1";
const PREVIOUS = "app-secrets-previous-1-1-1-1";

/** Defects of Secrets Manager, CloudWatch and WAF. */
export const AWS_SERVICE_MUTATIONS: readonly Mutation[] = [
  defect(
    "the secrets are encrypted with AWS's own key",
    "secret-enforce-encryption",
    edit(SECRET, (inputs) => delete inputs.kmsKeyId),
    "app-secrets-bundle: kmsKeyId is absent. Set it to the ARN of the stack's key.",
  ),
  defect(
    "deleted secrets are gone at once",
    "secret-enforce-recovery",
    edit(SECRET, (inputs) => (inputs.recoveryWindowInDays = 0)),
    "app-secrets-bundle: recoveryWindowInDays is 0. Set it to 14 to 30 days.",
  ),
  defect(
    "the secrets say nothing of their recovery",
    "secret-enforce-recovery",
    edit(SECRET, (inputs) => delete inputs.recoveryWindowInDays),
    "app-secrets-bundle: recoveryWindowInDays is absent.",
  ),
  defect(
    "the secrets go with the region",
    "secret-enable-replica",
    edit(SECRET, (inputs) => delete inputs.replicas),
    "app-secrets-bundle: replicas[].region is []. Add another region than us-east-1.",
  ),
  defect(
    "the replica lies beside the original",
    "secret-enable-replica",
    edit(SECRET, (inputs) => (inputs.replicas = [{ region: "us-east-1" }])),
    'app-secrets-bundle: replicas[].region is ["us-east-1"].',
  ),
  defect(
    "the secrets have no policy",
    "secret-enforce-policy",
    remove(POLICY),
    `stack: ${POLICY} is 0. Add one for each of the 1 secrets.`,
  ),
  defect(
    "AWS may take a public policy",
    "secret-enforce-policy",
    edit(POLICY, (inputs) => delete inputs.blockPublicPolicy),
    "app-secrets-bundle-policy: blockPublicPolicy is absent. Set it to true.",
  ),
  defect(
    "another account may be let in",
    "secret-enforce-policy",
    inPolicy(POLICY, "app-secrets-bundle-policy", ([statement]) => (statement.Condition.StringNotEquals["aws:PrincipalAccount"] = "*")),
    'app-secrets-bundle-policy: policy.Statement is "nothing on aws:PrincipalAccount". Deny secretsmanager:* to everybody on it.',
  ),
  defect(
    "other accounts may write the secrets",
    "secret-enforce-policy",
    inPolicy(POLICY, "app-secrets-bundle-policy", ([statement]) => (statement.Action = "secretsmanager:GetSecretValue")),
    'app-secrets-bundle-policy: policy.Statement is "nothing on aws:PrincipalAccount".',
  ),
  defect(
    "one account is refused",
    "secret-enforce-policy",
    inPolicy(POLICY, "app-secrets-bundle-policy", ([statement]) => (statement.Principal = { AWS: "arn:aws:iam::111122223333:root" })),
    'app-secrets-bundle-policy: policy.Statement is "nothing on aws:PrincipalAccount".',
  ),
  defect(
    "secrets travel in clear",
    "secret-enforce-policy",
    inPolicy(POLICY, "app-secrets-bundle-policy", (statements) => statements.pop()),
    'app-secrets-bundle-policy: policy.Statement is "nothing on aws:SecureTransport".',
  ),
  defect(
    "a version's stages are left to chance",
    "secret-enforce-stages",
    edit(VERSION, (inputs) => delete inputs.versionStages, PREVIOUS),
    `${PREVIOUS}: versionStages is []. Say AWSCURRENT or AWSPREVIOUS.`,
  ),
  defect(
    "two versions are the previous one",
    "secret-enforce-stages",
    add(VERSION, "app-secrets-older", { secretString: "{}", versionStages: ["AWSPREVIOUS"] }),
    "app-secrets-older: versionStages is AWSPREVIOUS. Take it off: another version of the secret has it.",
  ),
  defect(
    "no version is current",
    "secret-enforce-stages",
    edit(VERSION, (inputs) => (inputs.versionStages = ["SECOND"]), CURRENT),
    'stack: versionStages is ["SECOND","AWSPREVIOUS"]. Make one version AWSCURRENT.',
  ),
  {
    defect: "of two secrets one has no policy, and nobody can tell which a version is of",
    transform: add(SECRET, "another", SECOND_SECRET),
    caughtBy: ["secret-enforce-policy", "secret-enforce-stages"],
    says: [
      `stack: ${POLICY} is 1. Add one for each of the 2 secrets.`,
      "stack: UNDETERMINED: secret-enforce-stages could not be evaluated: it reads a value that is not known at preview",
    ],
  },
  defect(
    "logs are kept for ever",
    "log-configure-retention",
    edit(LOG_GROUP, (inputs) => (inputs.retentionInDays = 0)),
    "edge-waf-log-group: retentionInDays is 0. Set it to 30 days or more.",
  ),
  defect(
    "a log says nothing of its end",
    "log-configure-retention",
    edit(LOG_GROUP, (inputs) => delete inputs.retentionInDays),
    "edge-waf-log-group: retentionInDays is absent.",
  ),
  defect(
    "the WebACL says nothing of other requests",
    "waf-configure-rules",
    edit(ACL, (inputs) => (inputs.defaultAction = {})),
    "edge-web-acl: defaultAction is []. Set allow or block.",
  ),
  defect(
    "two rules have one priority",
    "waf-configure-rules",
    edit(ACL, ({ rules }) => (rules[2].priority = 1)),
    "edge-web-acl: rules[2].priority is 1. Give the rule one of its own.",
  ),
  defect(
    "two rules have one name",
    "waf-configure-rules",
    edit(ACL, ({ rules }) => (rules[2].name = rules[1].name)),
    "edge-web-acl: rules[2].name is AWSManagedRulesAmazonIpReputationList. Give the rule one of its own.",
  ),
  defect(
    "a rule does nothing",
    "waf-configure-rules",
    edit(ACL, ({ rules }) => delete rules[3].overrideAction),
    "edge-web-acl: rules[3].action is []. Say what AWSManagedRulesSQLiRuleSet does: one thing.",
  ),
  defect(
    "the WebACL is not counted",
    "waf-enable-metrics",
    edit(ACL, ({ visibilityConfig }) => (visibilityConfig.cloudwatchMetricsEnabled = false)),
    "edge-web-acl: visibilityConfig.cloudwatchMetricsEnabled is false. Set it to true.",
  ),
  defect(
    "a rule shows no sample",
    "waf-enable-metrics",
    edit(ACL, ({ rules }) => delete rules[0].visibilityConfig.sampledRequestsEnabled),
    "edge-web-acl: rules[0].visibilityConfig.sampledRequestsEnabled is absent.",
  ),
  defect(
    "two rules are counted as one",
    "waf-enable-metrics",
    edit(ACL, ({ rules }) => (rules[1].visibilityConfig.metricName = rules[0].visibilityConfig.metricName)),
    "edge-web-acl: rules[1].visibilityConfig.metricName is api-",
  ),
  defect(
    "the WebACL writes no log",
    "waf-enforce-logging",
    remove(LOGGING),
    `edge-web-acl: ${LOGGING} is 0. Add one for each of the 1 WebACLs.`,
  ),
  defect(
    "the WebACL's log goes nowhere",
    "waf-enforce-logging",
    edit(LOGGING, (inputs) => (inputs.logDestinationConfigs = [])),
    "edge-waf-logging: logDestinationConfigs is []. Name the log group.",
  ),
  defect(
    "the WebACL's log holds cookies",
    "waf-enforce-logging",
    edit(LOGGING, (inputs) => inputs.redactedFields.splice(1, 1)),
    'edge-waf-logging: redactedFields[].singleHeader.name is ["authorization","x-csrf-token"]. Add cookie.',
  ),
  defect(
    "the WebACL's log holds query strings",
    "waf-enforce-logging",
    edit(LOGGING, (inputs) => inputs.redactedFields.pop()),
    "edge-waf-logging: redactedFields[].queryString is absent. Add it",
  ),
];
