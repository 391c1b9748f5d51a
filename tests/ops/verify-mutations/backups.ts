/** Runbook §5: no dump, a bad one, an old one; buckets that forget; drills. */
import { BACKUP_NAME } from "../../../components/lib/backup-names";
import { manifestName } from "../../../ops/backup/dump-files";
import type { Findings } from "../../../ops/recovery/findings";
import type { Mutation } from "../../helpers/broken/mutation";

const CRON_JOB = { apiVersion: "batch/v1", kind: "CronJob", name: BACKUP_NAME };
const DAY_MILLISECONDS = 86_400_000;

/** What a drill that went well has left, so many days ago: the newest there is. */
export function findingsOf(daysAgo: number, more: Partial<Findings> = {}): { readonly key: string; readonly text: string } {
  const findings: Findings = {
    formatVersion: 1,
    kind: "drill",
    stack: "rehearsal",
    dumpsOf: "rehearsal",
    run: "mutation",
    who: "a test",
    startedAt: new Date(Date.now() - daysAgo * DAY_MILLISECONDS).toISOString(),
    milliseconds: 30_000,
    passed: true,
    skipped: [],
    target: { host: "127.0.0.1", database: "maestroverse_drill", serverVersion: "15" },
    recoveryPointSeconds: 3600,
    recoveryTimeSeconds: 30,
    steps: [],
    problems: [],
    ...more,
  };
  return { key: "drills/20990101T000000Z-mutation.json", text: JSON.stringify(findings) };
}

const drilled =
  (daysAgo: number, more: Partial<Findings>): Mutation["breaks"] =>
  ({ dumps }) => {
    const { key, text } = findingsOf(daysAgo, more);
    return dumps.put(key, text);
  };

