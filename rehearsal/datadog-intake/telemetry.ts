/** Metrics, service checks and logs: taken with the API key alone. */
import type { Context, Route } from "./api";
import { type LogItem, metricsOfLogs, pointsOf } from "./metrics";
import type { Stream, StoredRecord } from "./store";

const take = ({ store, body }: Context, stream: Stream, entries: unknown): void =>
  store.append(stream, (Array.isArray(entries) ? entries : [body]) as StoredRecord[]);

/**
 * The routes, and what they took: `/rehearsal/records`, which the real API does not have. They can be put there too: what somebody lost at the real
 * one, and what broke by itself, has no other way in or back.
 */
export const telemetryRoutes: readonly Route[] = [
  {
    method: "post",
    path: "/api/v2/series",
    body: ["v2", "MetricPayload"],
    apiKeyOnly: true,
    status: 202,
    answer(context) {
      take(context, "series", (context.body as { series: unknown }).series);
      return { errors: [] };
    },
  },
  {
    method: "post",
    path: "/api/v1/check_run",
    body: ["v1", "Array<ServiceCheck>"],
    apiKeyOnly: true,
    status: 202,
    answer(context) {
      take(context, "checkRuns", context.body);
      return { status: "ok" };
    },
  },
  {
    method: "post",
    path: "/api/v2/logs",
    body: ["v2", "Array<HTTPLogItem>"],
    apiKeyOnly: true,
    status: 202,
    answer(context) {
      take(context, "logs", context.body);
      take(context, "series", metricsOfLogs(context.body as LogItem[], Object.values(context.store.records.logsMetrics)));
      return {};
    },
  },
  {
    method: "get",
    path: "/api/v1/query",
    answer({ store, query }) {
      return { status: "ok", ...pointsOf(store.records.series, query) };
    },
  },
  { method: "get", path: "/rehearsal/records", answer: ({ store }) => store.records },
  {
    method: "put",
    path: "/rehearsal/records",
    body: "any",
    status: 204,
    answer: ({ store, body }) => void Object.assign(store.records, body),
  },
];
