/** `datadog:index/serviceLevelObjective:ServiceLevelObjective`. @see https://docs.datadoghq.com/api/latest/service-level-objectives/ */
import type { ServiceLevelObjective } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/ServiceLevelObjective";
import type { ServiceLevelObjectiveRequest } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/ServiceLevelObjectiveRequest";

import type { CheckFailure, Properties } from "../lib/contract";
import { unlessGone } from "./client";
import type { Kind, Live } from "./handler";
import { flag, list, local, number, object, required, set, text } from "./shape";

const TIMEFRAMES = ["7d", "30d", "90d", "custom"];

const shape = object({
  name: required(text()),
  // Of the three types the one that this repository uses: the others have specifications of their own.
  type: required(text(["metric"])),
  description: text(),
  query: object({ numerator: required(text()), denominator: required(text()) }),
  thresholds: required(list(object({ timeframe: required(text(TIMEFRAMES)), target: required(number()), warning: number() }), 1)),
  tags: set(text()),
  forceDelete: local(flag()),
  validate: local(flag()),
});

function check({ query, thresholds }: Properties): CheckFailure[] {
  const missing = query === undefined ? [{ property: "query", reason: "is missing: an objective of type metric needs it." }] : [];
  const all = Array.isArray(thresholds) ? (thresholds as Properties[]) : [];
  const wrong = all.filter(({ target, warning }) => typeof warning === "number" && typeof target === "number" && warning <= target);
  return [...missing, ...wrong.map(() => ({ property: "thresholds", reason: "must have a warning above the target." }))];
}

function live(found: Partial<ServiceLevelObjective> | undefined): Live {
  if (found?.id === undefined) throw new Error("Datadog's answer holds no objective. Run again.");
  return { id: found.id, model: found };
}

/** An objective. */
export const serviceLevelObjective: Kind = {
  shape,
  replaceOnChanges: ["type"],
  check,
  create: async ({ objectives }, model) =>
    live((await objectives.createSLO({ body: model as unknown as ServiceLevelObjectiveRequest })).data?.[0]),
  async read({ objectives }, { id }) {
    const found = await unlessGone(objectives.getSLO({ sloId: id }));
    return found && live(found.data);
  },
  async update({ objectives }, { id }, model) {
    const body = { tags: [], description: "", ...model } as unknown as ServiceLevelObjective;
    return live((await objectives.updateSLO({ sloId: id, body })).data?.[0]);
  },
  delete: ({ objectives }, { id, state }) =>
    unlessGone(objectives.deleteSLO({ sloId: id, ...(state["forceDelete"] === true && { force: "true" }) })),
};
