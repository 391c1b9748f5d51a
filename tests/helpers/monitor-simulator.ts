/**
 * When a monitor would fire: reads its query and walks through series of metrics as Datadog does, once a minute. Datadog's semantics, as
 * documented: the window aggregates the points that there are; counts are summed over the window before arithmetic; a missing operand has no
 * value, and neither has a window without points; an alert ends when the recovery threshold is reached.
 */
import {
  type Comparison,
  type Expression,
  type MetricQuery,
  type MonitorQuery,
  parseMonitorQuery,
} from "../../components/lib/monitor-query";
import type { MonitorSpec, Thresholds } from "../../components/lib/monitors";

/** What arrives: values by the minute (from 0) of a metric with its tags; of logs: lines in that minute that a search finds. */
export interface Series {
  /** Name of the metric, or the search of a log monitor. */
  readonly metric: string;
  readonly tags?: readonly string[];
  /** Undefined: no point in that minute. */
  at(minute: number): number | undefined;
}

/** A change of a monitor's state. */
export interface Transition {
  readonly minute: number;
  readonly to: "OK" | "Warn" | "Alert" | "No Data";
}

const MINUTE = 60;
const AGGREGATE: Readonly<Record<"avg" | "max" | "min" | "sum", (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((total, value) => total + value, 0),
  avg: (values) => values.reduce((total, value) => total + value, 0) / values.length,
  max: (values) => values.reduce((most, value) => Math.max(most, value), -Infinity),
  min: (values) => values.reduce((least, value) => Math.min(least, value), Infinity),
};
const OPERATE = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
};

const compare = ({ comparator, threshold }: Comparison, value: number): boolean =>
  ({ ">": value > threshold, ">=": value >= threshold, "<": value < threshold, "<=": value <= threshold })[comparator];

/** Whether a series carries every tag of a scope; `!tag` is one that it must not carry. */
const isInScope = ({ tags = [] }: Series, scope: readonly string[]) =>
  scope.every((tag) => (tag.startsWith("!") ? !tags.includes(tag.slice(1)) : tags.includes(tag)));

/** Values by the minute; undefined: none. */
type Values = (minute: number) => number | undefined;

/** Each minute is asked for many times, by every window that it lies in. */
function remembered(values: Values): Values {
  const known = new Map<number, number | undefined>();
  return (minute) => {
    if (!known.has(minute)) known.set(minute, values(minute));
    return known.get(minute);
  };
}

/** Values of a query at the end of each minute; undefined: no data. */
function valuesOf(query: MonitorQuery, all: readonly Series[]): Values {
  if (query.kind === "burn-rate") throw new Error("a burn rate is simulated with simulateBurnRate");
  if (query.kind === "logs") {
    const found = all.filter(({ metric }) => metric === query.search);
    const lines = remembered((minute) => AGGREGATE.sum(found.map((each) => each.at(minute) ?? 0)));
    return over(query.windowSeconds, "sum", lines);
  }
  const window = windowOf(query, all);
  const { change } = query;
  if (change === undefined) return window;
  return (minute) => {
    const [now, then] = [window(minute), window(minute - change.shiftSeconds / MINUTE)];
    if (now === undefined || then === undefined) return undefined;
    return change.relative ? ((now - then) / then) * 100 : now - then;
  };
}

/** The aggregate of the window that ends with a minute. */
function over(windowSeconds: number, aggregate: keyof typeof AGGREGATE, values: Values): Values {
  const length = windowSeconds / MINUTE;
  return (minute) => {
    const points: number[] = [];
    for (let at = minute - length + 1; at <= minute; at++) {
      const value = values(at);
      if (value !== undefined) points.push(value);
    }
    return points.length === 0 ? undefined : AGGREGATE[aggregate](points);
  };
}

function windowOf({ expression, windowSeconds, time }: MetricQuery, all: readonly Series[]): Values {
  if (expression.kind === "anomalies") throw new Error("the bounds of an anomaly are Datadog's own: they are not simulated");
  // Counts: summed over the window, then calculated with. Else: calculated with at each moment, then aggregated.
  if (isCount(expression)) return calculated(expression, all, (values) => over(windowSeconds, "sum", values));
  return over(windowSeconds, time, remembered(calculated(expression, all, (values) => values)));
}

function isCount(expression: Expression): boolean {
  if (expression.kind === "operation") return isCount(expression.left) || isCount(expression.right);
  return expression.kind === "metric" && expression.asCount;
}

/** @param ofMetric what becomes of a metric's values before they are calculated with */
function calculated(expression: Expression, all: readonly Series[], ofMetric: (values: Values) => Values): Values {
  if (expression.kind === "number") return () => expression.value;
  if (expression.kind === "anomalies") return () => undefined;
  if (expression.kind === "operation") {
    const [left, right] = [calculated(expression.left, all, ofMetric), calculated(expression.right, all, ofMetric)];
    return (minute) => {
      const [a, b] = [left(minute), right(minute)];
      return a === undefined || b === undefined ? undefined : OPERATE[expression.operator](a, b);
    };
  }
  const inScope = all.filter((each) => each.metric === expression.metric && isInScope(each, expression.scope));
  return ofMetric(
    remembered((minute) => {
      const values = inScope.map((each) => each.at(minute)).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : AGGREGATE[expression.space](values);
    }),
  );
}

