/** Runbook §5: the nightly run, the newest dump, how long dumps are kept and where. */
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
} from "@aws-sdk/client-s3";
import { PAGING_ENVIRONMENT } from "../../../components/lib/alerts";
import { BACKUP_NAME, BACKUP_PREFIX } from "../../../components/lib/backup-names";
import { DRILL_DAYS } from "../../../components/lib/monitors-backups";
import { listAll, manifestOf, placeOf, wholeDumps } from "../../recovery/dumps";
import { duration, type Findings, storedFindings } from "../../recovery/findings";
import { compareWithManifest, readers } from "../dump-check";
import type { TimelineEvidence } from "../evidence";
import { fail, judge, notApplicable, type Probe, type ProbeContext } from "../probe";

const HOUR_MILLISECONDS = 3600 * 1000;
/** Drills of which the findings are read: a year of monthly ones. */
const DRILLS_SHOWN = 12;
const TODO = "Look at the CronJob's last Job and its pod's log, then make one now: docs/runbook/5-backups.md.";
const RDS_ONLY = "backups.method is rds: AWS makes the snapshots";

const schedule: Probe = {
  line: "RB-5.1",
  name: "backup-schedule",
  title: "The nightly run is scheduled, not suspended, and its last Job succeeded",
  needs: ["cluster"],
  async run({ settings, systems }) {
    const { names } = await systems.outputs();
    if (names.backupCronJob === undefined) return notApplicable(RDS_ONLY);
    const cluster = await systems.cluster();
    const batch = `/apis/batch/v1/namespaces/${names.namespace}`;
    const [cronJob, jobs] = await Promise.all([
      cluster.find<CronJob>(`${batch}/cronjobs/${names.backupCronJob}`),
      cluster.get<{ readonly items: readonly Job[] }>(
        `${batch}/jobs?labelSelector=${encodeURIComponent(`app.kubernetes.io/name=${BACKUP_NAME}`)}`,
      ),
    ]);
    if (cronJob === undefined) return fail(`CronJob ${names.backupCronJob} is gone: nothing makes a dump`, TODO);
    const { spec, status = {} } = cronJob;
    const { schedule: wanted, timeZone } = settings.backups;
    const { lastScheduleTime, lastSuccessfulTime } = status;
    // A run that is under way, or was missed, shows by the dump's age.
    const lastFailed = failedLast(jobs.items);
    const problems = [
      ...(spec.schedule === wanted && spec.timeZone === timeZone
        ? []
        : [`it is scheduled at ${spec.schedule} ${spec.timeZone ?? ""}, not ${wanted} ${timeZone}`]),
      ...(spec.suspend === true ? ["it is suspended"] : []),
      ...(lastFailed === undefined ? [] : [`its last Job, ${lastFailed}`]),
    ];
    return judge(
      problems.map((problem) => `CronJob ${names.backupCronJob}: ${problem}`),
      `${spec.schedule} ${spec.timeZone ?? ""}; last run ${lastScheduleTime ?? "not yet"}, last success ${lastSuccessfulTime ?? "not yet"}`,
      TODO,
    );
  },
};

interface CronJob {
  readonly spec: { readonly schedule: string; readonly timeZone?: string; readonly suspend?: boolean };
  readonly status?: { readonly lastScheduleTime?: string; readonly lastSuccessfulTime?: string };
}

interface Job {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
}

/** Name of the last Job that ended, and why, if it failed. */
function failedLast(jobs: readonly Job[]): string | undefined {
  const ended = jobs.flatMap(({ metadata, status }) => {
    const end = status?.conditions?.find((each) => ["Complete", "Failed"].includes(each.type) && each.status === "True");
    return end === undefined ? [] : [{ ...metadata, ...end }];
  });
  const last = ended.sort((a, b) => b.creationTimestamp.localeCompare(a.creationTimestamp))[0];
  return last?.type === "Failed" ? `${last.name}, failed: ${last.message ?? "no reason given"}` : undefined;
}

