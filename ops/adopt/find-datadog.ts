/** Things of the program that Datadog has already, by their exact names: a monitor's history and its links stay with its id. */
import type { DatadogAccess } from "../datadog";
import { type Finder, type Found, type Several, textAt } from "./candidate";

/** A list of Datadog's: where it is, where its items stand, and what each is called and known by. */
interface Kind {
  readonly path: string;
  readonly items: (answer: unknown) => readonly unknown[];
  /** The program's name of it. */
  readonly name: (inputs: Readonly<Record<string, unknown>>) => string | undefined;
  readonly nameOf: (item: unknown) => string | undefined;
  readonly idOf: (item: unknown) => string | undefined;
}

const asList = (value: unknown) => (Array.isArray(value) ? (value as readonly unknown[]) : []);
const member = (value: unknown, key: string) =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
const idText = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : undefined);
const byName = { name: (inputs: unknown) => textAt(inputs, "name"), nameOf: (item: unknown) => textAt(item, "name") };
const byId = { idOf: (item: unknown) => idText(member(item, "id")) };

/** Kinds by type token. Schedules and escalation policies cannot be looked up by name: they are made. */
const KINDS: Readonly<Record<string, Kind>> = {
  "datadog:index/monitor:Monitor": { path: "/api/v1/monitor", items: asList, ...byName, ...byId },
  "datadog:index/syntheticsTest:SyntheticsTest": {
    path: "/api/v1/synthetics/tests",
    items: (answer) => asList(member(answer, "tests")),
    ...byName,
    idOf: (item) => textAt(item, "public_id"),
  },
  "datadog:index/serviceLevelObjective:ServiceLevelObjective": {
    path: "/api/v1/slo",
    items: (answer) => asList(member(answer, "data")),
    ...byName,
    ...byId,
  },
  "datadog:index/dashboardJson:DashboardJson": {
    path: "/api/v1/dashboard",
    items: (answer) => asList(member(answer, "dashboards")),
    name: (inputs) => textAt(JSON.parse(textAt(inputs, "dashboard") ?? "{}"), "title"),
    nameOf: (item) => textAt(item, "title"),
    ...byId,
  },
  "datadog:index/logsCustomPipeline:LogsCustomPipeline": { path: "/api/v1/logs/config/pipelines", items: asList, ...byName, ...byId },
  "datadog:index/logsMetric:LogsMetric": {
    path: "/api/v2/logs/config/metrics",
    items: (answer) => asList(member(answer, "data")),
    name: (inputs) => textAt(inputs, "name"),
    nameOf: (item) => textAt(item, "id"),
    ...byId,
  },
  "datadog:index/team:Team": {
    path: "/api/v2/team",
    items: (answer) => asList(member(answer, "data")),
    name: (inputs) => textAt(inputs, "handle"),
    nameOf: (item) => textAt(item, "attributes", "handle"),
    ...byId,
  },
};

/** Type tokens that it looks for. */
export const DATADOG_TYPES: readonly string[] = Object.keys(KINDS);

/** Looks things up by name; asks for each list once. */
export function datadogFinder(datadog: Pick<DatadogAccess, "get">): Finder {
  const lists = new Map<string, Promise<unknown>>();
  return async ({ type, inputs }): Promise<Found | Several | undefined> => {
    const kind = KINDS[type];
    const name = kind?.name(inputs);
    if (kind === undefined || name === undefined) return undefined;
    const asked = lists.get(kind.path) ?? datadog.get(kind.path);
    lists.set(kind.path, asked);
    const ids = kind
      .items(await asked)
      .filter((item) => kind.nameOf(item) === name)
      .flatMap((item) => kind.idOf(item) ?? []);
    const [id] = ids;
    if (id === undefined) return undefined;
    return ids.length > 1 ? { several: ids } : { id };
  };
}
