/** What the policies found, for people (text), for a pull request (Markdown) and for machines (JSON, SARIF, JUnit). */
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { XMLBuilder } from "fast-xml-parser";
import type { Log, Result } from "sarif";
import { CHECKLIST } from "../checklist";
import type { PackName, Rule } from "../policies/lib/rule";
import { describeWaiver, type Waiver } from "../policies/lib/waivers";
import { CHECKLIST_RULES } from "../policies/maestroverse-checklist/rules";
import { BASELINE_RULES } from "../policies/platform-baseline/rules";

/** The rules of each pack. */
export const PACK_RULES: Readonly<Record<PackName, readonly Rule[]>> = {
  "maestroverse-checklist": CHECKLIST_RULES,
  "platform-baseline": BASELINE_RULES,
};

/** Policies of pack.ts that are about the gate itself. */
const NOTICE_POLICY = "waiver-enable-notice";

/** One thing that a policy found. */
export interface PolicyFinding {
  readonly pack: string;
  readonly rule: string;
  /** undetermined: the policy could not tell; warning: an advisory policy's. The first two refuse the deployment. */
  readonly kind: "violation" | "undetermined" | "warning";
  readonly severity: string;
  /** The resource; undefined: the stack as a whole. */
  readonly urn: string | undefined;
  /** Resource, field, value and fix. */
  readonly message: string;
  /** Lines of the runbook's checklist that it is about. */
  readonly checklist: readonly string[];
}

/** What a run of the packs came to. */
export interface PolicyReport {
  readonly stack: string;
  /** Number of rules by pack. */
  readonly rules: Readonly<Record<string, number>>;
  readonly findings: readonly PolicyFinding[];
  /** Waivers in force for this stack, a line each. */
  readonly waivers: readonly string[];
}

/** Builds the report from the engine's events. */
export function policyReport(stack: string, events: readonly EngineEvent[], waivers: readonly Waiver[]): PolicyReport {
  return {
    stack,
    rules: Object.fromEntries(Object.entries(PACK_RULES).map(([pack, rules]) => [pack, rules.length])),
    findings: events.flatMap(({ policyEvent, diagnosticEvent }) => {
      if (policyEvent === undefined) return skipped(diagnosticEvent?.message);
      const { policyName: rule, policyPackName: pack, resourceUrn, enforcementLevel } = policyEvent;
      if (rule === NOTICE_POLICY) return [];
      const data = PACK_RULES[pack as PackName]?.find(({ name }) => name === rule);
      // The engine puts the description before the message.
      const message = policyEvent.message.replace(data === undefined ? /^[^\n]*\n/ : `${data.description}\n`, "").trim();
      const isStack = resourceUrn?.split("::")[2] === "pulumi:pulumi:Stack";
      return [
        {
          pack,
          rule,
          kind: /UNDETERMINED|can't run policy/.test(message) ? "undetermined" : enforcementLevel === "mandatory" ? "violation" : "warning",
          severity: data?.severity ?? "critical",
          urn: isStack ? undefined : resourceUrn,
          message,
          checklist: data?.checklist ?? [],
        } satisfies PolicyFinding,
      ];
    }),
    waivers: waivers.map(describeWaiver),
  };
}

/** The engine skips a policy that reads an unknown value, with a mere notice. */
function skipped(message: string | undefined): PolicyFinding[] {
  const [, rule, pack] = /can't run policy '([^']+)' from policy pack '([^'@]+)/.exec(message ?? "") ?? [];
  if (message === undefined || rule === undefined || pack === undefined) return [];
  return [{ pack, rule, kind: "undetermined", severity: "critical", urn: undefined, message: message.trim(), checklist: [] }];
}

const count = (report: PolicyReport, kind: PolicyFinding["kind"]) => report.findings.filter((finding) => finding.kind === kind).length;

/** Whether the gate lets the deployment pass. */
export const passes = (report: PolicyReport) => count(report, "violation") + count(report, "undetermined") === 0;

const plural = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;

/** `74 rules in 2 packs: 0 violations, 0 undetermined, 1 warning; 0 waivers` */
export function summary(report: PolicyReport): string {
  const packs = Object.values(report.rules);
  const total = packs.reduce((sum, each) => sum + each, 0);
  return (
    `${plural(total, "rule")} in ${plural(packs.length, "pack")}: ${plural(count(report, "violation"), "violation")}, ` +
    `${count(report, "undetermined")} undetermined, ${plural(count(report, "warning"), "warning")}; ${plural(report.waivers.length, "waiver")}`
  );
}

