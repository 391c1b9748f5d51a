/** `datadog:index/downtimeSchedule:DowntimeSchedule`. @see https://docs.datadoghq.com/api/latest/downtimes/ */
import type { DowntimeCreateRequestAttributes } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/DowntimeCreateRequestAttributes";
import type { DowntimeResponse } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/DowntimeResponse";
import type { DowntimeUpdateRequestAttributes } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/DowntimeUpdateRequestAttributes";

import type { CheckFailure, Properties } from "../lib/contract";
import { unlessGone } from "./client";
import type { Kind, Live } from "./handler";
import { at, flag, instant, integer, list, object, otherwise, required, set, text } from "./shape";

const STATES = ["alert", "no data", "warn"];
const TYPES = ["canceled", "expired"];
/** A start on the clock of the schedule's time zone. */
const recurrence = object({ duration: required(text()), rrule: required(text()), start: text() });

const shape = object({
  scope: required(text()),
  message: text(),
  displayTimezone: otherwise("UTC", text()),
  muteFirstRecoveryNotification: otherwise(false, flag()),
  monitorIdentifier: required(object({ monitorId: integer(), monitorTags: set(text()) })),
  notifyEndStates: set(text(STATES)),
  notifyEndTypes: set(text(TYPES)),
  // One of the two; Datadog has one member, whose form tells.
  oneTimeSchedule: at("oneTime", object({ start: instant(), end: instant() })),
  recurringSchedule: at("recurring", object({ recurrences: list(recurrence, 1), timezone: otherwise("UTC", text()) })),
});

function check({ oneTimeSchedule, recurringSchedule, monitorIdentifier }: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (oneTimeSchedule !== undefined && recurringSchedule !== undefined)
    failures.push({ property: "recurringSchedule", reason: "cannot be given together with oneTimeSchedule." });
  const { monitorId, monitorTags } = (monitorIdentifier ?? {}) as Properties;
  if ((monitorId === undefined) === (monitorTags === undefined))
    failures.push({ property: "monitorIdentifier", reason: "must have one of monitorId and monitorTags." });
  return failures;
}

function toAttributes({ oneTime, recurring, ...rest }: Properties): Properties {
  const schedule = oneTime ?? recurring;
  return { ...rest, ...(schedule !== undefined && { schedule }) };
}

function live({ data }: DowntimeResponse): Live {
  if (data?.id === undefined) throw new Error("Datadog's answer holds no downtime. Run again.");
  const { schedule, ...attributes } = (data.attributes ?? {}) as Properties;
  const recurring = (schedule as Properties | undefined)?.["recurrences"] !== undefined;
  return { id: data.id, model: { ...attributes, [recurring ? "recurring" : "oneTime"]: schedule } };
}

/** A downtime: what is planned; Datadog keeps those that are over, canceled. */
export const downtimeSchedule: Kind = {
  shape,
  check,
  async create({ downtimes }, model) {
    const attributes = toAttributes(model) as unknown as DowntimeCreateRequestAttributes;
    return live(await downtimes.createDowntime({ body: { data: { type: "downtime", attributes } } }));
  },
  async read({ downtimes }, { id }) {
    const found = await unlessGone(downtimes.getDowntime({ downtimeId: id }));
    return found?.data?.attributes?.status === "canceled" ? undefined : found && live(found);
  },
  async update({ downtimes }, { id }, model) {
    const attributes = toAttributes(model) as unknown as DowntimeUpdateRequestAttributes;
    return live(await downtimes.updateDowntime({ downtimeId: id, body: { data: { id, type: "downtime", attributes } } }));
  },
  delete: ({ downtimes }, { id }) => unlessGone(downtimes.cancelDowntime({ downtimeId: id })),
};
