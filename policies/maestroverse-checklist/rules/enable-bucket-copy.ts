import { BUCKET_TYPES, NO_DUMPS } from "../../lib/aws";
import { list, text } from "../../lib/read";
import type { Resource, StackRule } from "../../lib/rule";
import { CRON_JOB } from "../runbook";
import { dumps, variable } from "../backups";

const REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig";

/** What the pod stores is copied to another bucket of the stack, in another region. */
export const enableBucketCopy: StackRule = {
  name: "bucket-enable-copy",
  description: "Everything in the bucket of the dumps is copied to another bucket of the stack, in another region.",
  severity: "critical",
  checklist: ["RB-5.2"],
  remediationSteps: "Leave replication to components/backups.ts, and name two regions in `aws`.",
  page: "runbook/5-backups.md",
  types: [...BUCKET_TYPES, CRON_JOB],
  mayBeAbsent: NO_DUMPS,
  checkStack: (stack, report) => {
    const buckets = stack.ofType(...BUCKET_TYPES);
    const named = (name: string | undefined) => buckets.find(({ properties }) => text(properties, "bucket") === name);
    const regionOf = (bucket: Resource | undefined) => text(bucket?.provider?.properties, "region");
    for (const { cronJob, container } of dumps(stack)) {
      const name = variable(container.container, "BACKUP_BUCKET");
      const source = named(name);
      if (source === undefined)
        report(cronJob, { field: `${container.path}.env (BACKUP_BUCKET)`, found: name, fix: "Name a bucket of the stack." });
      const replications = stack.ofType(REPLICATION).filter(({ properties }) => text(properties, "bucket") === name);
      const targets = replications
        .flatMap(({ properties }) => list(properties, "rules"))
        .filter((rule) => (text(rule, "filter", "prefix") ?? "") === "")
        .map((rule) => text(rule, "destination", "bucket")?.replace(/^arn:aws:s3:::/, ""));
      const copies = targets.flatMap((target) => named(target) ?? []).filter((bucket) => bucket !== source);
      const field = `rules[].destination.bucket of ${name}`;
      if (copies.length === 0)
        report(replications[0] ?? cronJob, { field, found: targets, fix: "Copy everything to the stack's other bucket." });
      else if (!copies.some((copy) => regionOf(copy) !== undefined && regionOf(copy) !== regionOf(source)))
        report(replications[0], { field, found: `in ${regionOf(source)}, as the bucket itself`, fix: "Put the copy into another region." });
    }
  },
};
