/** Runbook §6: whether the metrics that this program makes itself arrive in Datadog, which its monitors of backups, drills and secrets read. */
import { setTimeout as sleep } from "node:timers/promises";
import { BACKUP_DURATION, BACKUP_SIZE, logMetric } from "../../../components/lib/metrics";
import type { DatadogAccess } from "../../datadog";
import { ages } from "../ages";
import { judge, type Probe } from "../probe";

/** Seconds that a point may take from Datadog's door to its answers. */
const INGESTION_SECONDS = 20;
/** Hours of which a metric that comes every morning has to have a point. */
const DAILY_HOURS = 26;

export const ownMetrics: Probe = {
  line: "RB-6.2",
  name: "own-metrics",
  title: "The metrics that this program makes itself arrive in Datadog",
  needs: ["datadog"],
  async run(context) {
    const { settings, systems, sendAges, signal } = context;
    const datadog = await systems.datadog();
    const gauges = await ages(context);
    if (sendAges) await datadog.send(gauges);
    const hours = settings.backups.maximumAgeHours;
    const dumped = settings.backups.method === "rds" ? [] : [BACKUP_SIZE, BACKUP_DURATION];
    const wanted = [
      ...dumped.map((metric) => ({
        metric: logMetric(metric, settings.environment),
        hours,
        maker: "the nightly dump's line of log",
        wait: false,
      })),
      ...[...new Set(gauges.map(({ metric }) => metric))].map((metric) => ({
        metric,
        hours: DAILY_HOURS,
        maker: "verify --send-ages",
        wait: sendAges,
      })),
    ];
    const seen = await Promise.all(
      wanted.map(async (each) => ({ ...each, newest: await newestPoint(datadog, each, settings.environment, signal) })),
    );
    const missing = seen.filter(({ newest }) => newest === undefined);
    return judge(
      missing.map(({ metric, hours: within, maker }) => `${metric} has no point of the last ${within} hours (made by ${maker})`),
      seen.map(({ metric, newest }) => `${metric} ${newest?.toFixed(1)}`).join(", "),
      "Of a dump: its pod's annotation and the agent's log collection. Of an age: npm run ops -- verify --send-ages (docs/runbook/6-observability.md).",
    );
  },
};

/** Value of a metric's newest point; undefined: it has none of the last hours. */
async function newestPoint(
  datadog: DatadogAccess,
  { metric, hours, wait }: { readonly metric: string; readonly hours: number; readonly wait: boolean },
  environment: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const query = `max:${metric}{env:${environment}}`;
  for (let waited = 0; ; waited++) {
    const to = Math.ceil(Date.now() / 1000);
    const from = to - hours * 3600;
    const parameters = new URLSearchParams({ from: String(from), to: String(to), query });
    const answer = await datadog.get<{ series: { pointlist: [number, number | null][] }[] }>(`/api/v1/query?${parameters.toString()}`);
    const newest = answer?.series[0]?.pointlist.findLast(([, value]) => value !== null)?.[1];
    if (typeof newest === "number") return newest;
    if (!wait || waited === INGESTION_SECONDS) return undefined;
    await sleep(1000, undefined, { signal });
  }
}
