import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";

import { aws } from "../../../rehearsal/plugins/aws";
import type { Properties } from "../../../rehearsal/plugins/lib/contract";

const ROOT = resolve(__dirname, "../../..");
const URN = "urn:pulumi:rehearsal::plugins::aws:x/y:Z::thing";

/** What the check of a type says and gives. */
function check(type: string, inputs: Properties, settings: Properties = {}, olds?: Properties) {
  const outcome = aws.resources[type]?.check?.(olds, inputs, URN, randomBytes(32), settings);
  return { inputs: outcome?.inputs ?? {}, reasons: outcome?.failures.map(({ property, reason }) => `${property}: ${reason}`) };
}

const visibilityConfig = { cloudwatchMetricsEnabled: true, metricName: "m", sampledRequestsEnabled: true };
const acl = (rule: Properties, more: Properties = {}) => ({
  scope: "REGIONAL",
  defaultAction: { allow: {} },
  visibilityConfig,
  rules: [{ name: "rate", priority: 0, visibilityConfig, ...rule }],
  ...more,
});
const rate = (statement: Properties) => ({ rateBasedStatement: { aggregateKeyType: "IP", limit: 100, ...statement } });

describe("what AWS refuses and moto takes", () => {
  it.each([
    [
      "a window that WAF does not have, and a limit below WAF's least",
      "aws:wafv2/webAcl:WebAcl",
      acl({ action: { block: {} }, statement: rate({ evaluationWindowSec: 45, limit: 9 }) }),
      [
        "rules: rules[0].statement.rateBasedStatement.evaluationWindowSec must be one of 60, 120, 300, 600 seconds, got 45.",
        "rules: rules[0].statement.rateBasedStatement.limit must be a whole number, 10 to 2000000000 requests per window, got 9.",
      ],
    ],
    [
      "a rule without an action, and a refusal whose body is missing",
      "aws:wafv2/webAcl:WebAcl",
      {
        ...acl({ statement: rate({}) }),
        rules: [
          { name: "a", priority: 0, visibilityConfig, statement: rate({}) },
          {
            name: "b",
            priority: 0,
            visibilityConfig,
            statement: rate({ aggregateKeyType: "FORWARDED_IP" }),
            action: { block: { customResponse: { responseCode: 429, customResponseBodyKey: "slow" } } },
          },
        ],
      },
      [
        "rules: rules[0] must have action, or overrideAction for a rule group: one of the two.",
        "rules: rules[1].priority must be of this rule alone, got 0 again.",
        "rules: rules[1].statement must have forwardedIpConfig when aggregateKeyType is FORWARDED_IP, and only then.",
        "rules: rules[1].action must name a body of customResponseBodies, which is missing.",
      ],
    ],
    [
      "a log that WAF does not write to",
      "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
      { resourceArn: "arn:aws:wafv2:us-east-1:1:regional/webacl/a/b", logDestinationConfigs: ["arn:aws:logs:us-east-1:1:log-group:edge"] },
      [
        "logDestinationConfigs: logDestinationConfigs must name destinations that begin with aws-waf-logs-, got arn:aws:logs:us-east-1:1:log-group:edge.",
      ],
    ],
    [
      "a retention that CloudWatch does not have",
      "aws:cloudwatch/logGroup:LogGroup",
      { retentionInDays: 31 },
      [
        "retentionInDays: retentionInDays must be one of 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 (days; 0: forever), got 31.",
      ],
    ],
    [
      "a deletion of a key within less than a week",
      "aws:kms/key:Key",
      { deletionWindowInDays: 6 },
      ["deletionWindowInDays: deletionWindowInDays must be a whole number, 7 to 30 days, got 6."],
    ],
    [
      "a recovery window of a day",
      "aws:secretsmanager/secret:Secret",
      { recoveryWindowInDays: 1 },
      ["recoveryWindowInDays: recoveryWindowInDays must be 0 or 7 to 30 days, got 1."],
    ],
    [
      "a version without a value",
      "aws:secretsmanager/secretVersion:SecretVersion",
      { secretId: "a" },
      ["secretString: secretString must be given, or secretBinary: one of the two."],
    ],
    [
      "an alias without its prefix",
      "aws:kms/alias:Alias",
      { name: "key", targetKeyId: "a" },
      ['name: name must begin with alias/ (not alias/aws/) and hold letters, digits and /_- only, got "key".'],
    ],
    [
      "a database without a password, and without a name for its last snapshot",
      "aws:rds/instance:Instance",
      { engine: "postgres", instanceClass: "db.t4g.micro" },
      [
        "password: password must be given, or manageMasterUserPassword: true: one of the two.",
        "finalSnapshotIdentifier: finalSnapshotIdentifier must be given, or skipFinalSnapshot: true. The last snapshot needs a name.",
      ],
    ],
  ])("refuses %s", (_what, type, inputs, reasons) => {
    expect(check(type, inputs).reasons).toEqual(reasons);
  });
});

