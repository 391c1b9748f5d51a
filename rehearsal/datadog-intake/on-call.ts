/** On-call: schedules, escalation policies and routing rules, which the API spreads over JSON:API documents. */
import { randomUUID } from "node:crypto";
import type { Context, Route } from "./api";
import { invalid } from "./errors";
import type { Collection, StoredRecord } from "./store";
import { teamOf } from "./teams";
import { existing } from "./version1";

/** A reference of JSON:API. */
interface Reference {
  readonly id: string;
  readonly type: string;
}

/** A member of a request: a layer, a step or a rule; kept as it came, with an id. */
type Part = StoredRecord & { readonly id: string };

interface Held extends StoredRecord {
  readonly id: string;
  readonly attributes: StoredRecord;
  readonly teams: readonly Reference[];
  readonly parts: readonly Part[];
}

interface Body {
  readonly data: {
    readonly attributes: StoredRecord;
    readonly relationships?: { readonly teams?: { readonly data?: readonly Reference[] } };
  };
}

/** What an answer consists of. */
interface Document {
  readonly data: StoredRecord;
  readonly included: readonly StoredRecord[];
}

/** A kind of resource with parts. */
interface Kind {
  readonly collection: Collection;
  readonly address: string;
  readonly title: string;
  readonly models: readonly [create: string, update: string];
  /** Name of the parts in a request. */
  readonly parts: "layers" | "steps";
  check(context: Context, parts: readonly StoredRecord[]): void;
  show(held: Held): Document;
}

const reference = ({ id }: { readonly id: string }, type: string): Reference => ({ id, type });
/** The part without one of its members. */
function without<T extends object>(part: T, name: string): T {
  return Object.fromEntries(Object.entries(part).filter(([each]) => each !== name)) as T;
}

const within = (parts: unknown): StoredRecord[] => (Array.isArray(parts) ? (parts as StoredRecord[]) : []);

/** A user's turn in a layer; the same user may have several. */
function members(layer: Part): { turn: Reference; user: Reference }[] {
  return within(layer["members"]).map((member, index) => ({
    turn: { id: `${layer.id}-${index}`, type: "members" },
    user: { id: (member["user"] as Partial<Reference> | undefined)?.id ?? "", type: "users" },
  }));
}

const SCHEDULES: Kind = {
  collection: "schedules",
  address: "/api/v2/on-call/schedules",
  title: "Schedule",
  models: ["ScheduleCreateRequest", "ScheduleUpdateRequest"],
  parts: "layers",
  check(_context, layers) {
    for (const { name, interval, members: turns } of layers) {
      const { days = 0, seconds = 0 } = interval as { days?: number; seconds?: number };
      if (days <= 0 && seconds <= 0) throw invalid(`Layer ${String(name)} must have an interval of more than nothing`);
      if (within(turns).length === 0) throw invalid(`Layer ${String(name)} must have at least one member`);
    }
  },
  show({ id, attributes, teams, parts }) {
    const layers = parts.map((part) => {
      const { id: layerId, ...own } = without(part, "members");
      return { id: layerId, type: "layers", attributes: own, relationships: { members: { data: members(part).map(({ turn }) => turn) } } };
    });
    const turns = parts.flatMap(members).map(({ turn, user }) => ({ ...turn, relationships: { user: { data: user } } }));
    const users = new Set(parts.flatMap(members).map(({ user }) => user.id));
    return {
      data: {
        id,
        type: "schedules",
        attributes,
        relationships: { layers: { data: parts.map((part) => reference(part, "layers")) }, teams: { data: teams } },
      },
      included: [...layers, ...turns, ...[...users].map((user) => ({ id: user, type: "users", attributes: {} }))],
    };
  },
};

interface Target extends Reference {
  readonly config?: { readonly schedule?: { readonly position?: string } };
}

/** A schedule at another position than the current one is a resource of its own. */
function targetOf({ id, type, config }: Target): { target: Reference; included: StoredRecord[] } {
  const position = config?.schedule?.position;
  if (position === undefined) return { target: { id, type }, included: [] };
  const target = { id: `${id}_${position}`, type: "schedule_target" };
  return { target, included: [{ ...target, attributes: { position }, relationships: { schedule: { data: { id, type: "schedules" } } } }] };
}

