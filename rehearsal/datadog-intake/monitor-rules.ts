/** What Datadog asks of a monitor beyond its model: a query that it can read, with the threshold of the options. */
import { type MonitorQuery, parseMonitorQuery } from "../../components/lib/monitor-query";
import { invalid } from "./errors";
import { isObject } from "./payload";
import type { Store, StoredRecord } from "./store";

/** Types whose queries are read; of the others only what their models say is known. */
const READ_TYPES = ["metric alert", "query alert", "log alert", "slo alert"];

/** @throws Refusal */
export function checkMonitor({ type, query, options, priority }: StoredRecord, { records }: Pick<Store, "records">): void {
  if (priority !== undefined && (typeof priority !== "number" || priority < 1 || priority > 5))
    throw invalid(`The value provided for parameter 'priority' is invalid: must be 1 to 5, got ${JSON.stringify(priority)}`);
  const { thresholds = {}, on_missing_data: missing } = (isObject(options) ? options : {}) as {
    thresholds?: StoredRecord;
    on_missing_data?: string;
  };
  // A query that fills its gaps has no missing data. @see https://github.com/DataDog/terraform-provider-datadog/issues/2815
  if (missing !== undefined && missing !== "default" && String(query).includes("default_zero("))
    throw invalid(`Invalid on_missing_data value: ${missing}; valid value is: default`);
  if (!READ_TYPES.includes(String(type))) return;
  const read = readQuery(String(query));
  const { critical } = thresholds;
  if (typeof critical === "number" && read.threshold !== critical)
    throw invalid(
      `The value provided for parameter 'query' is invalid: alert threshold (${critical}) does not match that used in the query (${read.threshold})`,
    );
  if ((type === "slo alert") !== (read.kind === "burn-rate") || (type === "log alert") !== (read.kind === "logs"))
    throw invalid(`The value provided for parameter 'query' is invalid: it is no query of a ${String(type)}`);
  if (read.kind === "burn-rate" && !Object.hasOwn(records.objectives, read.objective))
    throw invalid(`The value provided for parameter 'query' is invalid: SLO ${read.objective} not found`);
}

function readQuery(query: string): MonitorQuery {
  try {
    return parseMonitorQuery(query);
  } catch (error) {
    throw invalid(`The value provided for parameter 'query' is invalid: ${(error as Error).message}`);
  }
}