describe("the check", () => {
  it("adds the provider's tags to those of the program, which win", () => {
    const settings = { defaultTags: JSON.stringify({ tags: { app: "shop", owner: "us" } }) };
    expect(check("aws:kms/key:Key", { tags: { owner: "me" } }, settings).inputs["tags"]).toEqual({ app: "shop", owner: "me" });
    expect(check("aws:kms/alias:Alias", { name: "alias/a", targetKeyId: "a" }, settings).inputs).toEqual({
      name: "alias/a",
      targetKeyId: "a",
    });
  });

  it("names what the program does not name, once", () => {
    const first = check("aws:s3/bucket:Bucket", {}).inputs;
    expect(first["bucket"]).toMatch(/^thing-[0-9a-f]{7}$/);
    expect(check("aws:s3/bucket:Bucket", {}, {}, first).inputs).toEqual(first);
    expect(check("aws:s3/bucket:Bucket", { bucket: "mine" }, {}, first).inputs["bucket"]).toBe("mine");
  });
});

describe("the provider's settings", () => {
  const problems = (settings: Properties) => aws.checkConfig?.(settings).map(({ property, reason }) => `${property}: ${reason}`);

  it.each([
    [
      { endpoints: '[{"sqs":"http://127.0.0.1:1"}]' },
      "endpoints: Provider setting endpoints names sqs, which the stand-in does not call. It calls s3, kms, secretsmanager, iam, sts, wafv2, rds, logs.",
    ],
    [{ endpoints: '[{"s3":"moto"}]' }, "endpoints: Provider setting endpoints must give a URL for s3."],
    [
      { allowedAccountIds: "[111122223333]" },
      "allowedAccountIds: Provider setting allowedAccountIds must be a list of account numbers of 12 digits.",
    ],
    [{ defaultTags: '{"tags":{"a":1}}' }, "defaultTags: Provider setting defaultTags must be { tags: { name: text } }."],
    [{ s3UsePathStyle: "1" }, "s3UsePathStyle: Provider setting s3UsePathStyle must be true or false, got number."],
    [
      { accessKey: "only" },
      "accessKey: Provider settings accessKey and secretKey belong together, got only one of them. Give both, or neither.",
    ],
  ])("%j are refused", (settings, problem) => {
    expect(problems(settings)).toEqual([problem]);
  });
});

describe("the plugin", () => {
  it("loads none of AWS's clients until it needs one: a preview needs none", () => {
    const script = `require(${JSON.stringify(join(ROOT, "rehearsal/plugins/aws.ts"))});
      const loaded = (name) => Object.keys(require.cache).filter((file) => name.test(file)).length;
      console.log(loaded(/plugins.aws.clients/), loaded(/@aws-sdk|@smithy/));`;
    const output = execFileSync(process.execPath, ["--import", require.resolve("tsx"), "--eval", script], { encoding: "utf8" });
    expect(output.trim()).toBe("1 0");
  });
});