/** For a terminal: the summary, every finding and every waiver. */
export function policyText(report: PolicyReport): string {
  const findings = report.findings.map(
    ({ kind, rule, severity, message }) => `  ${kind.toUpperCase()} ${rule} (${severity}): ${message.split("\n").join(" ")}`,
  );
  return [`Policies: ${summary(report)}`, ...findings, ...report.waivers.map((waiver) => `  WAIVER ${waiver}`)].join("\n");
}

/** For a pull request: grouped by the lines of the runbook's checklist. */
export function policyMarkdown(report: PolicyReport): string {
  const verdict = passes(report) ? "✅" : "❌";
  const ofLine = (id: string) => report.findings.filter(({ checklist }) => checklist.includes(id));
  const groups = [
    ...CHECKLIST.map(({ id, title }) => ({ heading: `${id} ${title}`, findings: ofLine(id) })),
    { heading: "Platform baseline and the gate itself", findings: report.findings.filter(({ checklist }) => checklist.length === 0) },
  ].filter(({ findings }) => findings.length > 0);
  const row = ({ kind, rule, message }: PolicyFinding) => `| ${kind} | \`${rule}\` | ${cell(message)} |`;
  return [
    `### ${verdict} Policies of \`${report.stack}\``,
    `${summary(report)}.`,
    ...groups.map(({ heading, findings }) =>
      [`#### ${heading}`, "", "| | rule | finding |", "| --- | --- | --- |", ...findings.map(row)].join("\n"),
    ),
    ...(report.waivers.length === 0 ? [] : [["#### Waivers", "", ...report.waivers.map((waiver) => `- ${cell(waiver)}`)].join("\n")]),
    "",
  ].join("\n\n");
}

/** A text that cannot leave its cell, nor become markup. */
const cell = (text: string) => text.replace(/[\\|`*_<>[\]]/g, "\\$&").replace(/\s*\n\s*/g, " ");

/** SARIF 2.1.0, for code scanning: one run for each pack. @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
export function policySarif(report: PolicyReport): Log {
  const levels = { violation: "error", undetermined: "error", warning: "warning" } as const;
  const result = ({ rule, kind, message, urn }: PolicyFinding): Result => ({
    ruleId: rule,
    level: levels[kind],
    kind: kind === "undetermined" ? "open" : "fail",
    message: { text: message },
    locations: [
      {
        // What a reviewer can change: the program has no line for a resource.
        physicalLocation: { artifactLocation: { uri: `Pulumi.${report.stack}.yaml` }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: urn ?? report.stack, kind: "resource" }],
      },
    ],
  });
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: Object.entries(PACK_RULES).map(([pack, rules]) => ({
      tool: {
        driver: {
          name: pack,
          rules: rules.map(({ name, description, remediationSteps, severity, checklist }) => ({
            id: name,
            shortDescription: { text: description },
            help: { text: remediationSteps },
            properties: { severity, tags: [...checklist] },
          })),
        },
      },
      results: report.findings.filter((finding) => finding.pack === pack).map(result),
    })),
  };
}

/** JUnit: a suite for each pack, a case for each rule. */
export function policyJunit(report: PolicyReport): string {
  const suites = Object.entries(PACK_RULES).map(([pack, rules]) => {
    const found = report.findings.filter((finding) => finding.pack === pack);
    const own = rules.map(({ name }) => name);
    const others = [...new Set(found.map(({ rule }) => rule).filter((rule) => !own.includes(rule)))];
    const refusing = found.filter(({ kind }) => kind !== "warning");
    const testcase = [...own, ...others].map((rule) => ({
      "@name": rule,
      "@classname": pack,
      failure: refusing.filter((finding) => finding.rule === rule).map(({ kind, message }) => ({ "@type": kind, "@message": message })),
    }));
    const failures = testcase.filter(({ failure }) => failure.length > 0).length;
    return { "@name": `${pack} (${report.stack})`, "@tests": testcase.length, "@failures": failures, testcase };
  });
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- fast-xml-builder gives CommonJS something else than its types say
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@", format: true, suppressEmptyNode: true });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ testsuites: { testsuite: suites } })}`;
}
