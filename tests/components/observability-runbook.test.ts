/** The page of runbook §6 says of every alert what the alert says of itself, under the heading that the alert links to. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CHECKLIST } from "../../checklist";
import { RUNBOOK_PAGE } from "../../components/lib/alerts";
import { logCollection } from "../../components/lib/log-scrubbing";
import { buildMonitors } from "../../components/lib/monitors";
import { buildBurnRateAlerts } from "../../components/lib/slo";
import { buildUptimeTests, minimumFailureSeconds, uptimeMonitorKey } from "../../components/lib/synthetics";
import { LOG_DIRECTORY, SERVER_NAME } from "../../components/lib/web-pod";
import { PROD, tableOf } from "../helpers/observability";

const DOCS = resolve(__dirname, "..", "..", "docs");
const page = readFileSync(join(DOCS, "runbook", RUNBOOK_PAGE), "utf8");
const onCall = readFileSync(join(DOCS, "on-call.md"), "utf8");

/** Anchor that GitHub gives a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
const anchorsOf = (text: string) => [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading));

/** What stands under `### key`. */
function section(key: string): string {
  const [, text] = new RegExp(`^### ${key}\\n([\\s\\S]*?)(?=^##)`, "m").exec(page) ?? [];
  return text ?? "";
}

const table = tableOf(PROD);
const alerts: Record<string, { message: string; priority: number; rule?: string }> = {
  ...Object.fromEntries(
    Object.entries(buildMonitors(table)).map(([key, { message, priority, query, thresholds }]) => [
      key,
      {
        message,
        priority,
        rule: `Alerts at ${/[<>]=? -?[\d.]+$/.exec(query)?.[0]}${thresholds.warning === undefined ? "" : `, warns at ${query.includes(" < ") ? "<" : ">"} ${thresholds.warning}`}.`,
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(buildBurnRateAlerts(table)).map(
      ([
        key,
        {
          message,
          priority,
          thresholds: { critical, warning },
        },
      ]) => [key, { message, priority, rule: `Alerts at > ${critical}, warns at > ${warning}.` }],
    ),
  ),
  ...Object.fromEntries(
    Object.entries(buildUptimeTests(table)).map(([key, { message, options }]) => [
      uptimeMonitorKey(key),
      { message, priority: options.monitorPriority as number },
    ]),
  ),
};

it("has a heading for every alert, in the order of the table, and none for an alert that is gone", () => {
  expect([...page.matchAll(/^### (.+)$/gm)].map(([, key]) => key)).toEqual(Object.keys(alerts));
});

it.each(Object.entries(alerts))(
  "%s: link, priority, thresholds, meaning and first commands are the alert's own",
  (key, { message, priority, rule }) => {
    const link = /^Runbook: \S+\/6-observability\.md#(\S+)$/m.exec(message)?.[1];
    expect([link, anchorsOf(page).includes(link as string)]).toEqual([key, true]);
    const lines = message.split("\n");
    const commands = lines.slice(2, 5).map((line) => line.replace(/^\d\. `(.*)`$/, "$1"));
    expect(
      section(key)
        .match(/```bash\n([\s\S]*?)\n```/)?.[1]
        ?.split("\n"),
    ).toEqual(commands);
    expect(section(key)).toContain(`Priority ${priority}. ${rule === undefined ? "" : `${rule} `}${lines[0]}`);
  },
);

it("names only monitors that exist in the checklist", () => {
  expect(CHECKLIST.flatMap(({ monitors }) => monitors).filter((key) => !Object.hasOwn(alerts, key))).toEqual([]);
});

it("links to headings and pages that exist, on both pages", () => {
  const broken = (
    [
      ["runbook/6-observability.md", page],
      ["on-call.md", onCall],
    ] as const
  ).flatMap(([name, text]) =>
    [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(([, path, anchor]) => {
      const target = resolve(DOCS, name, "..", path === "" ? `../${name}` : path);
      const exists = existsSync(target) && (anchor === undefined || anchorsOf(readFileSync(target, "utf8")).includes(anchor));
      return exists ? [] : [`${name}: ${path}#${anchor}`];
    }),
  );
  expect(broken).toEqual([]);
});

it("shows the annotation that the pod has, and the numbers of the two failures", () => {
  const source = { ...logCollection(LOG_DIRECTORY)[0], log_processing_rules: undefined };
  const annotation = `[${JSON.stringify(source).replace(/}$/, ',"log_processing_rules":[…]}')}]`;
  expect(page).toContain(`ad.datadoghq.com/${SERVER_NAME}.logs: '${annotation}'`);
  expect(page).toContain(`60 + 20 = ${minimumFailureSeconds(PROD.uptime)} s`);
  expect(page).toContain(`With \`intervalSeconds: 30\` it is ${minimumFailureSeconds({ ...PROD.uptime, intervalSeconds: 30 })} s.`);
});
