/** What Datadog should hold by the settings, against what it does hold: the monitors' queries, the uptime tests, the log pipeline. */
import { buildLogMetrics, buildProcessors } from "../../components/lib/log-pipeline";
import { buildMonitors } from "../../components/lib/monitors";
import { buildBurnRateAlerts, burnRateQuery } from "../../components/lib/slo";
import { buildUptimeTests, type UptimeTest } from "../../components/lib/synthetics";
import type { Settings } from "../../config";
import { observabilityArgs } from "../../settings/observability-args";
import type { Assertion, RecordedTest } from "./uptime-conditions";

/** Whom the stack's alerts are addressed to, as the components have it. */
export const addresseesOf = ({ onCall }: Pick<Settings, "onCall">) => ({
  teamHandle: onCall.teamHandle,
  pagerDutyService: onCall.pagerDutyService,
});

const tableOf = (settings: Settings) => ({ ...observabilityArgs(settings), ...addresseesOf(settings) });

/** Every monitor's query by key. @param objectiveIds outputs of the stack: queries of error budgets name the objective by its id */
export function specifiedQueries(settings: Settings, objectiveIds: Readonly<Record<string, string>>): Record<string, string> {
  const table = tableOf(settings);
  return Object.fromEntries([
    ...Object.entries(buildMonitors(table)).map(([key, { query }]) => [key, query] as const),
    ...Object.entries(buildBurnRateAlerts(table)).map(
      ([key, alert]) => [key, burnRateQuery(alert, objectiveIds[alert.objective] ?? "")] as const,
    ),
  ]);
}

/** What differs between two queries; undefined: nothing. */
export function queryDifference(found: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined || found.trim() === wanted) return undefined;
  const [own, specified] = [found.trim(), wanted].map((query) => /^(?<asked>[\s\S]*) (?<threshold>\S+ \S+)$/.exec(query)?.groups);
  return own !== undefined && own["asked"] === specified?.["asked"]
    ? `alerts at ${own["threshold"]}, not at ${specified?.["threshold"]}`
    : `asks ${found.trim()}, not ${wanted}`;
}

/** An uptime test as Datadog's API has it: what decides when it fails, and whom it tells. */
export interface HeldTest extends RecordedTest {
  readonly locations?: readonly string[];
  readonly options?: Readonly<Record<string, number | undefined>>;
}

/** Every uptime test by key. */
export const specifiedTests = (settings: Settings): Record<string, UptimeTest> => buildUptimeTests(tableOf(settings));

/** What differs between an uptime test and the specified one, a phrase each. */
export function testDifferences({ config, options = {}, locations = [] }: HeldTest, wanted: UptimeTest): string[] {
  const { tickEvery, minFailureDuration, minLocationFailed } = wanted.options;
  const numbers = { tick_every: tickEvery, min_failure_duration: minFailureDuration, min_location_failed: minLocationFailed } as Numbers;
  const [held, specified] = [conditionsOf(config.assertions), conditionsOf(wanted.assertions as readonly Assertion[])];
  const [asked, toAsk] = [config.request.url ?? "", (wanted.request as { readonly url?: string }).url ?? ""];
  return [
    ...(asked === toAsk ? [] : [`asks ${asked}, not ${toAsk}`]),
    ...Object.entries(numbers)
      .filter(([name, value]) => options[name] !== value)
      .map(([name, value]) => `has ${name} ${options[name] ?? "not set"}, not ${value}`),
    ...wanted.locations.filter((each) => !locations.includes(each)).map((each) => `does not ask from ${each}`),
    ...specified.filter((each) => !held.includes(each)).map((each) => `does not want ${each}`),
    ...held.filter((each) => !specified.includes(each)).map((each) => `wants ${each}, which is not specified`),
  ];
}

type Numbers = Readonly<Record<string, number>>;

/** Conditions in words: Datadog holds some targets as numbers. */
const conditionsOf = (assertions: readonly Assertion[]) =>
  assertions.map(({ type, property, operator, target }) => [type, property ?? [], operator, String(target)].flat().join(" "));

/** A log pipeline as Datadog's API has it. */
export interface HeldPipeline {
  readonly name: string;
  readonly is_enabled?: boolean;
  readonly filter?: { readonly query?: string };
  readonly processors?: readonly { readonly name?: string; readonly is_enabled?: boolean }[];
}

/** What is wrong with the pipeline's steps, a phrase each. */
export function processorProblems({ name, processors = [] }: HeldPipeline): string[] {
  const names = buildProcessors().flatMap((processor) =>
    Object.values(processor as Record<string, { readonly name?: string }>).map((each) => each.name ?? ""),
  );
  return names.flatMap((wanted) => {
    const found = processors.find((each) => each.name === wanted);
    if (found === undefined) return [`${name} has no step ${JSON.stringify(wanted)}`];
    return found.is_enabled === false ? [`${name}: the step ${JSON.stringify(wanted)} is switched off`] : [];
  });
}

/** Metrics that are made of the logs' lines, with the filter of each. */
export const specifiedLogMetrics = (settings: Settings): readonly { readonly metric: string; readonly filter: string }[] =>
  Object.values(buildLogMetrics({ environment: settings.environment, dumps: settings.backups.method !== "rds" }));
