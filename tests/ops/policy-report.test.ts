import type { EngineEvent } from "@pulumi/pulumi/automation";
import Ajv from "ajv";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { PACK_RULES, passes, policyJunit, policyMarkdown, policyReport, policySarif, policyText, summary } from "../../ops/policy-report";
import { parseWaivers } from "../../policies/lib/waivers";

const RULE = PACK_RULES["maestroverse-checklist"].find(({ name }) => name === "ingress-enforce-https")!;
const URN = "urn:pulumi:prod::maestroverse-ops::kubernetes:networking.k8s.io/v1:Ingress::api";
const STACK_URN = "urn:pulumi:prod::maestroverse-ops::pulumi:pulumi:Stack::maestroverse-ops-prod";

function event(
  policyName: string,
  message: string,
  enforcementLevel: "mandatory" | "warning" = "mandatory",
  resourceUrn = URN,
): EngineEvent {
  return {
    sequence: 1,
    timestamp: 1,
    policyEvent: {
      resourceUrn,
      message,
      color: "never",
      policyName,
      policyPackName: "maestroverse-checklist",
      policyPackVersion: "0.2.0",
      policyPackVersionTag: "0.2.0",
      enforcementLevel,
    },
  };
}

const EVENTS = [
  event(RULE.name, `${RULE.description}\napi: spec.tls is []. Add an entry with <the host> & "its" secretName | more.\n`),
  event(RULE.name, `${RULE.description}\napi: UNDETERMINED: it could not be evaluated.\n`),
  event(RULE.name, `${RULE.description}\napi: old.\n`, "warning"),
  event(
    "stack-enforce-coverage",
    "Every rule saw at least one resource.\nstack: UNDETERMINED: nothing to look at.\n",
    "mandatory",
    STACK_URN,
  ),
  event("waiver-enable-notice", "Every waiver is printed.\nx is waived\n", "warning", STACK_URN),
];
const WAIVERS = parseWaivers(
  JSON.stringify({
    waivers: [
      {
        pack: "maestroverse-checklist",
        rule: RULE.name,
        urn: "urn:pulumi:prod::*",
        reason: "moved to the new host by then",
        owner: "ops@maestroverse.edu",
        granted: "2026-11-20",
        expires: "2026-12-20",
      },
    ],
  }),
).waivers;
const report = policyReport("prod", EVENTS, WAIVERS);
const empty = policyReport("prod", [], []);

it("tells violations, undetermined and warnings apart, and whether the gate lets pass", () => {
  expect(report.findings.map(({ kind, rule, urn, message }) => [kind, rule, urn, message])).toEqual([
    ["violation", RULE.name, URN, 'api: spec.tls is []. Add an entry with <the host> & "its" secretName | more.'],
    ["undetermined", RULE.name, URN, "api: UNDETERMINED: it could not be evaluated."],
    ["warning", RULE.name, URN, "api: old."],
    ["undetermined", "stack-enforce-coverage", undefined, "stack: UNDETERMINED: nothing to look at."],
  ]);
  expect([passes(report), passes(empty), passes(policyReport("prod", EVENTS.slice(2, 3), []))]).toEqual([false, true, true]);
});

it("takes a policy that the engine skipped for undetermined", () => {
  const message = "can't run policy 'ingress-enforce-https' from policy pack 'maestroverse-checklist@v0.2.0' during preview: string value";
  const asDiagnostic = { sequence: 1, timestamp: 1, diagnosticEvent: { message, color: "never", severity: "warning" } } as EngineEvent;
  for (const skipped of [asDiagnostic, event(RULE.name, message, "warning")]) {
    const { findings } = policyReport("prod", [skipped], []);
    expect(findings.map(({ kind, rule, pack }) => [kind, rule, pack])).toEqual([["undetermined", RULE.name, "maestroverse-checklist"]]);
  }
});