const newest: Probe = {
  line: "RB-5.1",
  name: "backup-newest",
  title: "The newest dump is young enough and whole",
  needs: ["aws"],
  async run({ settings, systems, now }) {
    const { backupLocations } = await systems.outputs();
    if (backupLocations.primary === undefined) return notApplicable(RDS_ONLY);
    const place = placeOf(backupLocations.primary);
    const client = await systems.s3();
    const dumps = wholeDumps(await listAll(client, place));
    const timeline: TimelineEvidence = {
      kind: "timeline",
      title: "Dumps in the bucket",
      now: now.toISOString(),
      lanes: [
        {
          label: place.bucket,
          events: dumps.slice(0, 60).map(({ key, size, at }) => ({ at: at.toISOString(), label: `${key}, ${size} bytes`, mark: "good" })),
        },
      ],
    };
    const [latest] = dumps;
    const where = `s3://${place.bucket}/${place.prefix}`;
    if (latest === undefined) return fail(`${where} holds no dump with a manifest`, TODO, timeline);
    const hours = (now.getTime() - latest.at.getTime()) / HOUR_MILLISECONDS;
    const manifest = await manifestOf(client, place.bucket, latest.key).catch((error: unknown) => error as Error);
    const wrong = manifest instanceof Error ? manifest.message : await compareWithManifest(client, place.bucket, latest, manifest);
    return judge(
      [
        ...(hours > settings.backups.maximumAgeHours
          ? [`the newest dump, ${latest.key}, is ${Math.floor(hours)} hours old, ${settings.backups.maximumAgeHours} are allowed`]
          : []),
        ...(wrong === undefined ? [] : [`${latest.key}: ${wrong}`]),
        ...(manifest instanceof Error ? [] : readers(latest.key, manifest, settings.backups.ageRecipients)),
      ],
      `${latest.key}, ${latest.size} bytes, ${hours.toFixed(1)} hours old, as its manifest says; ${dumps.length} in all`,
      TODO,
      timeline,
    );
  },
};

const retention: Probe = {
  line: "RB-5.2",
  name: "backup-retention",
  title: "Both buckets keep dumps as long as the settings say, and the first copies to the second",
  needs: ["aws"],
  async run({ settings, systems }) {
    const { backupLocations } = await systems.outputs();
    if (backupLocations.primary === undefined || backupLocations.secondRegion === undefined) return notApplicable(RDS_ONLY);
    const { retentionDays, objectLockDays } = settings.backups;
    const buckets = [
      { place: placeOf(backupLocations.primary), client: await systems.s3() },
      { place: placeOf(backupLocations.secondRegion), client: await systems.s3(settings.aws.secondRegion) },
    ];
    const read = await Promise.all(
      buckets.map(async ({ place: { bucket }, client }) => {
        const [lifecycle, versioning, lock] = await Promise.all([
          client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket })).catch(() => undefined),
          client.send(new GetBucketVersioningCommand({ Bucket: bucket })),
          client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket })).catch(() => undefined),
        ]);
        const days = (lifecycle?.Rules ?? []).flatMap(({ Status, Filter, Expiration }) =>
          Status === "Enabled" && Expiration?.Days !== undefined && BACKUP_PREFIX.startsWith(Filter?.Prefix ?? "") ? [Expiration.Days] : [],
        );
        return {
          bucket,
          days: days.length === 0 ? undefined : Math.min(...days),
          versioned: versioning.Status === "Enabled",
          lockDays: lock?.ObjectLockConfiguration?.Rule?.DefaultRetention?.Days ?? 0,
        };
      }),
    );
    const [first, second] = buckets as [(typeof buckets)[number], (typeof buckets)[number]];
    const replication = await first.client.send(new GetBucketReplicationCommand({ Bucket: first.place.bucket })).catch(() => undefined);
    const rules = replication?.ReplicationConfiguration?.Rules ?? [];
    const copies = rules.some(
      ({ Status, Destination }) => Status === "Enabled" && Destination?.Bucket === `arn:aws:s3:::${second.place.bucket}`,
    );
    return judge(
      [
        ...read.flatMap(({ bucket, days, versioned, lockDays }) => [
          ...(days === retentionDays ? [] : [`${bucket} keeps dumps ${days ?? "for ever, no"} days, not ${retentionDays}`]),
          ...(versioned ? [] : [`${bucket} keeps no versions`]),
          ...(lockDays === objectLockDays ? [] : [`${bucket} locks dumps for ${lockDays} days, not ${objectLockDays}`]),
        ]),
        ...(copies ? [] : [`${first.place.bucket} does not copy to ${second.place.bucket}`]),
      ],
      `${retentionDays} days in ${settings.aws.region} and ${settings.aws.secondRegion}, and the first is set to copy to the second`,
      "pulumi up puts the buckets' rules back (docs/runbook/5-backups.md).",
      {
        kind: "table",
        title: "Buckets",
        columns: ["Bucket", "Days", "Versions", "Days locked"],
        rows: read.map(({ bucket, days, versioned, lockDays }) => [
          bucket,
          String(days ?? "none"),
          versioned ? "kept" : "not kept",
          String(lockDays),
        ]),
      },
    );
  },
};