const POLICIES: Kind = {
  collection: "policies",
  address: "/api/v2/on-call/escalation-policies",
  title: "Escalation policy",
  models: ["EscalationPolicyCreateRequest", "EscalationPolicyUpdateRequest"],
  parts: "steps",
  check(context, steps) {
    if (steps.length === 0) throw invalid("An escalation policy must have at least one step");
    for (const { targets } of steps) {
      if (within(targets).length === 0) throw invalid("A step must have at least one target");
      for (const { id, type } of within(targets) as unknown as Target[]) {
        if (type === "schedules") existing(context, "schedules", id, `Schedule ${id}`);
        if (type === "teams") existing(context, "teams", id, `Team ${id}`);
      }
    }
  },
  show({ id, attributes, teams, parts }) {
    const targets = new Map(parts.map((part) => [part.id, (within(part["targets"]) as unknown as Target[]).map(targetOf)]));
    const steps = parts.map((part) => {
      const { id: stepId, ...own } = without(part, "targets");
      const data = (targets.get(stepId) ?? []).map(({ target }) => target);
      return { id: stepId, type: "steps", attributes: own, relationships: { targets: { data } } };
    });
    return {
      data: {
        id,
        type: "policies",
        attributes,
        relationships: { steps: { data: parts.map((part) => reference(part, "steps")) }, teams: { data: teams } },
      },
      included: [...steps, ...[...targets.values()].flat().flatMap(({ included }) => included)],
    };
  },
};

function hold(context: Context, kind: Kind, before: Held | undefined): Document {
  const { attributes, relationships } = (context.body as Body).data;
  const { [kind.parts]: given, ...own } = attributes;
  const parts = within(given);
  const teams = relationships?.teams?.data ?? [];
  for (const { id } of teams) existing(context, "teams", id, `Team ${id}`);
  kind.check(context, parts);
  const known = new Set(before?.parts.map(({ id }) => id));
  const strange = parts.map(({ id }) => id as string | undefined).find((id) => id !== undefined && !known.has(id));
  if (strange !== undefined) throw invalid(`${kind.title} has no ${kind.parts.slice(0, -1)} ${strange}`);
  const held: Held = {
    id: before?.id ?? randomUUID(),
    attributes: own,
    teams,
    parts: parts.map((part) => ({ ...part, id: typeof part["id"] === "string" ? part["id"] : randomUUID() })),
  };
  context.store.records[kind.collection][held.id] = held;
  return kind.show(held);
}

function routesOf(kind: Kind): Route[] {
  const { collection, address, title, models } = kind;
  const one = `${address}/:id`;
  const find = (context: Context) => existing(context, collection, context.path["id"], title) as Held;
  return [
    { method: "get", path: one, answer: (context) => kind.show(find(context)) },
    { method: "post", path: address, body: ["v2", models[0]], status: 201, answer: (context) => hold(context, kind, undefined) },
    { method: "put", path: one, body: ["v2", models[1]], answer: (context) => hold(context, kind, find(context)) },
    {
      method: "delete",
      path: one,
      status: 204,
      answer(context) {
        delete context.store.records[collection][find(context).id];
      },
    },
  ];
}

interface Routing extends StoredRecord {
  readonly rules: readonly Part[];
}

function showRouting(team: string, { rules }: Routing): Document {
  return {
    data: {
      id: team,
      type: "team_routing_rules",
      relationships: { rules: { data: rules.map((rule) => reference(rule, "team_routing_rules")) } },
    },
    included: rules.map(({ id, policy_id: policy, ...attributes }) => ({
      id,
      type: "team_routing_rules",
      attributes,
      relationships: policy === undefined ? {} : { policy: { data: { id: policy, type: "policies" } } },
    })),
  };
}

/** A page that no rule takes would reach nobody. */
function checkRules(context: Context, rules: readonly StoredRecord[]): void {
  const last = rules.at(-1);
  if (last !== undefined && (last["time_restriction"] !== undefined || !["", undefined].includes(last["query"] as string | undefined)))
    throw invalid("The last routing rule must be a catch-all: without a query and without a time restriction");
  for (const policy of rules.map((rule) => rule["policy_id"] as string | undefined)) {
    if (policy !== undefined) existing(context, "policies", policy, `Escalation policy ${policy}`);
  }
}

const routing: readonly Route[] = [
  {
    method: "get",
    path: "/api/v2/on-call/teams/:team/routing-rules",
    answer(context) {
      const { id } = teamOf(context);
      return showRouting(id, (context.store.records.routing[id] ?? { rules: [] }) as Routing);
    },
  },
  {
    method: "put",
    path: "/api/v2/on-call/teams/:team/routing-rules",
    body: ["v2", "TeamRoutingRulesRequest"],
    answer(context) {
      const { id } = teamOf(context);
      const { data } = context.body as { data?: { attributes?: { rules?: StoredRecord[] } } };
      const rules = data?.attributes?.rules ?? [];
      checkRules(context, rules);
      const held: Routing = { rules: rules.map((rule) => ({ ...rule, id: randomUUID() })) };
      context.store.records.routing[id] = held;
      return showRouting(id, held);
    },
  },
];

/** The routes. */
export const onCallRoutes: readonly Route[] = [...[SCHEDULES, POLICIES].flatMap(routesOf), ...routing];
