/** `datadog:index/dashboardJson:DashboardJson`. @see https://docs.datadoghq.com/api/latest/dashboards/ */
import type { Dashboard } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/Dashboard";

import type { Properties } from "../lib/contract";
import { isObject } from "../lib/wire";
import { type DatadogClient, unlessGone } from "./client";
import type { Kind, Live } from "./handler";
import { computed, leaf, object, required, text } from "./shape";

/** What Datadog adds to a dashboard; no difference. */
const ADDED = ["id", "author_handle", "author_name", "created_at", "modified_at", "url"];

/** JSON with sorted names and without what Datadog adds: equal dashboards are equal texts. */
function canonical(json: string): string {
  const kept = Object.entries(JSON.parse(json) as Properties).filter(([name]) => !ADDED.includes(name));
  return JSON.stringify(plain(Object.fromEntries(kept)));
}

/** Sorted, and widgets without their ids. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const widget = isObject(value["definition"]);
  const names = Object.keys(value)
    .filter((name) => value[name] !== undefined && value[name] !== null && !(widget && name === "id"))
    .sort();
  return Object.fromEntries(names.map((name) => [name, plain(value[name])]));
}

function isDashboard(value: unknown): boolean {
  if (typeof value !== "string") return false;
  try {
    const dashboard = JSON.parse(value) as unknown;
    return isObject(dashboard) && Array.isArray(dashboard["widgets"]);
  } catch {
    return false;
  }
}

const shape = object({
  dashboard: required(leaf("the JSON of an object with a list `widgets`", isDashboard, { canonical })),
  url: computed(text()),
});

const layoutOf = (inputs: Properties) =>
  typeof inputs["dashboard"] === "string" ? (JSON.parse(inputs["dashboard"]) as Properties)["layout_type"] : undefined;

function toModel({ serializer }: DatadogClient, { dashboard }: Properties): Dashboard {
  return serializer.deserialize(JSON.parse(canonical(dashboard as string)), "Dashboard") as Dashboard;
}

function live({ serializer }: DatadogClient, dashboard: Dashboard): Live {
  const json = serializer.serialize(dashboard, "Dashboard", "") as Properties;
  return { id: String(dashboard.id), model: { dashboard: canonical(JSON.stringify(json)), url: dashboard.url } };
}

/** A dashboard. */
export const dashboardJson: Kind = {
  shape,
  replaces: (oldInputs, newInputs) => layoutOf(newInputs) !== undefined && layoutOf(oldInputs) !== layoutOf(newInputs),
  create: async (client, model) => live(client, await client.dashboards.createDashboard({ body: toModel(client, model) })),
  async read(client, { id }) {
    const found = await unlessGone(client.dashboards.getDashboard({ dashboardId: id }));
    return found && live(client, found);
  },
  update: async (client, { id }, model) =>
    live(client, await client.dashboards.updateDashboard({ dashboardId: id, body: toModel(client, model) })),
  delete: ({ dashboards }, { id }) => unlessGone(dashboards.deleteDashboard({ dashboardId: id })),
};
