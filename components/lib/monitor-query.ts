/**
 * Reads the query of a Datadog monitor: of metrics (arithmetic, `change`, `anomalies`), of logs and of an error budget's burn rate. What it cannot
 * read is refused, so that a query is what it looks like. @see https://docs.datadoghq.com/monitors/types/metric/
 */

/** What a query's values are compared with. */
export interface Comparison {
  readonly comparator: ">" | ">=" | "<" | "<=";
  readonly threshold: number;
}

/** Arithmetic over metrics. */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | {
      readonly kind: "metric";
      /** Over the series of a moment. */
      readonly space: "avg" | "max" | "min" | "sum";
      readonly metric: string;
      /** `env:prod`, `!status:error`. */
      readonly scope: readonly string[];
      readonly asCount: boolean;
    }
  | { readonly kind: "operation"; readonly operator: "+" | "-" | "*" | "/"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "anomalies"; readonly of: Expression; readonly deviations: number; readonly alertSeconds: number };

/** `avg(last_5m):… > 5`. */
export interface MetricQuery extends Comparison {
  readonly kind: "metric";
  /** Over the moments of the window. */
  readonly time: "avg" | "max" | "min" | "sum";
  readonly windowSeconds: number;
  /** `change(…)` and `pct_change(…)`: the window now against the one so many seconds ago. */
  readonly change?: { readonly relative: boolean; readonly shiftSeconds: number };
  readonly expression: Expression;
}

/** `logs("…").index("*").rollup("count").last("5m") > 5`. */
export interface LogQuery extends Comparison {
  readonly kind: "logs";
  readonly search: string;
  readonly windowSeconds: number;
}

/** `burn_rate("…").over("30d").long_window("1h").short_window("5m") > 14.4`. */
export interface BurnRateQuery extends Comparison {
  readonly kind: "burn-rate";
  readonly objective: string;
  readonly overDays: number;
  readonly longSeconds: number;
  readonly shortSeconds: number;
}

/** A query, read. */
export type MonitorQuery = MetricQuery | LogQuery | BurnRateQuery;

const UNIT_SECONDS = { m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/y;
const METRIC = /(avg|max|min|sum):([a-zA-Z][\w.]*)\{([^{}]*)\}(\.as_count\(\))?/y;
const TIME = /(avg|max|min|sum)\(last_(\d+[mhdw])\)/y;
const COMPARISON = /\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*$/y;
const LOGS = /^logs\("([^"]*)"\)\.index\("\*"\)\.rollup\("count"\)\.last\("(\d+[mhd])"\)/y;
const BURN_RATE = /^burn_rate\("([^"]+)"\)\.over\("(\d+)d"\)\.long_window\("(\d+[mhd])"\)\.short_window\("(\d+[mhd])"\)/y;
const ANOMALY_OPTIONS = /, '(?:basic|agile|robust)', (\d+)((?:, \w+=(?:'\w+'|\d+))*)\)/y;

/** @throws SyntaxError that says where the query cannot be read */
export function parseMonitorQuery(query: string): MonitorQuery {
  const reader = new Reader(query);
  const logs = reader.take(LOGS);
  if (logs !== undefined) {
    const [, search = "", window = ""] = logs;
    return { kind: "logs", search, windowSeconds: seconds(window), ...reader.comparison() };
  }
  const burn = reader.take(BURN_RATE);
  if (burn !== undefined) {
    const [, objective = "", days, long = "", short = ""] = burn;
    return {
      kind: "burn-rate",
      objective,
      overDays: Number(days),
      longSeconds: seconds(long),
      shortSeconds: seconds(short),
      ...reader.comparison(),
    };
  }
  return reader.metricQuery();
}

/** `5m` → 300. */
function seconds(window: string): number {
  return Number(window.slice(0, -1)) * UNIT_SECONDS[window.slice(-1) as keyof typeof UNIT_SECONDS];
}

/** Reads a query from its beginning. */
class Reader {
  private position = 0;

