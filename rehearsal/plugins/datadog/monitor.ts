/** `datadog:index/monitor:Monitor`. @see https://docs.datadoghq.com/api/latest/monitors/ */
import type { Monitor } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/Monitor";
import type { MonitorUpdateRequest } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/MonitorUpdateRequest";

import type { CheckFailure, Properties } from "../lib/contract";
import { type DatadogClient, unlessGone } from "./client";
import type { Kind, Live } from "./handler";
import { adapt, at, type Field, flag, integer, list, local, numberText, object, otherwise, required, set, type Shape, text } from "./shape";

const TYPES = [
  ...["composite", "event alert", "log alert", "metric alert", "process alert", "query alert", "rum alert", "service check"],
  ...["synthetics alert", "trace-analytics alert", "slo alert", "event-v2 alert", "audit alert", "ci-pipelines alert", "ci-tests alert"],
  ...["error-tracking alert", "database-monitoring alert", "network-performance alert", "cost alert", "data-quality alert"],
  ...["network-path alert", "data-jobs alert", "llm-observability alert"],
];
const PRESETS = [
  "show_all",
  "hide_query",
  "hide_handles",
  "hide_all",
  "hide_query_and_handles",
  "show_only_snapshot",
  "hide_handles_and_footer",
];

/** Datadog turns the one into the other as it likes. @see https://github.com/hashicorp/terraform/issues/13784 */
const type: Shape = { ...text(TYPES), canonical: (value) => (value === "metric alert" ? "query alert" : value) };
/** Says what to do at preview: no part of the monitor, so that a change of it is none. */
const validate: Shape = { ...flag(), canonical: () => true };

const recurrence = object({ rrule: required(text()), start: text(), timezone: required(text()) });
const thresholds = object({
  critical: numberText(),
  criticalRecovery: numberText(),
  criticalQuery: text(),
  criticalRecoveryQuery: text(),
  warning: numberText(),
  warningRecovery: numberText(),
  ok: numberText(),
  unknown: numberText(),
});

/** What Datadog keeps under `options`. */
const options: Record<string, Field | Shape> = {
  enableLogsSample: flag(),
  enableSamples: flag(),
  escalationMessage: text(),
  evaluationDelay: integer(),
  groupRetentionDuration: text(),
  groupbySimpleMonitor: flag(),
  includeTags: otherwise(true, flag()),
  monitorThresholds: at("thresholds", thresholds),
  monitorThresholdWindows: at("thresholdWindows", object({ recoveryWindow: text(), triggerWindow: text() })),
  newGroupDelay: integer(),
  newHostDelay: integer(),
  noDataTimeframe: integer(),
  notificationPresetName: text(PRESETS),
  notifyAudit: flag(),
  notifyBies: at("notifyBy", set(text())),
  notifyNoData: flag(),
  onMissingData: text(["show_no_data", "show_and_notify_no_data", "resolve", "default"]),
  renotifyInterval: integer(),
  renotifyOccurrences: integer(),
  renotifyStatuses: set(text(["alert", "no data", "warn"])),
  requireFullWindow: otherwise(true, flag()),
  schedulingOptions: object({
    customSchedule: adapt(
      object({ recurrence: required(recurrence) }),
      ({ recurrence: only }: Properties) => ({ recurrences: [only] }),
      ({ recurrences }: { recurrences?: unknown[] }) => ({ recurrence: recurrences?.[0] }),
    ),
    evaluationWindow: object({ dayStarts: text(), hourStarts: integer(0, 59), monthStarts: integer(1, 31), timezone: text() }),
  }),
  timeoutH: integer(0, 24),
};

function underOptions(name: string, field: Field | Shape): Field {
  const { at: place = name, ...rest }: Field = "shape" in field ? field : { shape: field };
  return { ...rest, at: `options.${place}` };
}

const shape = object({
  name: required(text()),
  type: required(type),
  query: required(text()),
  message: required(text()),
  priority: numberText("1 (high) to 5 (low), as text", /^[1-5]$/),
  tags: set(text()),
  draftStatus: text(["draft", "published"]),
  restrictedRoles: set(text()),
  assets: list(
    object({
      category: required(text(["runbook"])),
      name: required(text()),
      url: required(text()),
      resourceKey: text(),
      resourceType: text(["notebook"]),
    }),
  ),
  forceDelete: local(flag()),
  validate: otherwise(true, local(validate)),
  ...Object.fromEntries(Object.entries(options).map(([name, field]) => [name, underOptions(name, field)])),
});

/** Inputs that the official plugin refuses together with `onMissingData`. */
const OLD_MISSING_DATA = ["notifyNoData", "noDataTimeframe"];

function check(inputs: Properties): CheckFailure[] {
  if (inputs["onMissingData"] === undefined) return [];
  const reason = "cannot be given together with onMissingData, which says the same in another way. Leave it out.";
  return OLD_MISSING_DATA.filter((name) => inputs[name] !== undefined).map((property) => ({ property, reason }));
}

const live = (monitor: Monitor): Live => ({ id: String(monitor.id), model: monitor });

async function tryOut({ monitors }: DatadogClient, model: Properties, inputs: Properties): Promise<void> {
  if (inputs["validate"] !== false) await monitors.validateMonitor({ body: model as unknown as Monitor });
}

/** A monitor. */
export const monitor: Kind = {
  shape,
  replaceOnChanges: ["type"],
  check,
  async create(client, model, inputs) {
    await tryOut(client, model, inputs);
    return live(await client.monitors.createMonitor({ body: model as unknown as Monitor }));
  },
  async read({ monitors }, { id }) {
    const found = await unlessGone(monitors.getMonitor({ monitorId: Number(id) }));
    return found && live(found);
  },
  async update(client, { id }, model, inputs) {
    await tryOut(client, model, inputs);
    // What is missing would stay as it is.
    const body = { priority: null, restrictedRoles: null, tags: [], assets: [], ...model } as unknown as MonitorUpdateRequest;
    return live(await client.monitors.updateMonitor({ monitorId: Number(id), body }));
  },
  delete: ({ monitors }, { id, state }) =>
    unlessGone(monitors.deleteMonitor({ monitorId: Number(id), ...(state["forceDelete"] === true && { force: "true" }) })),
};
