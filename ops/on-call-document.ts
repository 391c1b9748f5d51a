/** docs/on-call.md, from the settings and the alerts' table: one page to read before the first week, which pastes into Notion or Confluence. */
import { dashboardLink, type Priority } from "../components/lib/alerts";
import { buildMonitors } from "../components/lib/monitors";
import { buildLadder, buildScheduleLayer } from "../components/lib/on-call";
import { PROVEN_WEEKS, turnsOf } from "../components/lib/on-call-proof";
import { nextReview } from "../components/lib/on-call-review";
import { buildBurnRateAlerts } from "../components/lib/slo";
import { buildUptimeTests, uptimeMonitorKey } from "../components/lib/synthetics";
import { DAY_MILLISECONDS, wallClock } from "../components/lib/zoned-time";
import type { Settings } from "../config";
import { observabilityArgs } from "../settings/observability-args";

/** How an alert reaches people, by its priority. */
const REACHES: Readonly<Record<Priority, string>> = {
  1: "wakes whoever is on call",
  2: "wakes whoever is on call",
  3: "in working hours",
};

/** The document. */
export function renderOnCall(settings: Settings): string {
  const { environment, onCall } = settings;
  const { timeZone, handover, escalateAfterMinutes, reviewedOn, people, pagerDutyService } = onCall;
  const due = nextReview(reviewedOn);
  const hour = `${handover.hour}:00`;
  const pager =
    pagerDutyService === undefined
      ? "Datadog On-Call runs it"
      : `PagerDuty's service \`${pagerDutyService}\` pages, Datadog holds the rotation`;
  return `# On-call

<!-- Made from Pulumi.${environment}.yaml and the alerts' table by \`npm run ops -- render on-call\`; a test holds it to them. Change those, not this file. -->

One page to read before your first week. The rotation is \`onCall\` in \`Pulumi.${environment}.yaml\`; ${pager}.

**Next quarterly review: ${due}** (last: ${reviewedOn}). From the day after, \`npm run ops -- verify\` fails on RB-6.4.

## Rotation

One week each, hand-over on ${weekday(handover.startsOn)} at ${hour} (${timeZone}), also after the clocks have changed.

${rotation(settings)}

To swap a shift or a day, make an override in Datadog (On-Call → Schedules): it needs no deployment. To join or leave, change \`onCall.people\` and
deploy; whoever leaves the organisation stays in the schedule until then, and gets no pages. A preview fails when any minute of the next ${PROVEN_WEEKS}
weeks has nobody.

At the hand-over: open pages, what is muted and until when, what was deployed, what is planned.

## Ladder

${ladder(settings)}

You are paged: acknowledge within ${escalateAfterMinutes} minutes, open the link to the runbook, run its three commands, then act. Stuck after 30 minutes, or users
are hurt: call the next step yourself. Nobody minds.

## What scales by itself, and what pages

${scaling(settings)}

${alertsTable(settings)}

## Quick links

${quickLinks(settings)}

## Runbooks

${RUNBOOKS.map(([page, title]) => `- [${title}](runbook/${page})`).join("\n")}

## Quarterly review

By ${due}. Then set \`onCall.reviewedOn\` in every \`Pulumi.<stack>.yaml\` to the day, and \`npm run -s ops -- render on-call > docs/on-call.md\`.

- [ ] \`onCall.people\` (${people.length} people) is who is here; each has a telephone number and a high-urgency rule in Datadog.
- [ ] A test page reached whoever is on call, and the second step after ${escalateAfterMinutes} minutes.
- [ ] Since the last change of the clocks the hand-over is still at ${hour}.
- [ ] Only ${environment} reports \`service:maestroverse-api\` to ${environment}'s organisation ([why](runbook/6-observability.md#environments)).
- [ ] Every alert of the quarter was worth its page; otherwise change its threshold or delete it.
- [ ] Every command of the runbook still works.
`;
}

const RUNBOOKS = [
  ["1-https.md", "The web service, HTTPS and headers"],
  ["2-database.md", "The database and its roles"],
  ["3-secrets.md", "Secrets and their rotation"],
  ["4-edge.md", "The edge and its rate limit"],
  ["5-backups.md", "Backups, and how they are restored"],
  ["6-observability.md", "Alerts, what each means, and its first commands"],
] as const;

const weekday = (date: string) => new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: "UTC" }).format(new Date(date));