const copy: Probe = {
  line: "RB-5.2",
  name: "backup-copy",
  title: "The newest dump has arrived in the second region",
  needs: ["aws"],
  async run({ settings, systems }: ProbeContext) {
    const { backupLocations } = await systems.outputs();
    if (backupLocations.primary === undefined || backupLocations.secondRegion === undefined) return notApplicable(RDS_ONLY);
    if (systems.isRehearsal) return notApplicable("the rehearsal's S3 stores the replication rule and copies nothing");
    const [here, there] = await Promise.all([
      listAll(await systems.s3(), placeOf(backupLocations.primary)),
      listAll(await systems.s3(settings.aws.secondRegion), placeOf(backupLocations.secondRegion)),
    ]);
    const [latest] = wholeDumps(here);
    if (latest === undefined) return notApplicable("there is no dump to copy: see backup-newest");
    const arrived = wholeDumps(there).find(({ key }) => key === latest.key);
    return judge(
      arrived?.size === latest.size
        ? []
        : [`${latest.key} is ${arrived === undefined ? "not" : `not whole`} in ${settings.aws.secondRegion}`],
      `${latest.key} is in ${settings.aws.secondRegion}`,
      "aws s3api head-object shows ReplicationStatus; the replication role's rights on both keys (docs/runbook/5-backups.md).",
    );
  },
};

const drill: Probe = {
  line: "RB-5.3",
  name: "drill",
  title: "A backup was restored into a database of its own, migrated and tried, not long ago",
  needs: ["aws"],
  async run({ settings, systems, stack, now }) {
    const { backupLocations } = await systems.outputs();
    if (backupLocations.primary === undefined) return notApplicable(RDS_ONLY);
    const { bucket } = placeOf(backupLocations.primary);
    const client = await systems.s3();
    const command = `npm run ops -- drill --stack ${settings.environment === PAGING_ENVIRONMENT ? `staging --dumps-of ${stack}` : stack}`;
    const drills = await storedFindings(client, bucket, DRILLS_SHOWN);
    const [latest] = drills;
    if (latest === undefined)
      return systems.isRehearsal
        ? notApplicable(`nobody has made one in this rehearsal: ${command}`)
        : fail(`s3://${bucket} holds no findings of a drill`, `${command} (docs/runbook/5-backups.md).`);
    const { key, findings } = latest;
    const days = (now.getTime() - Date.parse(findings.startedAt)) / (24 * HOUR_MILLISECONDS);
    const { recoveryPointSeconds = 0, recoveryTimeSeconds = 0, who } = findings;
    return judge(
      [
        ...(findings.passed
          ? []
          : [
              `the last drill, of ${findings.startedAt}, failed: ${[...findings.problems, ...findings.skipped.map((each) => `${each.key}: ${each.why}`)].join("; ")}`,
            ]),
        ...(days > DRILL_DAYS ? [`the last drill is ${Math.floor(days)} days old, ${DRILL_DAYS} are allowed`] : []),
      ],
      `${Math.floor(days)} days ago by ${who}: data of ${duration(recoveryPointSeconds)} before, served after ${duration(recoveryTimeSeconds)}`,
      `${command}; the findings are s3://${bucket}/${key.replace(/json$/, "md")} (docs/runbook/5-backups.md).`,
      drillTimeline(drills.map((each) => each.findings).reverse(), now),
    );
  },
};

/** The last drills, and the day by which the next one has to be made. @param drills the newest last, one at least */
function drillTimeline(drills: readonly Findings[], now: Date): TimelineEvidence {
  const due = new Date(Date.parse(drills.at(-1)?.startedAt ?? "") + DRILL_DAYS * 24 * HOUR_MILLISECONDS);
  return {
    kind: "timeline",
    title: `Recovery drills, and when the next is due (every ${DRILL_DAYS} days)`,
    now: now.toISOString(),
    lanes: [
      {
        label: "drills",
        events: [
          ...drills.map(({ startedAt, passed, problems }) => ({
            at: startedAt,
            label: passed ? "passed" : `failed: ${problems[0] ?? "a newer dump could not be used"}`,
            mark: passed ? ("good" as const) : ("bad" as const),
          })),
          { at: due.toISOString(), label: "next one due", mark: due < now ? ("bad" as const) : ("plain" as const) },
        ],
      },
    ],
  };
}

export const backupProbes: readonly Probe[] = [schedule, newest, retention, copy, drill];
