import { type DatadogIntake, startDatadogIntake } from "../helpers/datadog-intake";

jest.setTimeout(60_000);

let intake: DatadogIntake;
beforeAll(async () => {
  intake = await startDatadogIntake();
});
afterAll(async () => {
  await intake?.remove();
});

const USER = "5a1d7b0e-3c52-4f7e-9a41-0c7d5b1e2f01";
const GONE = "00000000-0000-4000-8000-000000000000";
const START = "2026-11-02T09:00:00-05:00";

const team = (handle: string) => ({ data: { type: "team", attributes: { name: "Operations", handle } } });
const layer = (changes: object = {}) => ({
  name: "primary",
  effective_date: START,
  rotation_start: START,
  interval: { days: 7 },
  members: [{ user: { id: USER } }],
  ...changes,
});
const schedule = (...layers: object[]) => ({
  data: { type: "schedules", attributes: { name: "Weekly", time_zone: "America/New_York", layers } },
});
const policy = (...targets: object[]) => ({
  data: { type: "policies", attributes: { name: "Ladder", steps: [{ escalate_after_seconds: 600, targets }] } },
});
const rules = (...given: object[]) => ({ data: { type: "team_routing_rules", attributes: { rules: given } } });

const refusal: DatadogIntake["refusal"] = (...args) => intake.refusal(...args);
const idOf: DatadogIntake["idOf"] = (...args) => intake.idOf(...args);

describe("teams and their on-call", () => {
  let id: string;
  beforeAll(async () => {
    id = await idOf("/api/v2/team", team("ops"));
  });

  it("have one handle each", async () => {
    expect(await refusal("/api/v2/team", team("ops"))).toEqual([409, "Team with handle ops already exists"]);
    const other = await idOf("/api/v2/team", team("dev"));
    expect(await refusal(`/api/v2/team/${other}`, team("ops"), "PATCH")).toEqual([409, "Team with handle ops already exists"]);
    expect(await intake.call("DELETE", `/api/v2/team/${other}`)).toEqual({ status: 204, body: undefined });
  });

  it("have each user once, and lose their members with themselves", async () => {
    const member = { data: { type: "team_memberships", relationships: { user: { data: { type: "users", id: USER } } } } };
    const path = `/api/v2/team/${id}/memberships`;
    await intake.call("POST", path, member);
    expect(await refusal(path, member)).toEqual([409, `User ${USER} is a member already`]);
    expect((await intake.call("GET", `/api/v2/team/${id}`)).body).toMatchObject({ data: { attributes: { handle: "ops", user_count: 1 } } });
    const page = async (number: number) =>
      ((await intake.call("GET", `${path}?page[size]=1&page[number]=${number}`)).body as { data: unknown[] }).data.length;
    expect([await page(0), await page(1)]).toEqual([1, 0]);
  });

  it("have schedules that somebody is on, and policies whose targets are there", async () => {
    const path = "/api/v2/on-call/schedules";
    expect(await refusal(path, schedule(layer({ members: [] })))).toEqual([400, "Layer primary must have at least one member"]);
    expect(await refusal(path, schedule(layer({ effective_date: "tomorrow" })))).toEqual([
      400,
      'body.data.attributes.layers[0].effective_date must be a date, got "tomorrow"',
    ]);
    expect(await refusal(path, schedule(layer({ interval: {} })))).toEqual([
      400,
      "Layer primary must have an interval of more than nothing",
    ]);
    expect(await refusal("/api/v2/on-call/escalation-policies", policy({ type: "schedules", id: GONE }))).toEqual([
      404,
      `Schedule ${GONE} not found`,
    ]);
    expect(await refusal("/api/v2/on-call/escalation-policies", policy())).toEqual([400, "A step must have at least one target"]);
    const made = await idOf(path, schedule(layer()));
    const strange = schedule(layer({ id: GONE }));
    const update = { data: { ...strange.data, id: made } };
    expect(await refusal(`${path}/${made}`, update, "PUT")).toEqual([400, `Schedule has no layer ${GONE}`]);
    expect((await intake.call("DELETE", `${path}/${made}`)).status).toBe(204);
  });

  it("route each page to somebody", async () => {
    const path = `/api/v2/on-call/teams/${id}/routing-rules`;
    const catchAll = "The last routing rule must be a catch-all: without a query and without a time restriction";
    expect(await refusal(path, rules({ query: "tags.env:staging", urgency: "low" }), "PUT")).toEqual([400, catchAll]);
    expect(await refusal(path, rules({ query: "", policy_id: GONE }), "PUT")).toEqual([404, `Escalation policy ${GONE} not found`]);
    const { status } = await intake.call("PUT", path, rules({ query: "tags.env:staging", urgency: "low" }, { query: "", urgency: "high" }));
    expect(status).toBe(200);
  });

  it("take members and rules along when they go", async () => {
    const { memberships, routing } = await intake.records();
    expect([Object.keys(memberships).length, Object.keys(routing)]).toEqual([1, [id]]);
    await intake.call("DELETE", `/api/v2/team/${id}`);
    const after = await intake.records();
    expect([after.memberships, after.routing, after.teams]).toEqual([{}, {}, {}]);
  });
});
