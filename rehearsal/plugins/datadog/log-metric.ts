/** `datadog:index/logsMetric:LogsMetric`. @see https://docs.datadoghq.com/api/latest/logs-metrics/ */
import type { LogsMetricCreateAttributes } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/LogsMetricCreateAttributes";
import type { LogsMetricResponse } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/LogsMetricResponse";
import type { LogsMetricUpdateAttributes } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/LogsMetricUpdateAttributes";

import type { CheckFailure, Properties } from "../lib/contract";
import { unlessGone } from "./client";
import type { Kind, Live } from "./handler";
import { at, flag, list, object, required, text } from "./shape";

const AGGREGATIONS = ["count", "distribution"];

const shape = object({
  name: required(text()),
  filter: required(object({ query: required(text()) })),
  compute: required(object({ aggregationType: required(text(AGGREGATIONS)), includePercentiles: flag(), path: text() })),
  groupBies: at("groupBy", list(object({ path: required(text()), tagName: required(text()) }))),
});

function check({ compute }: Properties): CheckFailure[] {
  const { aggregationType, path } = (compute ?? {}) as Properties;
  if ((aggregationType === "distribution") === (path !== undefined)) return [];
  return [{ property: "compute", reason: "must have a path with the aggregation distribution, and none with count." }];
}

function live({ data }: LogsMetricResponse): Live {
  if (data?.id === undefined) throw new Error("Datadog's answer holds no metric. Run again.");
  return { id: data.id, model: { ...data.attributes, name: data.id } };
}

/** Whether the inputs differ in something that Datadog cannot change of a metric: what is counted. */
function replaces(oldInputs: Properties, newInputs: Properties): boolean {
  const fixed = ({ compute }: Properties) => {
    const { aggregationType, path } = (compute ?? {}) as Properties;
    return JSON.stringify([aggregationType, path]);
  };
  return fixed(oldInputs) !== fixed(newInputs);
}

/** A metric that Datadog makes of log lines. */
export const logsMetric: Kind = {
  shape,
  replaceOnChanges: ["name"],
  replaces,
  check,
  async create({ logsMetrics }, { name, ...attributes }) {
    const data = { id: name as string, type: "logs_metrics" as const, attributes: attributes as unknown as LogsMetricCreateAttributes };
    return live(await logsMetrics.createLogsMetric({ body: { data } }));
  },
  async read({ logsMetrics }, { id }) {
    const found = await unlessGone(logsMetrics.getLogsMetric({ metricId: id }));
    return found && live(found);
  },
  async update({ logsMetrics }, { id }, { filter, groupBy, compute }) {
    const { includePercentiles } = (compute ?? {}) as { includePercentiles?: boolean };
    const attributes = {
      filter,
      groupBy: groupBy ?? [],
      ...(includePercentiles !== undefined && { compute: { includePercentiles } }),
    } as LogsMetricUpdateAttributes;
    return live(await logsMetrics.updateLogsMetric({ metricId: id, body: { data: { type: "logs_metrics", attributes } } }));
  },
  delete: ({ logsMetrics }, { id }) => unlessGone(logsMetrics.deleteLogsMetric({ metricId: id })),
};
