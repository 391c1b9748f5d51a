/** `datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules`. @see https://docs.datadoghq.com/api/latest/on-call/ */
import type { TeamRoutingRules } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/TeamRoutingRules";
import type { TeamRoutingRulesRequestRule } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/TeamRoutingRulesRequestRule";

import type { Properties } from "../lib/contract";
import { isObject } from "../lib/wire";
import { type DatadogClient, unlessGone } from "./client";
import type { Kind, Live } from "./handler";
import { byId, restriction } from "./on-call";
import { adapt, at, computed, integer, list, object, otherwise, required, text } from "./shape";

const INCLUDE = "rules";
const URGENCIES = ["low", "high", "dynamic"];

/** Actions by the name of their input: Datadog tells them apart by a type. */
const ACTIONS = {
  sendSlackMessage: "send_slack_message",
  sendTeamsMessage: "send_teams_message",
  triggerWorkflowAutomation: "workflow",
  escalationPolicy: "escalation_policy",
} as const;

const hours = object({ timeZone: required(text()), restrictions: required(list(restriction, 1)) });

const action = adapt(
  object({
    sendSlackMessage: object({ workspace: required(text()), channel: required(text()) }),
    sendTeamsMessage: object({ tenant: required(text()), team: required(text()), channel: required(text()) }),
    triggerWorkflowAutomation: object({ handle: required(text()) }),
    escalationPolicy: object({
      policyId: required(text()),
      ackTimeoutMinutes: integer(1),
      urgency: text(URGENCIES),
      supportHours: hours,
    }),
  }),
  (model: Properties) => {
    const [[name, settings] = []] = Object.entries(model);
    return { type: ACTIONS[name as keyof typeof ACTIONS], ...(settings as object) };
  },
  ({ type, ...settings }: Properties) => {
    const [name] = Object.entries(ACTIONS).find(([, each]) => each === type) ?? [""];
    return { [name]: settings };
  },
);

const shape = object({
  teamId: required(text()),
  rules: otherwise(
    [],
    list(
      object({
        id: computed(text()),
        query: otherwise("", text()),
        escalationPolicy: at("policyId", text()),
        urgency: text(URGENCIES),
        timeRestrictions: at("timeRestriction", hours),
        actions: list(action),
      }),
    ),
  ),
});

/** The answer is spread over a JSON:API document: put together again in the form of {@link shape}'s model. */
function live(teamId: string, { data, included }: TeamRoutingRules): Live {
  const find = byId(included);
  const rules = (data?.relationships?.rules?.data ?? []).map(({ id }) => {
    const { attributes, relationships } = find("team_routing_rules", id);
    const policy = relationships?.["policy"]?.data;
    return { id, ...attributes, policyId: isObject(policy) ? policy["id"] : undefined };
  });
  return { id: teamId, model: { teamId, rules } };
}

async function setRules({ onCall }: DatadogClient, teamId: string, rules: unknown): Promise<Live> {
  const attributes = { rules: rules as TeamRoutingRulesRequestRule[] };
  const body = { data: { id: teamId, type: "team_routing_rules" as const, attributes } };
  return live(teamId, await onCall.setOnCallTeamRoutingRules({ teamId, body, include: INCLUDE }));
}

/** Routing rules: a team has one list of them, which can be set, not made. */
export const onCallTeamRoutingRules: Kind = {
  shape,
  replaceOnChanges: ["teamId"],
  create: (client, { teamId, rules }) => setRules(client, teamId as string, rules),
  async read({ onCall }, { id }) {
    const found = await unlessGone(onCall.getOnCallTeamRoutingRules({ teamId: id, include: INCLUDE }));
    return found && live(id, found);
  },
  update: (client, { id }, { rules }) => setRules(client, id, rules),
  delete: (client, { id }) => unlessGone(setRules(client, id, [])),
};
