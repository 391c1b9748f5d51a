/**
 * Every check of the runbook, by id: the index that policies, probes, monitors and documents share.
 *
 * A policy names the lines that it gates itself (`checklist` of policies/lib/rule.ts), and a probe the line that it looks at (`line` of
 * ops/verify/probe.ts); monitors are named here. A line without one of the three says why in `without`: nothing is open in silence.
 */

/** One line of the runbook. */
export interface ChecklistLine {
  /** `RB-<section>.<line>`. */
  readonly id: string;
  /** Section of the runbook, 1 to 6: the seventh is the boxes. */
  readonly section: number;
  /** What must hold, in the runbook's words. */
  readonly title: string;
  /** Page under docs/, and its heading: where to read how it is made to hold. */
  readonly page: string;
  /** Keys of the monitors that watch it at run time. */
  readonly monitors: readonly string[];
  /** Why there is none, for each kind that does not answer for it. */
  readonly without?: { readonly policy?: string; readonly probe?: string; readonly monitor?: string };
  /** What of it nothing here shows, and why. */
  readonly gaps?: string;
}

/** The runbook's sections that have lines: what each is about. */
export const SECTIONS: readonly { readonly number: number; readonly title: string }[] = [
  { number: 1, title: "HTTPS redirect, secure headers, logs" },
  { number: 2, title: "Database roles" },
  { number: 3, title: "Secret rotation" },
  { number: 4, title: "Rate limit at the edge" },
  { number: 5, title: "Nightly backups" },
  { number: 6, title: "Observability and alerting" },
];

/** The lines, in the runbook's order. */
export const CHECKLIST: readonly ChecklistLine[] = [
  {
    id: "RB-1.1",
    section: 1,
    title: "The image is named by the git short SHA that it was built from, and its pods serve",
    page: "runbook/1-https.md#deploy-a-new-version",
    monitors: ["crash-loop", "restarts", "oom-killed", "replicas-missing", "rollout-stuck", "autoscaler-at-maximum"],
  },
  {
    id: "RB-1.2",
    section: 1,
    title: "http://…/health answers 301 with Location: https://…",
    page: "runbook/1-https.md#verify",
    monitors: ["uptime-redirect"],
  },
  {
    id: "RB-1.3",
    section: 1,
    title: "https://…/health shows strict-transport-security, content-security-policy, referrer-policy and the others",
    page: "runbook/1-https.md#verify",
    monitors: ["uptime-health"],
  },
  {
    id: "RB-1.4",
    section: 1,
    title: "Logs are in the combined format only",
    page: "runbook/1-https.md#what-the-pods-are-told",
    monitors: ["log-format"],
  },
  {
    id: "RB-2.1",
    section: 2,
    title: "The runtime role reads and writes rows and nothing else; migrations have a role of their own",
    page: "runbook/2-database.md#look-for-drift",
    monitors: [],
    without: { monitor: "privileges have no metric: `ops drift` and `ops verify` find what changed" },
  },
  {
    id: "RB-3.1",
    section: 3,
    title: "Secrets are rotated every 90 days, kept in AWS Secrets Manager, and old versions are revoked",
    page: "runbook/3-secrets.md#rotate",
    monitors: ["secret-age"],
  },
  {
    id: "RB-4.1",
    section: 4,
    title: "A flood from one address gets 429, and blocked requests are logged",
    page: "runbook/4-edge.md#what-the-limit-does",
    monitors: ["edge-rate-limited"],
  },
  {
    id: "RB-4.2",
    section: 4,
    title: "The application sees the client's real address",
    page: "runbook/4-edge.md#verification",
    monitors: [],
    without: { monitor: "no metric tells a wrong address from a right one" },
  },
  {
    id: "RB-5.1",
    section: 5,
    title: "A dump is made, checked and stored every night at 02:00",
    page: "runbook/5-backups.md#look-at-it-run-it-now",
    monitors: ["backup-age", "backup-failed", "backup-size", "backup-duration", "backup-volume"],
  },
  {
    id: "RB-5.2",
    section: 5,
    title: "Dumps are kept 30 days, here and in a second region",
    page: "runbook/5-backups.md#what-runs",
    monitors: [],
    without: { monitor: "the buckets' rules change by `pulumi up` alone; verify reads them" },
    gaps: "the rehearsal's S3 does not replicate: that the copy arrives is seen on AWS only",
  },
  {
    id: "RB-5.3",
    section: 5,
    title: "The latest backup restores into a staging database, migrates and passes smoke tests",
    page: "runbook/5-backups.md#recovery-drill",
    monitors: ["drill-age"],
  },
  {
    id: "RB-6.1",
    section: 6,
    title: "https://…/health and wss://…/socket.io/ are watched, and two failures in a row under two minutes apart alert",
    page: "runbook/6-observability.md#uptime-tests",
    monitors: [
      "uptime-health",
      "uptime-websocket",
      "uptime-certificate",
      "burn-availability-fast",
      "burn-availability-slow",
      "burn-latency-fast",
      "burn-latency-slow",
    ],
  },
  {
    id: "RB-6.2",
    section: 6,
    title: "Logs of the application and its errors are collected; more than 5 errors in 5 minutes alert",
    page: "runbook/6-observability.md#monitors",
    monitors: ["api-errors", "error-ratio", "latency-p95", "edge-silent", "log-volume"],
  },
  {
    id: "RB-6.3",
    section: 6,
    title: "CPU above 80 %, memory above 75 % and database connections above 80 % alert; the service scales by itself",
    page: "runbook/6-observability.md#monitors",
    monitors: [
      "cpu",
      "cpu-throttled",
      "memory",
      "node-disk",
      "database-connections",
      "replication-lag",
      "database-disk",
      "deadlocks",
      "transaction-age",
      "wraparound",
      "autoscaler-at-maximum",
    ],
  },
  {
    id: "RB-6.4",
    section: 6,
    title: "The rotation and the escalation ladder are written down and reach a person",
    page: "on-call.md#ladder",
    monitors: [],
    without: { monitor: "who watches the watchers is a person: a test page" },
    gaps: "delivery by Datadog can be proven by a test page only",
  },
];

/** The seven boxes of runbook §7, and the lines above that have to hold for each. */
export const BOXES: readonly {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
  readonly byHand?: string;
}[] = [
  { id: "RB-7.1", title: "HTTP requests redirect to HTTPS in production", lines: ["RB-1.2"] },
  {
    id: "RB-7.2",
    title: "Security headers validated via securityheaders.com",
    lines: ["RB-1.3"],
    byHand: "the site's own grade: it must reach the public host",
  },
  { id: "RB-7.3", title: "Runtime DB role lacks DDL privileges (verify with \\du)", lines: ["RB-2.1"] },
  { id: "RB-7.4", title: "Secrets rotated and stored in secret manager; old versions revoked", lines: ["RB-3.1"] },
  { id: "RB-7.5", title: "Edge rate limiting confirms 429 on synthetic flood test", lines: ["RB-4.1", "RB-4.2"] },
  { id: "RB-7.6", title: "Nightly backups running; latest artefact restored successfully", lines: ["RB-5.1", "RB-5.2", "RB-5.3"] },
  {
    id: "RB-7.7",
    title: "Uptime checks and error alerts visible in monitoring tool",
    lines: ["RB-6.1", "RB-6.2", "RB-6.3", "RB-6.4"],
    byHand: "a look at Datadog, and a test page",
  },
];
