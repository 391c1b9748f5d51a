/** What a drill or a recovery found: the record, and the page for people (runbook §5, "document findings"). */
import type { S3Client } from "@aws-sdk/client-s3";
import { listAll, type Place, readText } from "./dumps";

/** One step. */
export interface StepFinding {
  readonly name: string;
  readonly milliseconds: number;
  readonly told: string;
}

/** The machine-readable record. Holds no value of the database. */
export interface Findings {
  readonly formatVersion: 1;
  readonly kind: "drill" | "restore";
  /** Stack on whose server it was done. */
  readonly stack: string;
  /** Stack whose dump it was. */
  readonly dumpsOf: string;
  readonly run: string;
  /** Who did it, on which machine. */
  readonly who: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly milliseconds: number;
  readonly passed: boolean;
  /** The dump that was restored; undefined: none could be. */
  readonly dump?: { readonly location: string; readonly sizeBytes: number; readonly startedAt: string };
  /** Newer dumps that could not be used, and why. Each is a problem. */
  readonly skipped: readonly { readonly key: string; readonly why: string }[];
  readonly target: { readonly host: string; readonly database: string; readonly serverVersion: string };
  /** Seconds of work that would be lost: from the dump's moment until now. */
  readonly recoveryPointSeconds?: number;
  /** Seconds from the beginning until the application served from the new database. */
  readonly recoveryTimeSeconds?: number;
  readonly steps: readonly StepFinding[];
  /** What is not as it should be; empty: it passed. */
  readonly problems: readonly string[];
}

/** Prefix of the findings in the bucket of the dumps. */
const FINDINGS_PREFIX = "drills/";

/** Key of a run's findings, without an ending: the newest sorts last. */
export function findingsKey({ startedAt, run }: Pick<Findings, "startedAt" | "run">): string {
  return `${FINDINGS_PREFIX}${startedAt.replace(/[-:]/g, "").slice(0, 15)}Z-${run}`;
}

/** Where findings are. */
export const findingsPlace = (bucket: string): Place => ({ bucket, prefix: FINDINGS_PREFIX });

/** Records of the last drills with the dumps of a bucket, the newest first. @param most that are read */
export async function storedFindings(
  client: S3Client,
  bucket: string,
  most: number,
): Promise<{ readonly key: string; readonly findings: Findings }[]> {
  const keys = (await listAll(client, findingsPlace(bucket))).flatMap(({ Key = "" }) => (Key.endsWith(".json") ? [Key] : []));
  const newest = keys.sort().reverse().slice(0, most);
  return Promise.all(newest.map(async (key) => ({ key, findings: JSON.parse(await readText(client, bucket, key)) as Findings })));
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

/** `26 h 5 min`. */
export function duration(wholeSeconds: number): string {
  const minutes = Math.floor(wholeSeconds / 60);
  if (minutes < 1) return `${Math.round(wholeSeconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The page. */
export function findingsMarkdown(findings: Findings): string {
  const { kind, stack, dumpsOf, dump, target, skipped, steps, problems, recoveryPointSeconds, recoveryTimeSeconds } = findings;
  const what = kind === "drill" ? "Recovery drill" : "Recovery";
  return [
    `# ${what} of ${findings.startedAt.slice(0, 10)}: ${findings.passed ? "passed" : "failed"}`,
    "",
    `Stack ${stack}, dumps of ${dumpsOf}, by ${findings.who}, begun at ${findings.startedAt}, ${seconds(findings.milliseconds)} in all (run ${findings.run}).`,
    "",
    "| | |",
    "| --- | --- |",
    `| dump | ${dump === undefined ? "none" : `\`${dump.location}\`, ${dump.sizeBytes} bytes, of ${dump.startedAt}`} |`,
    `| restored into | \`${target.database}\` on ${target.host}, PostgreSQL ${target.serverVersion} |`,
    `| work lost (RPO) | ${recoveryPointSeconds === undefined ? "unknown" : duration(recoveryPointSeconds)} |`,
    `| time to recover (RTO) | ${recoveryTimeSeconds === undefined ? "unknown" : duration(recoveryTimeSeconds)} |`,
    "",
    "## Problems",
    "",
    ...(problems.length === 0 ? ["None."] : problems.map((problem) => `- ${problem}`)),
    ...skipped.map(({ key, why }) => `- ${key} was passed over: ${why}`),
    "",
    "## Steps",
    "",
    "| step | time | what it came to |",
    "| --- | ---: | --- |",
    ...steps.map(({ name, milliseconds, told }) => `| ${name} | ${seconds(milliseconds)} | ${told.replaceAll("|", "\\|")} |`),
    "",
  ].join("\n");
}
