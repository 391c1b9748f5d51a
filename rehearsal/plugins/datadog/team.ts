/** `datadog:index/team:Team` and `datadog:index/teamMembership:TeamMembership`. @see https://docs.datadoghq.com/api/latest/teams/ */
import type { TeamsApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/TeamsApi";
import type { TeamCreateAttributes } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/TeamCreateAttributes";
import type { TeamResponse } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/TeamResponse";
import type { UserTeam } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/UserTeam";
import type { UserTeamAttributes } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/UserTeamAttributes";

import type { HandlerContext } from "../lib/contract";
import { type DatadogClient, unlessGone, unlessTaken } from "./client";
import type { Kind, Known, Live } from "./handler";
import { at, computed, integer, object, required, text } from "./shape";

/** Members of a team on one page. */
const PAGE_SIZE = 100;

function liveTeam({ data }: TeamResponse): Live {
  if (data === undefined) throw new Error("Datadog's answer holds no team. Run again.");
  return { id: data.id, model: data.attributes };
}

/**
 * Goes on with the team that a run made which was killed before the engine could record it. One that differs is somebody else's: it is never
 * taken.
 */
async function adopt(teams: TeamsApi, wanted: TeamCreateAttributes, log: HandlerContext<unknown>["log"]): Promise<Live> {
  const { handle } = wanted;
  const { data = [] } = await teams.listTeams({ filterKeyword: handle, pageSize: PAGE_SIZE });
  const found = data.find(({ attributes }) => attributes.handle === handle);
  if (found === undefined || found.attributes.name !== wanted.name || found.attributes.description !== wanted.description)
    throw new Error(
      `A team with the handle ${handle} exists already and is another one. Import it (pulumi import), or choose another handle.`,
    );
  log("goes on with the team that an interrupted run left", "warning");
  return liveTeam({ data: found });
}

/** A team. */
export const team: Kind = {
  shape: object({
    name: required(text()),
    handle: required(text()),
    description: required(text()),
    linkCount: computed(integer()),
    summary: computed(text()),
    userCount: computed(integer()),
  }),
  async create({ teams }, model, _inputs, log) {
    const attributes = model as unknown as TeamCreateAttributes;
    const made = await unlessTaken(teams.createTeam({ body: { data: { type: "team", attributes } } }));
    return made === undefined ? adopt(teams, attributes, log) : liveTeam(made);
  },
  async read({ teams }, { id }) {
    const found = await unlessGone(teams.getTeam({ teamId: id }));
    return found && liveTeam(found);
  },
  async update({ teams }, { id }, model) {
    const attributes = model as unknown as TeamCreateAttributes;
    return liveTeam(await teams.updateTeam({ teamId: id, body: { data: { type: "team", attributes } } }));
  },
  delete: ({ teams }, { id }) => unlessGone(teams.deleteTeam({ teamId: id })),
};

const membershipShape = object({
  teamId: required(text()),
  userId: required(text()),
  role: at("attributes.role", text(["admin"])),
});

/** `<team>:<user>` is what an import gives. */
function membershipKey({ id, state }: Known): { teamId: string; userId: string } {
  const [teamId = "", userId = ""] = typeof state["teamId"] === "string" ? [state["teamId"], state["userId"] as string] : id.split(":");
  return { teamId, userId };
}

async function findMembership({ teams }: DatadogClient, { teamId, userId }: ReturnType<typeof membershipKey>): Promise<Live | undefined> {
  for (let pageNumber = 0; ; pageNumber++) {
    const page = (await unlessGone(teams.getTeamMemberships({ teamId, pageSize: PAGE_SIZE, pageNumber })))?.data ?? [];
    const found = page.find((each) => each.relationships?.user?.data.id === userId);
    if (found !== undefined) return liveMembership(teamId, userId, found);
    if (page.length < PAGE_SIZE) return undefined;
  }
}

function liveMembership(teamId: string, userId: string, membership: UserTeam | undefined): Live {
  if (membership === undefined) throw new Error("Datadog's answer holds no membership. Run again.");
  return { id: membership.id, model: { ...membership, teamId, userId } };
}

/** A member of a team. */
export const teamMembership: Kind = {
  shape: membershipShape,
  replaceOnChanges: ["teamId", "userId"],
  async create(client, { attributes }, inputs) {
    const { teams } = client;
    const { teamId, userId } = inputs as { teamId: string; userId: string };
    const relationships = { user: { data: { id: userId, type: "users" as const } } };
    const data = {
      type: "team_memberships" as const,
      relationships,
      ...(attributes !== undefined && { attributes: attributes as UserTeamAttributes }),
    };
    const made = await unlessTaken(teams.createTeamMembership({ teamId, body: { data } }));
    if (made !== undefined) return liveMembership(teamId, userId, made.data);
    // Left by a run that was killed: a member is a member, and only the role may differ.
    return teamMembership.update(client, { id: "", state: { teamId, userId } }, { attributes }, inputs);
  },
  read: (client, known) => findMembership(client, membershipKey(known)),
  async update({ teams }, known, { attributes }) {
    const key = membershipKey(known);
    // null: no role any more.
    const data = { type: "team_memberships" as const, attributes: (attributes ?? { role: null }) as UserTeamAttributes };
    return liveMembership(key.teamId, key.userId, (await teams.updateTeamMembership({ ...key, body: { data } })).data);
  },
  delete: ({ teams }, known) => unlessGone(teams.deleteTeamMembership(membershipKey(known))),
};