  constructor(private readonly text: string) {}

  /** What a sticky pattern matches here, and goes on after it; undefined: nothing. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.position += found[0].length;
    return found;
  }

  comparison(): Comparison {
    const [, comparator, threshold] = this.demand(COMPARISON, "a comparison with a number at the end");
    return { comparator: comparator as Comparison["comparator"], threshold: Number(threshold) };
  }

  metricQuery(): MetricQuery {
    const change = this.take(/(pct_)?change\(/y);
    const [, time = "", window = ""] = this.demand(TIME, "a window such as avg(last_5m)");
    const shift = change === undefined ? undefined : this.demand(/,\s*last_(\d+[mhdw])\)/y, "how long ago, such as last_15m")[1];
    this.demand(/:/y, "':' after the window");
    const expression = this.sum();
    return {
      kind: "metric",
      time: time as MetricQuery["time"],
      windowSeconds: seconds(window),
      ...(change === undefined ? {} : { change: { relative: change[1] !== undefined, shiftSeconds: seconds(shift ?? "") } }),
      expression,
      ...this.comparison(),
    };
  }

  private sum(): Expression {
    return this.operations(/\s*([+-])\s+/y, () => this.operations(/\s*([*/])\s*/y, () => this.factor()));
  }

  private operations(operator: RegExp, operand: () => Expression): Expression {
    let left = operand();
    for (let found = this.take(operator); found !== undefined; found = this.take(operator))
      left = { kind: "operation", operator: found[1] as "+", left, right: operand() };
    return left;
  }

  private factor(): Expression {
    if (this.take(/\(\s*/y) !== undefined) {
      const inner = this.sum();
      this.demand(/\s*\)/y, "')'");
      return inner;
    }
    if (this.take(/anomalies\(/y) !== undefined) return this.anomalies();
    const number = this.take(NUMBER);
    if (number !== undefined) return { kind: "number", value: Number(number[0]) };
    const [, space, metric = "", scope = "", asCount] = this.demand(METRIC, "a number or a metric such as sum:name{env:prod}");
    return {
      kind: "metric",
      space: space as "avg",
      metric,
      scope: scope.split(",").map((tag) => tag.trim()),
      asCount: asCount !== undefined,
    };
  }

  private anomalies(): Expression {
    const of = this.sum();
    const [, deviations, options = ""] = this.demand(ANOMALY_OPTIONS, "the options of anomalies");
    const window = /alert_window='last_(\d+[mhd])'/.exec(options)?.[1];
    if (window === undefined) throw this.problem("alert_window among the options of anomalies");
    return { kind: "anomalies", of, deviations: Number(deviations), alertSeconds: seconds(window) };
  }

  private demand(pattern: RegExp, what: string): RegExpExecArray {
    const found = this.take(pattern);
    if (found === undefined) throw this.problem(what);
    return found;
  }

  private problem(what: string): SyntaxError {
    const [before, after] = [this.text.slice(0, this.position), this.text.slice(this.position)];
    return new SyntaxError(`expected ${what} at "${before.slice(-30)}▸${after.slice(0, 30)}"`);
  }
}

/** Every metric that a query reads. */
function metricsOf(query: MonitorQuery): Extract<Expression, { kind: "metric" }>[] {
  const inside = (expression: Expression): Extract<Expression, { kind: "metric" }>[] => {
    if (expression.kind === "metric") return [expression];
    if (expression.kind === "operation") return [...inside(expression.left), ...inside(expression.right)];
    return expression.kind === "anomalies" ? inside(expression.of) : [];
  };
  return query.kind === "metric" ? inside(query.expression) : [];
}

/** Where a query looks: of each metric its tags, of logs the words of the search. */
export function scopesOf(query: MonitorQuery): (readonly string[])[] {
  return query.kind === "logs" ? [query.search.split(/\s+/)] : metricsOf(query).map(({ scope }) => scope);
}