it("sums up in a line, and lists findings and waivers as text", () => {
  const total = Object.values(PACK_RULES).reduce((sum, rules) => sum + rules.length, 0);
  expect(summary(report)).toBe(`${total} rules in 2 packs: 1 violation, 2 undetermined, 1 warning; 1 waiver`);
  expect(policyText(report).split("\n")).toEqual([
    `Policies: ${summary(report)}`,
    `  VIOLATION ${RULE.name} (critical): api: spec.tls is []. Add an entry with <the host> & "its" secretName | more.`,
    `  UNDETERMINED ${RULE.name} (critical): api: UNDETERMINED: it could not be evaluated.`,
    `  WARNING ${RULE.name} (critical): api: old.`,
    "  UNDETERMINED stack-enforce-coverage (critical): stack: UNDETERMINED: nothing to look at.",
    `  WAIVER ${RULE.name} is waived for urn:pulumi:prod::* until 2026-12-20 (ops@maestroverse.edu): moved to the new host by then`,
  ]);
});

it("groups by the lines of the checklist for a pull request, and lets no finding become markup", () => {
  const markdown = policyMarkdown(report);
  expect(markdown.match(/^#+ .*$/gm)).toEqual([
    "### ❌ Policies of `prod`",
    "#### RB-1.2 http://…/health answers 301 with Location: https://…",
    "#### Platform baseline and the gate itself",
    "#### Waivers",
  ]);
  expect(markdown).toContain(
    `| violation | \`${RULE.name}\` | api: spec.tls is \\[\\]. Add an entry with \\<the host\\> & "its" secretName \\| more. |`,
  );
  expect(policyMarkdown(empty).split("\n")[0]).toBe("### ✅ Policies of `prod`");
});

it("writes JUnit that a parser reads: a case for each rule, its failures inside", () => {
  const xml = policyJunit(report);
  expect(XMLValidator.validate(xml)).toBe(true);
  const parsed = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" }).parse(xml) as {
    testsuites: { testsuite: { name: string; tests: string; failures: string; testcase: { name: string; failure?: unknown }[] }[] };
  };
  const [checklist, baseline] = parsed.testsuites.testsuite;
  const rules = PACK_RULES["maestroverse-checklist"].length;
  expect([checklist?.name, checklist?.tests, checklist?.failures]).toEqual(["maestroverse-checklist (prod)", `${rules + 1}`, "2"]);
  expect(baseline?.failures).toBe("0");
  const failing = checklist?.testcase.filter(({ failure }) => failure !== undefined);
  expect(failing?.map(({ name, failure }) => [name, [failure].flat().length])).toEqual([
    [RULE.name, 2],
    ["stack-enforce-coverage", 1],
  ]);
  expect(JSON.stringify(failing)).toContain('Add an entry with <the host> & \\"its\\" secretName | more.');
});

it("writes SARIF with the rules of each pack and a result for each finding", () => {
  const sarif = policySarif(report);
  expect(sarif.runs.map(({ tool, results }) => [tool.driver.name, tool.driver.rules?.length, results?.map(({ level }) => level)])).toEqual([
    ["maestroverse-checklist", PACK_RULES["maestroverse-checklist"].length, ["error", "error", "warning", "error"]],
    ["platform-baseline", PACK_RULES["platform-baseline"].length, []],
  ]);
  // What code scanning demands of SARIF 2.1.0 (the whole schema cannot be had from a registry).
  const location = {
    type: "object",
    required: ["physicalLocation"],
    properties: { physicalLocation: { type: "object", required: ["artifactLocation", "region"] } },
  };
  const result = {
    type: "object",
    required: ["ruleId", "message", "level", "locations"],
    properties: { message: { type: "object", required: ["text"] }, locations: { type: "array", minItems: 1, items: location } },
  };
  const run = {
    type: "object",
    required: ["tool", "results"],
    properties: { tool: { type: "object", required: ["driver"] }, results: { type: "array", items: result } },
  };
  const validate = new Ajv().compile({
    type: "object",
    required: ["$schema", "version", "runs"],
    properties: { version: { const: "2.1.0" }, runs: { type: "array", minItems: 1, items: run } },
  });
  expect([validate(JSON.parse(JSON.stringify(sarif))), validate.errors]).toEqual([true, null]);
});
