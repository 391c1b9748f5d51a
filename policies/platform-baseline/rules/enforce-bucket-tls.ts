import { BUCKET_TYPES, bucketsWith, condition, NO_DUMPS, principals, resourceStatements, type Statement, texts } from "../../lib/aws";
import type { StackRule } from "../../lib/rule";

/** Oldest TLS that may be spoken. */
const MINIMUM_TLS = 1.2;

/** Whether a statement refuses everything in a bucket, and the bucket itself, to everybody. */
const refusesAll = (each: Statement, name: string) =>
  each.statement["Effect"] === "Deny" &&
  principals(each).includes("*") &&
  texts(each.statement["Action"]).some((action) => action === "*" || action === "s3:*") &&
  ["", "/*"].every((suffix) => texts(each.statement["Resource"]).includes(`arn:aws:s3:::${name}${suffix}`));

/** Nobody speaks to a bucket without TLS, or with an old one. */
export const enforceBucketTls: StackRule = {
  name: "bucket-enforce-tls",
  description: "Every bucket's policy refuses everything to everybody who comes without TLS, or with one older than 1.2.",
  severity: "high",
  checklist: [],
  remediationSteps: "Build the policy with components/lib/s3-rules.ts.",
  page: "policies.md",
  types: BUCKET_TYPES,
  mayBeAbsent: NO_DUMPS,
  checkStack: (stack, report) => {
    for (const { bucket, name, setting } of bucketsWith(stack, "bucketPolicy")) {
      const denials = setting === undefined ? [] : resourceStatements(setting).filter((each) => refusesAll(each, name));
      const problem = (key: string) => ({
        field: "policy.Statement",
        found: `nothing on ${key}`,
        fix: `Deny s3:* on ${name} and all in it.`,
      });
      if (!denials.some((each) => condition(each, "Bool", "aws:SecureTransport").includes("false")))
        report(setting ?? bucket, problem("aws:SecureTransport"));
      if (!denials.some((each) => condition(each, "NumericLessThan", "s3:TlsVersion").some((version) => Number(version) >= MINIMUM_TLS)))
        report(setting ?? bucket, problem("s3:TlsVersion"));
    }
  },
};
