/** Runbook §6: whether an alert reaches a person: the rotation, the ladder, and the way from the team to both, as Datadog holds them. */
import { overdueReview } from "../../../components/lib/on-call-review";
import type { DatadogAccess } from "../../datadog";
import type { TableEvidence } from "../evidence";
import { judge, notApplicable, type Probe, type ProbeContext } from "../probe";

const TODO = "Put people into onCall.people and pulumi up; a test page shows that it reaches a phone (docs/on-call.md).";

/** A resource of JSON:API. */
interface Part {
  readonly id: string;
  readonly type: string;
  readonly attributes?: { readonly handle?: string; readonly position?: string; readonly escalate_after_seconds?: number };
  readonly relationships?: Readonly<Record<string, { readonly data?: Reference | readonly Reference[] | null }>>;
}

interface Reference {
  readonly id?: string;
  readonly type?: string;
}

interface Document {
  readonly data: Part;
  readonly included?: readonly Part[];
}

/** What a part refers to by a name: none, one or several. */
function related(part: Part | undefined, name: string): readonly Reference[] {
  return [part?.relationships?.[name]?.data ?? []].flat();
}

const rotation: Probe = {
  line: "RB-6.4",
  name: "on-call",
  title: "The rotation has people in every turn, and its page was reviewed this quarter",
  needs: ["datadog"],
  async run({ settings, systems, now }) {
    const datadog = await systems.datadog();
    const { monitoring } = await systems.outputs();
    const path = `/api/v2/on-call/schedules/${monitoring.onCallScheduleId}`;
    const schedule = await datadog.get<Document>(`${path}?include=layers,layers.members,layers.members.user`);
    const people = settings.onCall.people;
    const turns = (schedule?.included ?? []).filter(({ type }) => type === "members").map((turn) => related(turn, "user")[0]?.id ?? "");
    const strangers = turns.filter((id) => id !== "" && !people.some(({ datadogUserId }) => datadogUserId === id));
    const absent = people.filter(({ datadogUserId }) => !turns.includes(datadogUserId));
    const empty = turns.filter((id) => id === "").length;
    const overdue = overdueReview(settings.onCall.reviewedOn, now);
    const wrong =
      schedule === undefined
        ? [`Datadog has no schedule ${monitoring.onCallScheduleId}`]
        : [
            ...absent.map(({ name }) => `${name} is not in the rotation`),
            ...strangers.map((id) => `user ${id} is in the rotation, not in onCall.people`),
            ...(empty > 0 ? [`${empty} turns have nobody`] : []),
          ];
    return judge(
      [...wrong, ...(overdue === undefined ? [] : [overdue])],
      `${people.length} people take turns: ${people.map(({ name }) => name).join(", ")}`,
      TODO,
      {
        kind: "table",
        title: "Rotation",
        columns: ["Person", "In the rotation"],
        rows: people.map((person) => [person.name, absent.includes(person) ? { text: "no", mark: "bad" } : { text: "yes", mark: "good" }]),
      },
    );
  },
};

const escalation: Probe = {
  line: "RB-6.4",
  name: "escalation",
  title: "Every alert of the team is routed to a ladder: who is on call, who is next, the lead",
  needs: ["datadog"],
  async run(context) {
    const { settings, systems } = context;
    const { teamHandle, pagerDutyService } = settings.onCall;
    if (pagerDutyService !== undefined) return notApplicable(`alerts page PagerDuty's service ${pagerDutyService}, whose ladder is there`);
    const datadog = await systems.datadog();
    const team = await teamOf(datadog, teamHandle);
    if (team === undefined) return judge([`Datadog has no team ${teamHandle}: alerts name nobody`], "", TODO);
    const routing = await datadog.get<Document>(`/api/v2/on-call/teams/${team}/routing-rules?include=rules`);
    const rules = related(routing?.data, "rules").map(({ id }) => routing?.included?.find((each) => each.id === id));
    const policies = rules.map((rule) => related(rule, "policy")[0]?.id);
    const [policy] = policies.filter((id) => id !== undefined);
    const ladder =
      policy === undefined
        ? undefined
        : await datadog.get<Document>(`/api/v2/on-call/escalation-policies/${policy}?include=steps,steps.targets`);
    const steps = ladder === undefined ? [] : await describeSteps(context, ladder);
    const wanted = specifiedSteps(context);
    return judge(
      [
        ...(rules.length === 0 ? [`no rule routes alerts of ${teamHandle}: nobody is paged`] : []),
        ...policies.flatMap((id, index) => (id === undefined ? [`rule ${index + 1} of ${rules.length} leads to no ladder`] : [])),
        ...(policy !== undefined && ladder === undefined ? [`Datadog has no escalation policy ${policy}`] : []),
        ...(ladder === undefined
          ? []
          : wanted.flatMap((step, index) =>
              steps[index] === step ? [] : [`step ${index + 1} of the ladder is ${steps[index] ?? "missing"}, not ${step}`],
            )),
        ...(steps.length > wanted.length ? [`the ladder has ${steps.length} steps, specified are ${wanted.length}`] : []),
      ],
      `${rules.length} rules lead to a ladder of ${steps.length} steps: ${steps.join("; ")}`,
      TODO,
      ladderTable(steps, wanted),
    );
  },
};

async function teamOf(datadog: DatadogAccess, handle: string): Promise<string | undefined> {
  const path = `/api/v2/team?filter[keyword]=${encodeURIComponent(handle)}&page[size]=100`;
  const found = await datadog.get<{ readonly data?: readonly Part[] }>(path);
  return found?.data?.find(({ attributes }) => attributes?.handle === handle)?.id;
}

/** The steps in words: whom each pages, and how long it waits. */
async function describeSteps({ settings, systems }: ProbeContext, { data, included = [] }: Document): Promise<string[]> {
  const { monitoring } = await systems.outputs();
  const target = ({ id = "", type = "" }: Reference): string => {
    if (type === "users") return settings.onCall.people.find(({ datadogUserId }) => datadogUserId === id)?.name ?? `user ${id}`;
    const held = included.find((each) => each.id === id && each.type === type);
    const schedule = type === "schedule_target" ? related(held, "schedule")[0]?.id : id;
    const position = held?.attributes?.position ?? "current";
    return schedule === monitoring.onCallScheduleId ? `the ${position} turn` : `${type} ${schedule ?? id}`;
  };
  return related(data, "steps").map(({ id }) => {
    const step = included.find((each) => each.id === id);
    return stepText(related(step, "targets").map(target), step?.attributes?.escalate_after_seconds ?? NaN);
  });
}

/** @see components/lib/on-call.ts, buildLadder */
function specifiedSteps({ settings: { onCall } }: ProbeContext): string[] {
  const lead = onCall.people.find(({ email }) => email === onCall.leadEmail)?.name ?? onCall.leadEmail;
  return ["the current turn", "the next turn", lead].map((who) => stepText([who], onCall.escalateAfterMinutes * 60));
}

const stepText = (who: readonly string[], seconds: number) => `${who.join(" and ") || "nobody"} for ${seconds / 60} min`;

function ladderTable(steps: readonly string[], wanted: readonly string[]): TableEvidence {
  return {
    kind: "table",
    title: "Ladder",
    columns: ["Step", "Pages", "Specified"],
    rows: wanted.map((step, index) => [
      String(index + 1),
      { text: steps[index] ?? "nobody", mark: steps[index] === step ? "good" : "bad" },
      step,
    ]),
  };
}

export const onCallProbes: readonly Probe[] = [rotation, escalation];
