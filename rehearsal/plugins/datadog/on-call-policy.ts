/** `datadog:index/onCallEscalationPolicy:OnCallEscalationPolicy`. @see https://docs.datadoghq.com/api/latest/on-call/ */
import type { EscalationPolicy } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/EscalationPolicy";
import type { EscalationPolicyUpdateRequest } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/EscalationPolicyUpdateRequest";

import type { CheckFailure, Properties } from "../lib/contract";
import { isObject } from "../lib/wire";
import { unlessGone } from "./client";
import type { Kind, Known, Live } from "./handler";
import { byId, teamsOf, toTeams, withoutUndefined } from "./on-call";
import { adapt, computed, flag, integer, list, object, otherwise, required, text } from "./shape";

const INCLUDE = "steps.targets";
/** The three kinds of a target, by the name of its input. */
const TARGETS = { user: "users", schedule: "schedules", team: "teams" } as const;

/** A target: the SDK has an input for each kind, Datadog an id and a type. */
const target = adapt(
  object({ user: text(), schedule: text(), team: text(), position: text(["previous", "current", "next"]) }),
  ({ position, ...rest }: Properties) => {
    const [[kind, id] = []] = Object.entries(rest);
    const type = TARGETS[kind as keyof typeof TARGETS];
    return { id, type, ...(position !== undefined && { config: { schedule: { position } } }) };
  },
  ({ id, type, position }: Properties) => {
    const [kind] = Object.entries(TARGETS).find(([, each]) => each === type) ?? [""];
    return { [kind]: id, position };
  },
);

const shape = object({
  name: required(text()),
  resolvePageOnPolicyEnd: otherwise(false, flag()),
  retries: otherwise(0, integer(0, 10)),
  teams: otherwise([], list(text())),
  steps: required(
    list(
      object({
        id: computed(text()),
        assignment: otherwise("default", text(["default", "round-robin"])),
        escalateAfterSeconds: required(integer(60, 36_000)),
        targets: required(list(target, 1, 10)),
      }),
      1,
      10,
    ),
  ),
});

function check({ steps }: Properties): CheckFailure[] {
  const all = Array.isArray(steps) ? (steps as unknown[]).filter(isObject) : [];
  return all.flatMap(({ targets }, step) =>
    (Array.isArray(targets) ? targets : []).filter(isObject).flatMap((each, index) => {
      const given = Object.keys(TARGETS).filter((name) => each[name] !== undefined);
      const where = `steps[${step}].targets[${index}]`;
      if (given.length !== 1)
        return [{ property: "steps", reason: `${where} must name one of user, schedule and team, got ${given.join(" and ") || "none"}.` }];
      if (each["position"] === undefined || given[0] === "schedule") return [];
      return [{ property: "steps", reason: `${where} must not have a position: only a schedule has one.` }];
    }),
  );
}

/** The body of an update; without `known` that of a creation. */
function toBody(model: Properties, known?: Known): EscalationPolicyUpdateRequest {
  const { teams, steps, ...attributes } = model as Properties & { teams: string[]; steps: Properties[] };
  const before = (known?.state["steps"] ?? []) as Properties[];
  const withIds = steps.map((each, index) => withoutUndefined({ ...each, id: before[index]?.["id"] }));
  const relationships = { teams: toTeams(teams) };
  const data = { id: known?.id, type: "policies", attributes: { ...attributes, steps: withIds }, relationships };
  return { data: withoutUndefined(data) } as unknown as EscalationPolicyUpdateRequest;
}

/** The answer is spread over a JSON:API document: put together again in the form of {@link shape}'s model. */
function live({ data, included }: EscalationPolicy): Live {
  const find = byId(included);
  const targetOf = ({ id, type }: { id: string; type: string }) => {
    if (type !== "schedule_target") return { id, type };
    // A schedule at another position than the current one is a resource of its own.
    const { attributes, relationships } = find(type, id);
    return { ...(relationships?.["schedule"]?.data as object), ...attributes };
  };
  const steps = (data?.relationships?.steps.data ?? []).map(({ id }) => {
    const { attributes, relationships } = find("steps", id);
    return { id, ...attributes, targets: ((relationships?.["targets"]?.data ?? []) as { id: string; type: string }[]).map(targetOf) };
  });
  return { id: String(data?.id), model: { ...data?.attributes, teams: teamsOf(data?.relationships?.teams), steps } };
}

/** An escalation policy. */
export const onCallEscalationPolicy: Kind = {
  shape,
  check,
  async create({ onCall }, model) {
    return live(await onCall.createOnCallEscalationPolicy({ body: toBody(model), include: INCLUDE }));
  },
  async read({ onCall }, { id }) {
    const found = await unlessGone(onCall.getOnCallEscalationPolicy({ policyId: id, include: INCLUDE }));
    return found && live(found);
  },
  update: async ({ onCall }, known, model) =>
    live(await onCall.updateOnCallEscalationPolicy({ policyId: known.id, body: toBody(model, known), include: INCLUDE })),
  delete: ({ onCall }, { id }) => unlessGone(onCall.deleteOnCallEscalationPolicy({ policyId: id })),
};
