/** Runbook §6: uptime tests, monitors, log pipeline and on-call, as Datadog holds them. */
import { overdueReview } from "../../../components/lib/on-call-review";
import { pipelineFilter } from "../../../components/lib/log-pipeline";
import type { DatadogAccess } from "../../datadog";
import type { Mark, TableEvidence } from "../evidence";
import { judge, type Probe, type ProbeContext } from "../probe";
import { ask, failedConditions, type RecordedTest } from "../uptime-conditions";

const TODO = "Open it in Datadog, and unmute or mend it; pulumi up puts back what somebody deleted (docs/runbook/6-observability.md).";

/** Monitors by the line that they belong to; whoever is in no other list belongs to the errors. */
const METRIC_MONITORS = ["cpu", "memory", "database-connections", "autoscaler-at-maximum", "crash-loop", "restarts"];

interface Monitor {
  readonly id: number;
  readonly name: string;
  readonly message: string;
  readonly overall_state?: string;
  readonly options?: { readonly silenced?: Readonly<Record<string, unknown>> };
  readonly matching_downtimes?: readonly { readonly active?: boolean }[];
}

interface UptimeTest {
  readonly public_id: string;
  readonly name: string;
  readonly status?: string;
  readonly message: string;
}

/** State of something in Datadog. */
interface Looked {
  readonly key: string;
  readonly name: string;
  /** What is wrong; undefined: nothing. */
  readonly problem: string | undefined;
  readonly state: string;
}

const handleOf = ({ settings }: ProbeContext) => `@oncall-${settings.onCall.teamHandle}`;

async function lookAtMonitors(context: ProbeContext, chosen: (key: string) => boolean): Promise<Looked[]> {
  const datadog = await context.systems.datadog();
  const { monitoring } = await context.systems.outputs();
  const found = await needed<Monitor[]>(datadog, "/api/v1/monitor?with_downtimes=true");
  return Object.entries(monitoring.monitorIds)
    .filter(([key]) => chosen(key))
    .map(([key, id]) => {
      const monitor = found.find((each) => String(each.id) === id);
      if (monitor === undefined) return { key, name: key, problem: "is not in Datadog", state: "missing" };
      const { name, message, overall_state: state = "unknown" } = monitor;
      const muted =
        Object.keys(monitor.options?.silenced ?? {}).length > 0 ||
        (monitor.matching_downtimes ?? []).some(({ active }) => active !== false);
      const problem = muted
        ? "is muted"
        : state === "Alert"
          ? "is alerting"
          : message.includes(handleOf(context))
            ? undefined
            : "tells nobody";
      return { key, name, problem, state: muted ? "muted" : state };
    });
}

async function needed<T>(datadog: DatadogAccess, path: string): Promise<T> {
  const answer = await datadog.get<T>(path);
  if (answer === undefined) throw new Error(`Datadog knows no ${path}`);
  return answer;
}

function tableOf(title: string, looked: readonly Looked[]): TableEvidence {
  const mark = (problem: string | undefined): Mark => (problem === undefined ? "good" : "bad");
  return {
    kind: "table",
    title,
    columns: ["Key", "Name", "State"],
    rows: looked.map(({ key, name, state, problem }) => [key, name, { text: problem ?? state, mark: mark(problem) }]),
  };
}

const problemsOf = (looked: readonly Looked[]) =>
  looked.flatMap(({ key, problem }) => (problem === undefined ? [] : [`${key} ${problem}`]));

const conditions: Probe = {
  line: "RB-6.1",
  name: "uptime-conditions",
  title: "Every uptime test that Datadog has would pass from here: HTTPS, websocket, redirect and certificate",
  needs: ["datadog", "edge"],
  async run({ systems }) {
    const datadog = await systems.datadog();
    const { monitoring } = await systems.outputs();
    const { tests } = await needed<{ tests: (UptimeTest & RecordedTest)[] }>(datadog, "/api/v1/synthetics/tests");
    const ours = Object.entries(monitoring.syntheticsIds).flatMap(([key, id]) =>
      tests.filter(({ public_id }) => public_id === id).map((test) => [key, test] as const),
    );
    const looked = await Promise.all(
      ours.map(async ([key, test]): Promise<Looked> => {
        const problems = await ask(test, systems.edgeAddress, systems.ownAddress()).then(
          (answer) => failedConditions(test.config.assertions, answer),
          (error: unknown) => [(error as Error).message],
        );
        return { key, name: test.name, problem: problems.length === 0 ? undefined : problems.join(", "), state: "holds" };
      }),
    );
    const missing = ours.length === 0 ? ["Datadog has none of the stack's uptime tests"] : [];
    return judge(
      [...missing, ...problemsOf(looked)],
      `the conditions of ${looked.map(({ key }) => key).join(", ")} hold, asked from here`,
      "Look at what does not answer (docs/runbook/6-observability.md, under the test's name); Datadog alerts on two failures in a row.",
      tableOf("Conditions of the uptime tests", looked),
    );
  },
};

