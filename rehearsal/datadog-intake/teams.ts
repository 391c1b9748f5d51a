/** Teams and their members. */
import { randomUUID } from "node:crypto";
import type { Context, Route } from "./api";
import { invalid, notFound, Refusal } from "./errors";
import type { StoredRecord } from "./store";
import { existing } from "./version1";

interface Team extends StoredRecord {
  readonly id: string;
  readonly attributes: StoredRecord;
}

interface Membership extends StoredRecord {
  readonly id: string;
  readonly attributes: StoredRecord;
  readonly relationships: {
    readonly team: { readonly data: { readonly id: string } };
    readonly user: { readonly data: { readonly id: string } };
  };
}

interface Body {
  readonly data: { readonly attributes?: StoredRecord; readonly relationships?: { readonly user?: Membership["relationships"]["user"] } };
}

/** The team of the path, or 404. */
export const teamOf = (context: Context): Team => existing(context, "teams", context.path["team"], "Team") as Team;

const membersOf = ({ store }: Context, team: string): Membership[] =>
  (Object.values(store.records.memberships) as Membership[]).filter((each) => each.relationships.team.data.id === team);

function shown(context: Context, team: Team): { data: Team } {
  return { data: { ...team, attributes: { ...team.attributes, user_count: membersOf(context, team.id).length } } };
}

function refuseTaken({ store }: Context, handle: unknown, except?: string): void {
  const taken = (Object.values(store.records.teams) as Team[]).some((each) => each.id !== except && each.attributes["handle"] === handle);
  if (taken) throw new Refusal(409, [`Team with handle ${String(handle)} already exists`]);
}

/** A whole number of the query. */
function numberIn({ query }: Context, name: string, absent: number): number {
  const value = query[name];
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : absent;
}

/** The part of a list that the caller asked for. */
function page<T>(context: Context, all: readonly T[]): T[] {
  const size = numberIn(context, "page[size]", 10);
  const first = size * numberIn(context, "page[number]", 0);
  return all.slice(first, first + size);
}

const teams: readonly Route[] = [
  {
    method: "get",
    path: "/api/v2/team",
    answer(context) {
      const keyword = context.query["filter[keyword]"];
      const all = (Object.values(context.store.records.teams) as Team[]).filter(
        ({ attributes: { handle, name } }) => typeof keyword !== "string" || [handle, name].some((each) => String(each).includes(keyword)),
      );
      return { data: page(context, all).map((team) => shown(context, team).data) };
    },
  },
  { method: "get", path: "/api/v2/team/:team", answer: (context) => shown(context, teamOf(context)) },
  {
    method: "post",
    path: "/api/v2/team",
    body: ["v2", "TeamCreateRequest"],
    status: 201,
    answer(context) {
      const { attributes } = (context.body as Body).data;
      refuseTaken(context, attributes?.["handle"]);
      const id = randomUUID();
      const team = { id, type: "team", attributes: { ...attributes, link_count: 0, summary: "", created_at: new Date().toISOString() } };
      context.store.records.teams[id] = team;
      return shown(context, team);
    },
  },
  {
    method: "patch",
    path: "/api/v2/team/:team",
    body: ["v2", "TeamUpdateRequest"],
    answer(context) {
      const team = teamOf(context);
      const { attributes } = (context.body as Body).data;
      refuseTaken(context, attributes?.["handle"], team.id);
      const changed = { ...team, attributes: { ...team.attributes, ...attributes } };
      context.store.records.teams[team.id] = changed;
      return shown(context, changed);
    },
  },
  {
    method: "delete",
    path: "/api/v2/team/:team",
    status: 204,
    answer(context) {
      const { id } = teamOf(context);
      for (const member of membersOf(context, id)) delete context.store.records.memberships[member.id];
      delete context.store.records.teams[id];
      delete context.store.records.routing[id];
    },
  },
];

function memberOf(context: Context): Membership {
  const found = membersOf(context, teamOf(context).id).find((each) => each.relationships.user.data.id === context.path["user"]);
  if (found === undefined) throw notFound("Membership");
  return found;
}

const memberships: readonly Route[] = [
  {
    method: "get",
    path: "/api/v2/team/:team/memberships",
    answer(context) {
      return { data: page(context, membersOf(context, teamOf(context).id)) };
    },
  },
  {
    method: "post",
    path: "/api/v2/team/:team/memberships",
    body: ["v2", "UserTeamRequest"],
    answer(context) {
      const team = teamOf(context).id;
      const { attributes = {}, relationships } = (context.body as Body).data;
      const user = relationships?.user?.data;
      if (user === undefined) throw invalid("body.data.relationships.user is missing");
      if (membersOf(context, team).some((each) => each.relationships.user.data.id === user.id))
        throw new Refusal(409, [`User ${user.id} is a member already`]);
      const id = `TeamMembership-${team}-${context.store.nextNumber()}`;
      const data = {
        id,
        type: "team_memberships",
        attributes,
        relationships: { team: { data: { id: team, type: "team" } }, user: { data: user } },
      };
      context.store.records.memberships[id] = data;
      return { data };
    },
  },
  {
    method: "patch",
    path: "/api/v2/team/:team/memberships/:user",
    body: ["v2", "UserTeamUpdateRequest"],
    answer(context) {
      const member = memberOf(context);
      const data = { ...member, attributes: { ...member.attributes, ...(context.body as Body).data.attributes } };
      context.store.records.memberships[member.id] = data;
      return { data };
    },
  },
  {
    method: "delete",
    path: "/api/v2/team/:team/memberships/:user",
    status: 204,
    answer(context) {
      delete context.store.records.memberships[memberOf(context).id];
    },
  },
];

/** The routes. */
export const teamRoutes: readonly Route[] = [...teams, ...memberships];