/** A Markdown table, as the formatter aligns it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Whose week it is, from the last review until the next. */
function rotation({ onCall }: Settings): string {
  const { people, timeZone, reviewedOn } = onCall;
  const from = Date.parse(reviewedOn);
  const until = Date.parse(nextReview(reviewedOn)) + DAY_MILLISECONDS;
  const who = (id: string) => people.find(({ datadogUserId }) => datadogUserId === id)?.name ?? id;
  const turns = turnsOf(buildScheduleLayer(onCall), from, until);
  return table(
    ["week from", "on call", "stands by"],
    turns.map(({ from: begins, user }, index) => {
      const next = people[(people.findIndex(({ datadogUserId }) => datadogUserId === user) + 1) % people.length];
      return [
        wallClock(begins, timeZone).slice(0, 10),
        who(user),
        turns[index + 1] === undefined ? (next?.name ?? "") : who(turns[index + 1]?.user ?? ""),
      ];
    }),
  );
}

function ladder({ onCall }: Settings): string {
  const lead = onCall.people.find(({ email }) => email === onCall.leadEmail)?.name ?? onCall.leadEmail;
  const who = ["whoever is on call", "whoever is on call next", `the lead, ${lead}`];
  const { steps, retries } = buildLadder(onCall, "");
  const rows = who.map((name, index) => {
    const minutes = index * onCall.escalateAfterMinutes;
    return [String(index + 1), name, minutes === 0 ? "at once" : `${minutes} minutes`];
  });
  const climbs = Number(retries) + 1;
  return `${table(["step", "who", "after"], rows)}

The ladder's ${(steps as readonly unknown[]).length} steps are climbed ${climbs} times in all. A page that nobody acknowledges stays open.`;
}

/** What needs nobody, and who is told when it does not suffice. */
function scaling({ web, backups, edge, observability }: Settings): string {
  const { minimum, maximum } = web.replicas;
  return table(
    ["what", "does by itself", "pages when that does not suffice"],
    [
      [
        "pods",
        `${minimum} to ${maximum}, at ${web.cpuTargetPercent} % of CPU and ${web.memoryTargetPercent} % of memory`,
        "`autoscaler-at-maximum`, `cpu`, `memory`",
      ],
      ["a pod that crashes or hangs", "is restarted; the others serve", "`crash-loop`, `restarts`, `replicas-missing`"],
      ["a bad release", "stops at its first pod", "`rollout-stuck`"],
      ["a flood from one address", `gets 429 above ${edge.rateLimit.requestsPerMinute} a minute`, "`edge-rate-limited`"],
      [
        "database connections",
        "are refused to nobody: pools are sized for every pod",
        `\`database-connections\` above ${observability.databaseConnectionsPercent} %`,
      ],
      ["dumps", `go after ${backups.retentionDays} days, never the newest good one`, "`backup-age`, `backup-size`, `backup-failed`"],
    ],
  );
}

/** Every alert, the most urgent first. */
function alertsTable(settings: Settings): string {
  const args = observabilityArgs(settings);
  const context = { ...args, teamHandle: args.onCall.teamHandle, pagerDutyService: args.onCall.pagerDutyService };
  const uptime = Object.entries(buildUptimeTests(context)).map(
    ([key, { name, options }]) => [uptimeMonitorKey(key), name, Number(options.monitorPriority)] as const,
  );
  const others = Object.entries({ ...buildMonitors(context), ...buildBurnRateAlerts(context) }).map(
    ([key, { name, priority }]) => [key, name, priority] as const,
  );
  const rows = [...uptime, ...others]
    .sort(([, , a], [, , b]) => a - b)
    .map(([key, name, priority]) => [
      `[${key}](runbook/6-observability.md#${key})`,
      name.replace(/^\[[^\]]*\] /, ""),
      `${priority}: ${REACHES[priority as Priority]}`,
    ]);
  return table(["alert", "what", "priority"], rows);
}

function quickLinks({ environment, observability, onCall }: Settings): string {
  const app = observability.datadogAppUrl.replace(/\/+$/, "");
  const search = (words: string) => encodeURIComponent(words);
  const links: readonly (readonly [string, string])[] = [
    ["Dashboard", dashboardLink({ environment, datadogAppUrl: app })],
    ["Monitors", `${app}/monitors/manage?q=${search(`service:maestroverse-api env:${environment}`)}`],
    [
      "Logs of the API and of the edge",
      `${app}/logs?query=${search(`service:(maestroverse-api OR maestroverse-edge) env:${environment}`)}`,
    ],
    ["Uptime tests", `${app}/synthetics/tests?query=${search(`env:${environment}`)}`],
    [`Schedule and pages (team ${onCall.teamHandle})`, `${app}/on-call/teams`],
  ];
  return [
    ...links.map(([title, url]) => `- ${title}: <${url}>`),
    "- [What each alert means](runbook/6-observability.md#monitors)",
    "- [Incident template](incident-template.md)",
    `- Is it well? \`npm run ops -- verify --stack ${environment}\``,
  ].join("\n");
}
