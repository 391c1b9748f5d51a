/**
 * Every check of the runbook, by id: the index that policies, probes, monitors and documents share.
 *
 * What answers for a line is named where it exists. A line without a policy, probe or monitor says why in `gaps`: nothing is open in silence.
 */

/** One line of the runbook. */
export interface ChecklistLine {
  /** `RB-<section>.<line>`. */
  readonly id: string;
  /** Section of the runbook, 1 to 7. */
  readonly section: number;
  /** What must hold, in the runbook's words. */
  readonly title: string;
  /** Page under docs/. */
  readonly page: string;
  /** Names of the policies that gate it before a deployment. */
  readonly policies: readonly string[];
  /** What of it the rehearsal sees hold on the running environment. */
  readonly rehearsed?: string;
  /** Keys of the monitors that watch it at run time. */
  readonly monitors: readonly string[];
  /** What does not answer for it yet, and why. */
  readonly gaps?: string;
}

const LATER = "its policy and its probe in `ops verify` are not written yet (README, Roadmap)";

/** The lines, in the runbook's order. */
export const CHECKLIST: readonly ChecklistLine[] = [
  {
    id: "RB-1.1",
    section: 1,
    title: "The image is named by the git short SHA that it was built from",
    page: "runbook/1-https.md",
    policies: [],
    monitors: [],
    gaps: `settings refuse a mutable tag; ${LATER}`,
  },
  {
    id: "RB-1.2",
    section: 1,
    title: "http://…/health answers 301 with Location: https://…",
    page: "runbook/1-https.md",
    policies: ["ingress-enforce-https"],
    rehearsed: "http redirect",
    monitors: ["uptime-redirect"],
  },
  {
    id: "RB-1.3",
    section: 1,
    title: "https://…/health shows strict-transport-security, content-security-policy, referrer-policy and the others",
    page: "runbook/1-https.md",
    policies: [],
    rehearsed: "security headers",
    monitors: ["uptime-health"],
    gaps: LATER,
  },
  {
    id: "RB-1.4",
    section: 1,
    title: "Logs are in the combined format only",
    page: "runbook/1-https.md",
    policies: [],
    monitors: [],
    gaps: LATER,
  },
  {
    id: "RB-2.1",
    section: 2,
    title: "The runtime role reads and writes rows and nothing else; migrations have a role of their own",
    page: "runbook/2-database.md",
    policies: [],
    rehearsed: "least-privilege role",
    monitors: [],
    gaps: LATER,
  },
  {
    id: "RB-3.1",
    section: 3,
    title: "Secrets are rotated every 90 days, kept in AWS Secrets Manager, and old versions are revoked",
    page: "runbook/3-secrets.md",
    policies: [],
    rehearsed: "signed with the current secret",
    monitors: [],
    gaps: LATER,
  },
  {
    id: "RB-4.1",
    section: 4,
    title: "A flood from one address gets 429, and blocked requests are logged",
    page: "runbook/4-edge.md",
    policies: ["ingress-enforce-https"],
    rehearsed: "rate limit",
    monitors: ["edge-rate-limited"],
  },
  {
    id: "RB-4.2",
    section: 4,
    title: "The application sees the client's real address",
    page: "runbook/4-edge.md",
    policies: [],
    rehearsed: "client address",
    monitors: [],
    gaps: LATER,
  },
];
