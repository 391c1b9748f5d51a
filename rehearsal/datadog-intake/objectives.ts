/** Objectives, downtimes, and metrics that are made of logs. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Context, Route } from "./api";
import { invalid, Refusal } from "./errors";
import type { StoredRecord } from "./store";
import { existing } from "./version1";

const SLO = "/api/v1/slo";

/** What no model has: a warning above the target, and a budget. */
function checkObjective({ type, query, thresholds }: StoredRecord): void {
  if (type === "metric" && query === undefined) throw invalid("Invalid payload: an SLO of type metric needs a query");
  for (const { target, warning } of thresholds as { target: number; warning?: number }[]) {
    if (!(target > 0 && target < 100)) throw invalid(`Invalid payload: target must be above 0 and below 100, got ${target}`);
    if (warning !== undefined && warning <= target)
      throw invalid(`Invalid payload: warning must be above the target ${target}, got ${warning}`);
  }
}

const objectives: readonly Route[] = [
  { method: "get", path: SLO, answer: ({ store }) => ({ data: Object.values(store.records.objectives) }) },
  { method: "get", path: `${SLO}/:id`, answer: (context) => ({ data: existing(context, "objectives", context.path["id"], "SLO") }) },
  {
    method: "post",
    path: SLO,
    body: ["v1", "ServiceLevelObjectiveRequest"],
    answer({ store, body }) {
      checkObjective(body as StoredRecord);
      const id = randomBytes(16).toString("hex");
      const objective = { ...(body as StoredRecord), id, created_at: Math.floor(Date.now() / 1000) };
      store.records.objectives[id] = objective;
      return { data: [objective], errors: [] };
    },
  },
  {
    method: "put",
    path: `${SLO}/:id`,
    body: ["v1", "ServiceLevelObjective"],
    answer(context) {
      const { id, created_at } = existing(context, "objectives", context.path["id"], "SLO");
      checkObjective(context.body as StoredRecord);
      const objective = { ...(context.body as StoredRecord), id, created_at };
      context.store.records.objectives[String(id)] = objective;
      return { data: [objective], errors: [] };
    },
  },
  {
    method: "delete",
    path: `${SLO}/:id`,
    answer(context) {
      const id = String(existing(context, "objectives", context.path["id"], "SLO")["id"]);
      const user = Object.values(context.store.records.monitors).find(({ query }) => String(query).includes(`"${id}"`));
      if (user !== undefined && context.query["force"] !== "true")
        throw new Refusal(409, [`SLO ${id} is referenced by monitor ${String(user["id"])}`]);
      delete context.store.records.objectives[id];
      return { data: [id] };
    },
  },
];

interface Body {
  readonly data: { readonly id?: string; readonly attributes: StoredRecord };
}

const DOWNTIME = "/api/v2/downtime";
const downtimeOf = (context: Context) => existing(context, "downtimes", context.path["id"], "Downtime");

/** Minutes of a duration such as `90m`, `2h` or `1d`. */
function minutesOf(duration: string): number {
  const [, number, unit] = /^(\d+)([mhd])$/.exec(duration) ?? [];
  return Number(number) * ({ m: 1, h: 60, d: 1440 }[unit ?? "m"] ?? 1);
}

function checkDowntime({ schedule }: StoredRecord): void {
  const {
    start,
    end,
    recurrences = [],
  } = (schedule ?? {}) as { start?: string; end?: string; recurrences?: { duration: string; rrule: string }[] };
  if (end !== undefined && !(Date.parse(end) > Date.parse(start ?? new Date().toISOString())))
    throw invalid("Downtime end must be after its start");
  for (const { duration, rrule } of recurrences) {
    if (!(minutesOf(duration) > 0)) throw invalid(`Invalid duration: ${duration}`);
    if (!rrule.startsWith("FREQ=")) throw invalid(`Invalid rrule: ${rrule}`);
  }
}

const downtimes: readonly Route[] = [
  { method: "get", path: DOWNTIME, answer: ({ store }) => ({ data: Object.values(store.records.downtimes) }) },
  { method: "get", path: `${DOWNTIME}/:id`, answer: (context) => ({ data: downtimeOf(context) }) },
  {
    method: "post",
    path: DOWNTIME,
    body: ["v2", "DowntimeCreateRequest"],
    answer({ store, body }) {
      const { attributes } = (body as Body).data;
      checkDowntime(attributes);
      const id = randomUUID();
      const data = { id, type: "downtime", attributes: { ...attributes, status: "scheduled", created: new Date().toISOString() } };
      store.records.downtimes[id] = data;
      return { data };
    },
  },
  {
    method: "patch",
    path: `${DOWNTIME}/:id`,
    body: ["v2", "DowntimeUpdateRequest"],
    answer(context) {
      const before = downtimeOf(context);
      const { attributes } = (context.body as Body).data;
      checkDowntime(attributes);
      const data = { ...before, attributes: { ...(before["attributes"] as StoredRecord), ...attributes } };
      context.store.records.downtimes[String(before["id"])] = data;
      return { data };
    },
  },
  {
    method: "delete",
    path: `${DOWNTIME}/:id`,
    status: 204,
    answer(context) {
      // Canceled, not forgotten.
      const downtime = downtimeOf(context);
      downtime["attributes"] = { ...(downtime["attributes"] as StoredRecord), status: "canceled", canceled: new Date().toISOString() };
    },
  },
];

const METRIC = "/api/v2/logs/config/metrics";
const metricOf = (context: Context) => existing(context, "logsMetrics", context.path["id"], "Metric");

const logsMetrics: readonly Route[] = [
  { method: "get", path: METRIC, answer: ({ store }) => ({ data: Object.values(store.records.logsMetrics) }) },
  { method: "get", path: `${METRIC}/:id`, answer: (context) => ({ data: metricOf(context) }) },
  {
    method: "post",
    path: METRIC,
    body: ["v2", "LogsMetricCreateRequest"],
    answer({ store, body }) {
      const { id = "", attributes } = (body as Body).data;
      if (Object.hasOwn(store.records.logsMetrics, id)) throw new Refusal(409, [`Metric ${id} already exists`]);
      if (!/^[A-Za-z][\w.]{0,199}$/.test(id)) throw invalid(`Invalid metric name: ${id}`);
      const data = { id, type: "logs_metrics", attributes };
      store.records.logsMetrics[id] = data;
      return { data };
    },
  },
  {
    method: "patch",
    path: `${METRIC}/:id`,
    body: ["v2", "LogsMetricUpdateRequest"],
    answer(context) {
      const before = metricOf(context);
      const old = before["attributes"] as StoredRecord;
      const { attributes } = (context.body as Body).data;
      const compute = { ...(old["compute"] as StoredRecord), ...(attributes["compute"] as StoredRecord | undefined) };
      const data = { ...before, attributes: { ...old, ...attributes, compute } };
      context.store.records.logsMetrics[String(before["id"])] = data;
      return { data };
    },
  },
  {
    method: "delete",
    path: `${METRIC}/:id`,
    status: 204,
    answer(context) {
      delete context.store.records.logsMetrics[String(metricOf(context)["id"])];
    },
  },
];

/** The routes. */
export const objectiveRoutes: readonly Route[] = [...objectives, ...downtimes, ...logsMetrics];
