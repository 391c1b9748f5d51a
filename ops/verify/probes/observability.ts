/** Runbook §6: uptime tests, monitors and log pipeline, as Datadog holds them, against what the settings specify. */
import { alertHandle } from "../../../components/lib/alerts";
import { pipelineFilter } from "../../../components/lib/log-pipeline";
import { CHECKLIST } from "../../../checklist";
import type { DatadogAccess } from "../../datadog";
import {
  addresseesOf,
  type HeldPipeline,
  type HeldTest,
  processorProblems,
  queryDifference,
  specifiedLogMetrics,
  specifiedQueries,
  specifiedTests,
  testDifferences,
} from "../datadog-specification";
import type { Mark, TableEvidence } from "../evidence";
import { judge, type Probe, type ProbeContext } from "../probe";
import { ask, failedConditions } from "../uptime-conditions";
import { ownMetrics } from "./own-metrics";

const TODO = "Open it in Datadog, and unmute or mend it; pulumi up puts back what somebody deleted (docs/runbook/6-observability.md).";

/** Keys of the monitors of a line. */
const monitorsOf = (line: string) => CHECKLIST.find(({ id }) => id === line)?.monitors ?? [];
/** Monitors of the pods and of what they stand on. */
const METRIC_MONITORS = [...monitorsOf("RB-6.3"), ...monitorsOf("RB-1.1")];
/** Monitors of what clients see; the uptime tests' own have a probe of theirs. */
const CLIENT_MONITORS = monitorsOf("RB-6.1").filter((key) => !key.startsWith("uptime-"));

interface Monitor {
  readonly id: number;
  readonly name: string;
  readonly query: string;
  readonly message: string;
  readonly overall_state?: string;
  readonly options?: { readonly silenced?: Readonly<Record<string, unknown>> };
  readonly matching_downtimes?: readonly { readonly active?: boolean }[];
}

interface UptimeTest extends HeldTest {
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

const handleOf = ({ settings }: ProbeContext) => alertHandle(addresseesOf(settings));

async function lookAtMonitors(context: ProbeContext, chosen: (key: string) => boolean): Promise<Looked[]> {
  const datadog = await context.systems.datadog();
  const { monitoring } = await context.systems.outputs();
  const found = await needed<Monitor[]>(datadog, "/api/v1/monitor?with_downtimes=true");
  const queries = specifiedQueries(context.settings, monitoring.objectiveIds);
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
            ? queryDifference(monitor.query, queries[key])
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
    const { tests } = await needed<{ tests: UptimeTest[] }>(datadog, "/api/v1/synthetics/tests");
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
  title: "Every uptime test is live in Datadog as the settings have it, and pages somebody",
  needs: ["datadog"],
  async run(context) {
    const datadog = await context.systems.datadog();
    const { monitoring } = await context.systems.outputs();
    const { tests } = await needed<{ tests: UptimeTest[] }>(datadog, "/api/v1/synthetics/tests");
    const specified = specifiedTests(context.settings);
    const looked = Object.entries(monitoring.syntheticsIds).map(([key, id]): Looked => {
      const test = tests.find(({ public_id }) => public_id === id);
      if (test === undefined) return { key, name: key, problem: "is not in Datadog", state: "missing" };
      const { name, status = "unknown", message } = test;
      const wanted = specified[key];
      const problems = [
        ...(status === "live" ? [] : [`is ${status}`]),
        ...(message.includes(handleOf(context)) ? [] : ["tells nobody"]),
        ...(wanted === undefined ? [] : testDifferences(test, wanted)),
      ];
      return { key, name, problem: problems.length === 0 ? undefined : problems.join(", "), state: status };
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

const budgets = monitorsProbe(
  "RB-6.1",
  "budget-monitors",
  "The monitors of the error budgets are there as the settings have them, not muted and quiet",
  (key) => CLIENT_MONITORS.includes(key),
);

const errors = monitorsProbe(
  "RB-6.2",
  "error-monitors",
  "The monitors of errors, secrets, the edge and the backups are there as the settings have them, not muted and quiet",
  (key) => ![...METRIC_MONITORS, ...CLIENT_MONITORS].includes(key) && !key.startsWith("uptime-"),
);

const metrics = monitorsProbe(
  "RB-6.3",
  "metric-monitors",
  "The monitors of pods, CPU, memory, disk and database are there as the settings have them, not muted and quiet",
  (key) => METRIC_MONITORS.includes(key),
);

const pipeline: Probe = {
  line: "RB-6.2",
  name: "log-pipeline",
  title: "Datadog parses the logs of the application and counts their lines",
  needs: ["datadog"],
  async run({ settings, systems }) {
    const datadog = await systems.datadog();
    const [pipelines, metrics] = await Promise.all([
      needed<HeldPipeline[]>(datadog, "/api/v1/logs/config/pipelines"),
      needed<{ data: LogMetric[] }>(datadog, "/api/v2/logs/config/metrics"),
    ]);
    const ours = pipelines.find(({ filter }) => filter?.query === pipelineFilter(settings.environment));
    const counted = specifiedLogMetrics(settings);
    return judge(
      [
        ...(ours === undefined
          ? ["Datadog has no pipeline for these logs"]
          : ours.is_enabled === true
            ? processorProblems(ours)
            : [`${ours.name} is switched off`]),
        ...counted.flatMap(({ metric, filter }) => {
          const held = metrics.data.find(({ id }) => id === metric)?.attributes.filter?.query;
          return held === filter ? [] : [`the metric ${metric} counts ${held ?? "nothing: it is gone"}, not ${filter}`];
        }),
      ],
      `pipeline ${ours?.name ?? ""} is on with ${ours?.processors?.length ?? 0} steps, and ${counted.length} metrics are made of its lines`,
      TODO,
    );
  },
};

interface LogMetric {
  readonly id: string;
  readonly attributes: { readonly filter?: { readonly query?: string } };
}

export const observabilityProbes: readonly Probe[] = [conditions, uptime, budgets, errors, pipeline, ownMetrics, metrics];