export const backupMutations: readonly Mutation[] = [
  {
    defect: "the nightly run is suspended",
    breaks: ({ cluster }) => cluster.patch(CRON_JOB, { spec: { suspend: true } }),
    caughtBy: { "backup-schedule": `CronJob ${BACKUP_NAME}: it is suspended` },
  },
  {
    defect: "the nightly run is weekly",
    breaks: ({ cluster }) => cluster.patch(CRON_JOB, { spec: { schedule: "0 2 * * 0" } }),
    caughtBy: { "backup-schedule": "it is scheduled at 0 2 * * 0 Etc/UTC, not 0 2 * * * Etc/UTC" },
  },
  {
    defect: "the nightly run is gone",
    breaks: ({ cluster }) => cluster.remove(CRON_JOB),
    caughtBy: { "backup-schedule": `CronJob ${BACKUP_NAME} is gone: nothing makes a dump` },
  },
  {
    defect: "the last run failed",
    breaks: ({ cluster }) => cluster.failingBackup(),
    caughtBy: { "backup-schedule": `CronJob ${BACKUP_NAME}: its last Job, ${BACKUP_NAME}-failing, failed: ` },
  },
  {
    defect: "every dump is gone",
    breaks: ({ dumps }) => dumps.loseAll(),
    caughtBy: { "backup-newest": "s3://maestroverse-rehearsal-backups/postgresql/ holds no dump with a manifest" },
  },
  {
    defect: "the newest dump has no manifest, and there is no other",
    breaks: ({ dumps }) => dumps.loseManifest(),
    caughtBy: { "backup-newest": "holds no dump with a manifest" },
  },
  {
    defect: "the newest dump is cut",
    breaks: async ({ dumps }) => dumps.put(dumps.newest, (await dumps.bytes()).subarray(0, 1000)),
    caughtBy: { "backup-newest": /\.dump: it has 1000 bytes, \d+ were stored$/ },
  },
  {
    defect: "the newest dump holds other bytes",
    breaks: async ({ dumps }) => dumps.put(dumps.newest, Buffer.alloc((await dumps.bytes()).length)),
    caughtBy: { "backup-newest": /\.dump: its SHA-256 is not the one that was stored$/ },
  },
  {
    defect: "the manifest is no manifest",
    breaks: ({ dumps }) => dumps.put(manifestName(dumps.newest), "{}"),
    caughtBy: { "backup-newest": ".dump: its manifest is not one of this program's" },
  },
  {
    defect: "the newest dump is encrypted for somebody whom the settings do not name",
    breaks: async ({ dumps }) => {
      const manifest = await dumps.manifest();
      const { sizeBytes: plainSizeBytes, sha256: plainSha256 } = manifest;
      const encryption = { format: "age", recipients: ["age1somebody"], plainSizeBytes, plainSha256 };
      return dumps.put(manifestName(dumps.newest), JSON.stringify({ ...manifest, encryption }));
    },
    caughtBy: {
      "backup-newest":
        ".dump is encrypted with age for age1somebody, and backups.ageRecipients says nobody (it is not); if that is new: make one now",
    },
  },
  {
    defect: "no dump was made last night",
    breaks: () => Promise.resolve(() => Promise.resolve()),
    hoursAhead: 27,
    caughtBy: { "backup-newest": /^the newest dump, postgresql\/.*\.dump, is \d+ hours old, 26 are allowed$/ },
  },
  {
    defect: "dumps expire after a week",
    breaks: ({ dumps }) =>
      dumps.lifecycle("first", (rules) =>
        rules.map((rule) => (rule.Expiration?.Days === undefined ? rule : { ...rule, Expiration: { Days: 7 } })),
      ),
    caughtBy: { "backup-retention": "maestroverse-rehearsal-backups keeps dumps 7 days, not 30" },
  },
  {
    defect: "the rule that expires dumps is for other objects",
    breaks: ({ dumps }) =>
      dumps.lifecycle("first", (rules) =>
        rules.map((rule) => (rule.Expiration?.Days === undefined ? rule : { ...rule, Filter: { Prefix: "elsewhere/" } })),
      ),
    caughtBy: { "backup-retention": "maestroverse-rehearsal-backups keeps dumps for ever, no days, not 30" },
  },
  {
    defect: "the second bucket has no rules",
    breaks: ({ dumps }) => dumps.lifecycle("second", () => undefined),
    caughtBy: { "backup-retention": "maestroverse-rehearsal-backups-copy keeps dumps for ever, no days, not 30" },
  },
  {
    defect: "the first bucket keeps no versions",
    breaks: ({ dumps }) => dumps.suspendVersions("first"),
    caughtBy: { "backup-retention": "maestroverse-rehearsal-backups keeps no versions" },
  },
  {
    defect: "dumps are locked for longer than anybody said",
    breaks: ({ dumps }) => dumps.lockDays("second", 2),
    caughtBy: { "backup-retention": "maestroverse-rehearsal-backups-copy locks dumps for 2 days, not 1" },
  },
  {
    defect: "nothing is copied to the second region",
    breaks: ({ dumps }) => dumps.stopCopies({ isKept: false }),
    caughtBy: { "backup-retention": "maestroverse-rehearsal-backups does not copy to maestroverse-rehearsal-backups-copy" },
  },
  {
    defect: "the copy to the second region is switched off",
    breaks: ({ dumps }) => dumps.stopCopies({ isKept: true }),
    caughtBy: { "backup-retention": "maestroverse-rehearsal-backups does not copy to maestroverse-rehearsal-backups-copy" },
  },
  {
    defect: "the last drill failed",
    breaks: drilled(1, { passed: false, problems: ["rows are missing"], skipped: [{ key: "a.dump", why: "it is cut" }] }),
    caughtBy: { drill: "failed: rows are missing; a.dump: it is cut" },
  },
  {
    defect: "the last drill was last year",
    breaks: drilled(365, {}),
    caughtBy: { drill: /^the last drill is 365 days old, \d+ are allowed$/ },
  },
];