/** The changes of a monitor's state in a time, from OK. @param until minutes */
export function simulate(
  { query, thresholds, onMissingData }: Pick<MonitorSpec, "query" | "thresholds" | "onMissingData">,
  all: readonly Series[],
  until: number,
): Transition[] {
  const parsed = parseMonitorQuery(query);
  return walk(parsed, thresholds, until, valuesOf(parsed, all), onMissingData);
}

function walk(
  query: Comparison,
  thresholds: Thresholds,
  until: number,
  valueOf: Values,
  onMissingData: MonitorSpec["onMissingData"],
): Transition[] {
  const transitions: Transition[] = [];
  let state: Transition["to"] = "OK";
  for (let minute = 0; minute < until; minute++) {
    const next = stateOf(query, thresholds, valueOf(minute), state, onMissingData);
    if (next !== state) transitions.push({ minute, to: next });
    state = next;
  }
  return transitions;
}

function stateOf(
  { comparator }: Comparison,
  { critical, criticalRecovery = critical, warning, warningRecovery = warning }: Thresholds,
  value: number | undefined,
  before: Transition["to"],
  onMissingData: MonitorSpec["onMissingData"],
): Transition["to"] {
  if (value === undefined) return onMissingData === "resolve" ? "OK" : "No Data";
  const beyond = (threshold: number) => compare({ comparator, threshold }, value);
  // Until the recovery threshold is reached: at it, it has recovered.
  const notRecovered = (threshold: number) => (comparator.startsWith(">") ? value > threshold : value < threshold);
  if (beyond(critical) || (before === "Alert" && notRecovered(criticalRecovery))) return "Alert";
  if (warning === undefined || warningRecovery === undefined) return "OK";
  return beyond(warning) || (before === "Warn" && notRecovered(warningRecovery)) ? "Warn" : "OK";
}

/** Requests of a minute, for the burn rate of an error budget. */
export interface Events {
  readonly good: number;
  readonly total: number;
}

/** The changes of a burn rate's monitor: both windows must burn faster than the threshold. @param targetPercent the objective's */
export function simulateBurnRate(
  { query, thresholds }: { readonly query: string; readonly thresholds: Thresholds },
  targetPercent: number,
  eventsAt: (minute: number) => Events,
  until: number,
): Transition[] {
  const parsed = parseMonitorQuery(query);
  if (parsed.kind !== "burn-rate") throw new Error("no query of a burn rate");
  const [good, total] = (["good", "total"] as const).map((key) => remembered((minute) => eventsAt(minute)[key])) as [Values, Values];
  const rateOver = (windowSeconds: number): ((minute: number) => number) => {
    const [goods, totals] = [over(windowSeconds, "sum", good), over(windowSeconds, "sum", total)];
    return (minute) => {
      const all = totals(minute) ?? 0;
      return all === 0 ? 0 : (1 - (goods(minute) ?? 0) / all) / (1 - targetPercent / 100);
    };
  };
  const [long, short] = [rateOver(parsed.longSeconds), rateOver(parsed.shortSeconds)];
  const valueOf = (minute: number) => Math.min(long(minute), short(minute));
  return walk(parsed, thresholds, until, valueOf, "resolve");
}

/** Options of an uptime test that decide when it alerts. */
export interface UptimeRule {
  readonly tickEvery: number;
  readonly minFailureDuration: number;
  readonly minLocationFailed: number;
}

/**
 * The seconds at which an uptime test alerts and recovers. Each location runs every `tickEvery` seconds and has its answer after `answerSeconds`;
 * it alerts once as many locations as must have failed without a break for the minimum time since their first failed run ended.
 *
 * @param fails whether a location's run that starts at a second fails
 */
export function simulateUptime(
  { tickEvery, minFailureDuration, minLocationFailed }: UptimeRule,
  locations: readonly { readonly offsetSeconds: number }[],
  fails: (location: number, second: number) => boolean,
  untilSeconds: number,
  answerSeconds = 0,
): { readonly second: number; readonly to: "Alert" | "OK" }[] {
  const transitions: { second: number; to: "Alert" | "OK" }[] = [];
  const failingSince: (number | undefined)[] = locations.map(() => undefined);
  let state: "Alert" | "OK" = "OK";
  for (let second = 0; second < untilSeconds; second++) {
    for (const [location, { offsetSeconds }] of locations.entries()) {
      const started = second - answerSeconds;
      if (started < offsetSeconds || (started - offsetSeconds) % tickEvery !== 0) continue;
      failingSince[location] = fails(location, started) ? (failingSince[location] ?? second) : undefined;
    }
    const failing = failingSince.filter((since) => since !== undefined && second - since >= minFailureDuration).length;
    const next = failing >= minLocationFailed ? "Alert" : "OK";
    if (next !== state) transitions.push({ second, to: next });
    state = next;
  }
  return transitions;
}
