/** What Datadog makes of telemetry, as far as this program asks for it: metrics of log lines as they arrive, and the points of a metric. */
import { invalid } from "./errors";
import { finds, type SearchedLog, valueOf } from "./log-search";
import type { StoredRecord } from "./store";

/** A line as it was sent. */
export interface LogItem {
  readonly message: string;
  readonly service?: string;
  readonly ddtags?: string;
}

/** A metric that is made of lines. */
interface LogMetric {
  readonly id: string;
  readonly attributes: {
    readonly filter: { readonly query: string };
    readonly compute: { readonly aggregation_type: "count" | "distribution"; readonly path?: string };
    readonly group_by?: readonly { readonly path: string; readonly tag_name: string }[];
  };
}

/** A metric's points, as they are kept and as `/api/v2/series` takes them. */
interface Series {
  readonly metric: string;
  readonly points: readonly { readonly timestamp: number; readonly value: number }[];
  readonly tags?: readonly string[];
}

/** Points that lines add to the metrics whose filters find them. */
export function metricsOfLogs(items: readonly LogItem[], metrics: readonly StoredRecord[]): Series[] {
  return items.map(searched).flatMap((log) =>
    (metrics as unknown as LogMetric[]).flatMap(({ id, attributes: { filter, compute, group_by = [] } }) => {
      if (!finds(filter.query, log)) return [];
      const value = compute.aggregation_type === "count" ? 1 : valueOf(log, compute.path ?? "");
      if (typeof value !== "number") return [];
      const tags = group_by.flatMap(({ path, tag_name }) => {
        const tag = valueOf(log, path);
        return tag === undefined ? [] : [`${tag_name}:${String(tag)}`];
      });
      return [{ metric: id, points: [{ timestamp: Math.floor(Date.now() / 1000), value }], tags }];
    }),
  );
}

/** A line that is JSON has attributes; of those, `service` and `status` count before the sender's. */
function searched({ message, service, ddtags = "" }: LogItem): SearchedLog {
  let attributes: unknown;
  try {
    attributes = JSON.parse(message) as unknown;
  } catch {
    attributes = {};
  }
  const tags = Object.fromEntries(
    ddtags.split(",").flatMap((tag) => {
      const [name, value] = tag.split(/:(.*)/s);
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
  const reserved = Object.fromEntries(
    Object.entries({ service, status: "info", ...(attributes as object) }).flatMap(([key, value]) =>
      (key === "service" || key === "status") && typeof value === "string" ? [[key, value] as const] : [],
    ),
  );
  return { tags: { ...tags, ...reserved }, attributes };
}

const QUERY = /^(avg|max|min|sum):([\w.]+)\{([\w:.,-]*)\}$/;

/** The points of `aggregator:metric{tag:value,…}` between two moments (seconds), those of all series together and of one moment as one. */
export function pointsOf(
  series: readonly StoredRecord[],
  { from, to, query }: Readonly<Record<string, unknown>>,
): { readonly series: object[] } {
  const [, aggregator = "", metric = "", scope = ""] = QUERY.exec(String(query)) ?? [];
  if (metric === "") throw invalid(`The query ${String(query)} is not understood here`);
  const wanted = scope.split(",").filter((tag) => tag !== "");
  const moments = new Map<number, number[]>();
  for (const { metric: name, points, tags = [] } of series as unknown as Series[]) {
    if (name !== metric || !wanted.every((tag) => tags.includes(tag))) continue;
    for (const { timestamp, value } of points)
      if (timestamp >= Number(from) && timestamp <= Number(to)) moments.set(timestamp, [...(moments.get(timestamp) ?? []), value]);
  }
  if (moments.size === 0) return { series: [] };
  const together: Record<string, (values: readonly number[]) => number> = {
    avg: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
    sum: (values) => values.reduce((sum, value) => sum + value, 0),
    max: (values) => Math.max(...values),
    min: (values) => Math.min(...values),
  };
  const pointlist = [...moments].sort(([a], [b]) => a - b).map(([seconds, values]) => [seconds * 1000, together[aggregator]?.(values)]);
  return { series: [{ metric, aggr: aggregator, scope, expression: String(query), pointlist }] };
}
