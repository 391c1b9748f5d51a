/** `datadog:index/onCallSchedule:OnCallSchedule`. @see https://docs.datadoghq.com/api/latest/on-call/ */
import type { Schedule } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/Schedule";
import type { ScheduleUpdateRequest } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/ScheduleUpdateRequest";

import type { CheckFailure, Properties } from "../lib/contract";
import { isObject } from "../lib/wire";
import { unlessGone } from "./client";
import type { Kind, Known, Live } from "./handler";
import { byId, restriction, teamsOf, toTeams, withoutUndefined } from "./on-call";
import { adapt, at, computed, instant, integer, list, object, otherwise, required, text } from "./shape";

const INCLUDE = "layers,layers.members.user";

/** One turn of a rotation: a user's id. */
const member = adapt(
  text(),
  (id: string) => ({ user: { id } }),
  (model: { user?: { id?: string } }) => model.user?.id,
);

const layer = object({
  id: computed(text()),
  name: required(text()),
  effectiveDate: required(instant()),
  endDate: instant(),
  rotationStart: required(instant()),
  interval: otherwise({}, object({ days: otherwise(0, integer()), seconds: otherwise(0, integer()) })),
  restrictions: otherwise([], list(restriction)),
  timeZone: text(),
  users: at("members", required(list(member, 1))),
});

const shape = object({
  name: required(text()),
  timeZone: required(text()),
  teams: otherwise([], list(text())),
  layers: required(list(layer)),
});

function check({ layers }: Properties): CheckFailure[] {
  const names = (Array.isArray(layers) ? (layers as unknown[]) : []).filter(isObject).map(({ name }) => name);
  const twice = names.find((name, index): name is string => typeof name === "string" && names.indexOf(name) !== index);
  // A layer keeps its id by its name.
  return twice === undefined ? [] : [{ property: "layers", reason: `must have names of their own, got "${twice}" twice.` }];
}

/** The body of an update; without `known` that of a creation. */
function toBody(model: Properties, known?: Known): ScheduleUpdateRequest {
  const { name, timeZone, layers, teams } = model as Record<string, string> & { layers: Properties[]; teams: string[] };
  const before = (known?.state["layers"] ?? []) as Properties[];
  const withIds = layers.map((each) => ({ ...each, id: before.find((other) => other["name"] === each["name"])?.["id"] }));
  const attributes = { name, timeZone, layers: withIds.map(withoutUndefined) };
  const data = { id: known?.id, type: "schedules", attributes, relationships: { teams: toTeams(teams) } };
  return { data: withoutUndefined(data) } as unknown as ScheduleUpdateRequest;
}

/** The answer is spread over a JSON:API document: put together again in the form of the request. */
function live({ data, included }: Schedule): Live {
  const { layers, teams } = data?.relationships ?? {};
  const find = byId(included);
  const model = {
    ...data?.attributes,
    teams: teamsOf(teams),
    layers: (layers?.data ?? []).map(({ id }) => {
      const { attributes, relationships } = find("layers", id);
      const members = (relationships?.["members"]?.data ?? []) as { id: string }[];
      return {
        id,
        ...attributes,
        members: members.map((each) => ({ user: find("members", each.id).relationships?.["user"]?.data })),
      };
    }),
  };
  return { id: String(data?.id), model };
}

/** A schedule. */
export const onCallSchedule: Kind = {
  shape,
  check,
  async create({ onCall }, model) {
    return live(await onCall.createOnCallSchedule({ body: toBody(model), include: INCLUDE }));
  },
  async read({ onCall }, { id }) {
    const found = await unlessGone(onCall.getOnCallSchedule({ scheduleId: id, include: INCLUDE }));
    return found && live(found);
  },
  update: async ({ onCall }, known, model) =>
    live(await onCall.updateOnCallSchedule({ scheduleId: known.id, body: toBody(model, known), include: INCLUDE })),
  delete: ({ onCall }, { id }) => unlessGone(onCall.deleteOnCallSchedule({ scheduleId: id })),
};
