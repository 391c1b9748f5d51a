/** Objectives of runbook §6, and the alerts of their error budgets: pure data. */
import { type AlertContext, alertMessage, alertName, alertTags, type AlertText, type Priority, runbookUrl } from "./alerts";
import { SLOW_SECONDS } from "./log-pipeline";
import { EDGE_REQUESTS, logMetric } from "./metrics";
import type { MonitorTableArgs, Thresholds } from "./monitors";
import { commandsOf } from "./monitors-shared";

/** Days over which an objective is measured. */
export const SLO_DAYS = 30;

/** Arguments of {@link buildObjectives}. */
export interface ObjectiveArgs extends MonitorTableArgs {
  readonly objectives: {
    /** Percent of the requests that do not fail. */
    readonly availabilityPercent: number;
    /** Percent of the requests that are answered within {@link SLOW_SECONDS}. */
    readonly latencyPercent: number;
  };
}

/** An objective. */
export interface Objective {
  /** Name in Datadog. */
  readonly name: string;
  readonly description: string;
  readonly targetPercent: number;
  /** Percent below which Datadog shows it in yellow: half of the error budget is used. */
  readonly warningPercent: number;
  /** Metric queries: events that count as good, and all of them. */
  readonly good: string;
  readonly total: string;
  readonly tags: readonly string[];
}

/** An alert of an objective's error budget: both windows burn it faster than `thresholds.critical` times the even rate. */
export interface BurnRateAlert {
  readonly name: string;
  readonly title: string;
  /** Key of the objective. */
  readonly objective: string;
  readonly longWindow: string;
  readonly shortWindow: string;
  readonly thresholds: Thresholds;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly message: string;
  readonly runbookUrl: string;
}

/**
 * How fast a budget of 30 days may burn. The long window says that it matters, the short one (a twelfth) that it goes on: an alert ends minutes
 * after its cause. @see https://sre.google/workbook/alerting-on-slos/
 */
const PACES = {
  // 2 % of the budget in an hour.
  fast: { burnRate: 14.4, longWindow: "1h", shortWindow: "5m", budget: "2 % of the month's budget in an hour", priority: 1 },
  // 5 % of the budget in six hours.
  slow: { burnRate: 6, longWindow: "6h", shortWindow: "30m", budget: "5 % of the month's budget in six hours", priority: 2 },
} as const;

interface ObjectiveRow {
  readonly title: string;
  readonly description: string;
  readonly targetPercent: number;
  readonly good: string;
  readonly total: string;
  readonly meaning: string;
  readonly firstCommands: AlertText["firstCommands"];
}

function rows(args: ObjectiveArgs): Record<string, ObjectiveRow> {
  const requests = (tags: string) => `sum:${logMetric(EDGE_REQUESTS, args.environment)}{env:${args.environment}${tags}}.as_count()`;
  const { getPods, top, history, kubectl } = commandsOf(args);
  return {
    availability: {
      title: "Requests that do not fail",
      description:
        "Requests that the edge answered with anything but 5xx. Refusals of the rate limit count neither way; /health is not counted.",
      targetPercent: args.objectives.availabilityPercent,
      good: requests(",!status_category:error"),
      total: requests(""),
      meaning: "Requests fail (5xx)",
      firstCommands: [getPods, history, `${kubectl} get events --sort-by=.lastTimestamp`],
    },
    latency: {
      title: `Requests answered within ${SLOW_SECONDS} s`,
      description: `Requests that the edge answered within ${SLOW_SECONDS} s. Websockets, whose line comes when they close, are not counted.`,
      targetPercent: args.objectives.latencyPercent,
      good: requests(",kind:request,speed:fast"),
      total: requests(",kind:request"),
      meaning: `Answers take longer than ${SLOW_SECONDS} s`,
      firstCommands: [top, `${kubectl} describe hpa maestroverse-server`, history],
    },
  };
}

/** The objectives by key. */
export function buildObjectives(args: ObjectiveArgs): Record<string, Objective> {
  return Object.fromEntries(
    Object.entries(rows(args)).map(([key, { title, description, targetPercent, good, total }]) => [
      key,
      {
        name: alertName(args, title),
        description,
        targetPercent,
        warningPercent: rounded(100 - (100 - targetPercent) / 2),
        good,
        total,
        tags: objectiveTags(args, key),
      },
    ]),
  );
}

/** The alerts by key: `burn-availability-fast`. */
export function buildBurnRateAlerts(args: ObjectiveArgs): Record<string, BurnRateAlert> {
  return Object.fromEntries(
    Object.entries(rows(args)).flatMap(([objective, row]) =>
      Object.entries(PACES).map(([pace, { burnRate, longWindow, shortWindow, budget, priority }]) => {
        const key = `burn-${objective}-${pace}`;
        const title = `Error budget of "${row.title.toLowerCase()}" (times the even rate, over ${longWindow} and ${shortWindow})`;
        const meaning = `${row.meaning} so often that ${budget} goes: ${row.targetPercent} % are promised.`;
        const alert: BurnRateAlert = {
          name: alertName(args, title),
          title,
          objective,
          longWindow,
          shortWindow,
          // No recovery threshold: Datadog takes none for a burn rate, and the short window is one.
          thresholds: { critical: burnRate, warning: burnRate / 2 },
          priority,
          tags: alertTags(args, key, 6, "muted"),
          message: alertMessage(args, key, { meaning, firstCommands: row.firstCommands }),
          runbookUrl: runbookUrl(args, key),
        };
        return [key, alert] as const;
      }),
    ),
  );
}

/** Query of a burn rate's monitor. @param sloId known once the objective exists */
export function burnRateQuery(
  { longWindow, shortWindow, thresholds }: Pick<BurnRateAlert, "longWindow" | "shortWindow" | "thresholds">,
  sloId: string,
): string {
  return `burn_rate("${sloId}").over("${SLO_DAYS}d").long_window("${longWindow}").short_window("${shortWindow}") > ${thresholds.critical}`;
}

function objectiveTags(context: AlertContext, key: string): string[] {
  return [
    `env:${context.environment}`,
    "managed-by:pulumi",
    "owner:platform",
    "service:maestroverse-api",
    `slo:${key}`,
    `team:${context.teamHandle}`,
  ];
}

const rounded = (value: number) => Math.round(value * 10_000) / 10_000;
