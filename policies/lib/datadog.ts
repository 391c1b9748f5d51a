/** Kinds of Datadog's that alert, and what both of them say in fields of their own. */
import { at, list, text } from "./read";
import type { Resource } from "./rule";

/** A monitor. */
export const MONITOR = "datadog:index/monitor:Monitor";
/** An uptime test; Datadog makes a monitor of it. */
export const UPTIME_TEST = "datadog:index/syntheticsTest:SyntheticsTest";
/** Kinds that alert. */
export const ALERT_TYPES = [MONITOR, UPTIME_TEST];
/** An objective over its error budget. */
export const OBJECTIVE = "datadog:index/serviceLevelObjective:ServiceLevelObjective";
/** Type of the monitors of an objective. */
export const OBJECTIVE_ALERT = "slo alert";
/** The team that is paged. */
export const TEAM = "datadog:index/team:Team";
/** The stack whose alerts wake people. */
export const PAGING_STACK = "prod";

/** Query of a monitor. That of an objective's alert names the objective's id, which no preview knows: empty, and its objective is looked at. */
export function queryOf({ properties }: Resource): string {
  return text(properties, "type") === OBJECTIVE_ALERT ? "" : (text(properties, "query") ?? "");
}

/** Field of an alert: the monitor's, or the uptime test's. */
export function alertField(
  { type, properties }: Resource,
  ofMonitor: string,
  ofTest: string,
): { readonly field: string; readonly found: unknown } {
  const field = type === MONITOR ? ofMonitor : ofTest;
  return { field, found: at(properties, ...field.split(".")) };
}

/** Handles that an alert's message names: `@oncall-maestroverse-ops`. */
export const handles = ({ properties }: Resource): readonly string[] => text(properties, "message")?.match(/(?<=^|\s)@[\w-]+/g) ?? [];

/** Tags of an alert. */
export const tags = ({ properties }: Resource): readonly unknown[] => list(properties, "tags");