const uptime: Probe = {
  line: "RB-6.1",
  name: "uptime-tests",
  title: "Every uptime test is live in Datadog and pages somebody",
  needs: ["datadog"],
  async run(context) {
    const datadog = await context.systems.datadog();
    const { monitoring } = await context.systems.outputs();
    const { tests } = await needed<{ tests: UptimeTest[] }>(datadog, "/api/v1/synthetics/tests");
    const looked = Object.entries(monitoring.syntheticsIds).map(([key, id]): Looked => {
      const test = tests.find(({ public_id }) => public_id === id);
      if (test === undefined) return { key, name: key, problem: "is not in Datadog", state: "missing" };
      const { name, status = "unknown", message } = test;
      const problem = status !== "live" ? `is ${status}` : message.includes(handleOf(context)) ? undefined : "tells nobody";
      return { key, name, problem, state: status };
    });
    return judge(
      problemsOf(looked),
      `${looked.length} uptime tests are live, all for ${handleOf(context)}`,
      TODO,
      tableOf("Uptime tests", looked),
    );
  },
};

function monitorsProbe(line: string, name: string, title: string, chosen: (key: string) => boolean): Probe {
  return {
    line,
    name,
    title,
    needs: ["datadog"],
    async run(context) {
      const looked = await lookAtMonitors(context, chosen);
      const states = [...new Set(looked.map(({ state }) => state))].join(", ");
      const said = context.systems.isRehearsal ? "; the rehearsal's Datadog evaluates nothing" : "";
      return judge(
        problemsOf(looked),
        `${looked.map(({ key }) => key).join(", ")}: present and not muted (${states}${said})`,
        TODO,
        tableOf("Monitors", looked),
      );
    },
  };
}

const errors = monitorsProbe(
  "RB-6.2",
  "error-monitors",
  "The monitors of errors, the edge and the backups are there, not muted and quiet",
  (key) => !METRIC_MONITORS.includes(key) && !key.startsWith("uptime-"),
);

const metrics = monitorsProbe(
  "RB-6.3",
  "metric-monitors",
  "The monitors of pods, CPU, memory and connections are there, not muted and quiet",
  (key) => METRIC_MONITORS.includes(key),
);

const pipeline: Probe = {
  line: "RB-6.2",
  name: "log-pipeline",
  title: "Datadog parses the logs of the application",
  needs: ["datadog"],
  async run({ settings, systems }) {
    const datadog = await systems.datadog();
    const pipelines = await needed<{ name: string; is_enabled?: boolean; filter?: { query?: string } }[]>(
      datadog,
      "/api/v1/logs/config/pipelines",
    );
    const ours = pipelines.find(({ filter }) => filter?.query === pipelineFilter(settings.environment));
    return judge(
      ours === undefined ? ["Datadog has no pipeline for these logs"] : ours.is_enabled === true ? [] : [`${ours.name} is switched off`],
      `pipeline ${ours?.name ?? ""} is on`,
      TODO,
    );
  },
};

const onCall: Probe = {
  line: "RB-6.4",
  name: "on-call",
  title: "The rotation has people in every turn, and every alert of the team is routed to it",
  needs: ["datadog"],
  async run({ settings, systems, now }) {
    const datadog = await systems.datadog();
    const { monitoring } = await systems.outputs();
    const path = `/api/v2/on-call/schedules/${monitoring.onCallScheduleId}`;
    const schedule = await datadog.get<OnCallSchedule>(`${path}?include=layers,layers.members,layers.members.user`);
    const people = settings.onCall.people;
    const included = schedule?.included ?? [];
    const members = included.filter(({ type }) => type === "members");
    const users = members.map(({ relationships }) => relationships?.user?.data?.id);
    const strangers = users.filter((id) => id !== undefined && id !== null && !people.some(({ datadogUserId }) => datadogUserId === id));
    const absent = people.filter(({ datadogUserId }) => !users.includes(datadogUserId));
    const empty = users.filter((id) => id === undefined || id === null).length;
    const overdue = overdueReview(settings.onCall.reviewedOn, now);
    const wrong =
      schedule === undefined
        ? [`Datadog has no schedule ${monitoring.onCallScheduleId}`]
        : [
            ...absent.map(({ name }) => `${name} is not in the rotation`),
            ...strangers.map((id) => `user ${id} is in the rotation, not in onCall.people`),
            ...(empty > 0 ? [`${empty} turns have nobody`] : []),
          ];
    const problems = [...wrong, ...(overdue === undefined ? [] : [overdue])];
    return judge(
      problems,
      `${people.length} people take turns: ${people.map(({ name }) => name).join(", ")}`,
      "Put people into onCall.people and pulumi up; a test page shows that it reaches a phone (docs/on-call.md).",
      {
        kind: "table",
        title: "Rotation",
        columns: ["Person", "In the rotation"],
        rows: people.map((person) => [person.name, absent.includes(person) ? { text: "no", mark: "bad" } : { text: "yes", mark: "good" }]),
      },
    );
  },
};

interface OnCallSchedule {
  readonly included?: readonly {
    readonly type: string;
    readonly relationships?: { readonly user?: { readonly data?: { readonly id?: string } | null } };
  }[];
}

export const observabilityProbes: readonly Probe[] = [conditions, uptime, errors, pipeline, metrics, onCall];
