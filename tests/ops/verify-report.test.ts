/** A verification as text for people and as JUnit XML. */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { CHECKLIST } from "../../checklist";
import type { Outcome } from "../../ops/verify/probe";
import { compareRecords, type ProbeResult, verdicts, type VerifyRecord } from "../../ops/verify/record";
import { resultLine, summaryOf, verifyJunit, verifyText } from "../../ops/verify/report";

const result = (line: string, name: string, outcome: Outcome, seen = `saw ${name}`): ProbeResult => ({
  line,
  name,
  title: `${name} holds`,
  outcome,
  seen,
  ...(outcome === "pass" || outcome === "not-applicable" ? {} : { todo: `mend ${name}` }),
  milliseconds: 1234,
});
const recordOf = (probes: readonly ProbeResult[], more: Partial<VerifyRecord> = {}): VerifyRecord => ({
  formatVersion: 1,
  stack: "staging",
  run: "verify-12345678",
  startedAt: "2026-11-28T05:00:00.000Z",
  milliseconds: 6543,
  ...verdicts(probes),
  probes,
  differences: [],
  ...more,
});
const titleOf = (id: string) => CHECKLIST.find((line) => line.id === id)?.title ?? "";

describe("a result's line", () => {
  it.each<[Outcome, string]>([
    ["pass", "pass         RB-4.1 flood (1.2 s): saw flood"],
    ["fail", "FAIL         RB-4.1 flood (1.2 s): saw flood"],
    ["undetermined", "UNDETERMINED RB-4.1 flood (1.2 s): saw flood"],
    ["not-applicable", "n/a          RB-4.1 flood (1.2 s): saw flood"],
  ])("of %s", (outcome, line) => {
    expect(resultLine(result("RB-4.1", "flood", outcome))).toBe(line);
  });
});

describe("the text", () => {
  it("has boxes with their lines and probes, what to do where it did not pass, and the deployment's own lines after them", () => {
    const probes = [
      result("RB-1.1", "pods", "pass"),
      result("RB-1.2", "http-redirect", "fail", "302"),
      result("RB-4.1", "flood", "undetermined"),
      result("RB-4.2", "client-address", "pass"),
      result("RB-5.1", "backup-newest", "pass"),
    ];
    expect(verifyText(recordOf(probes)).split("\n")).toEqual([
      "[!] RB-7.1 HTTP requests redirect to HTTPS in production",
      `    FAIL RB-1.2 ${titleOf("RB-1.2")}`,
      "      FAIL         http-redirect: 302",
      "        what to do: mend http-redirect",
      "[?] RB-7.5 Edge rate limiting confirms 429 on synthetic flood test",
      `    UNDETERMINED RB-4.1 ${titleOf("RB-4.1")}`,
      "      UNDETERMINED flood: saw flood",
      "        what to do: mend flood",
      `    pass RB-4.2 ${titleOf("RB-4.2")}`,
      "      pass         client-address: saw client-address",
      // Not every line of it was looked at: neither ticked nor refused.
      "[ ] RB-7.6 Nightly backups running; latest artefact restored successfully",
      `    pass RB-5.1 ${titleOf("RB-5.1")}`,
      "      pass         backup-newest: saw backup-newest",
      "    The deployment itself",
      `    pass RB-1.1 ${titleOf("RB-1.1")}`,
      "      pass         pods: saw pods",
      "",
      "staging at 2026-11-28T05:00:00.000Z: 3 passed, 1 failed (RB-1.2 http-redirect), 1 undetermined (RB-4.1 flood) in 6.5 s",
      "",
    ]);
  });

  it("says beside a box what is done by hand", () => {
    const text = verifyText(recordOf([result("RB-1.3", "security-headers", "pass")]));
    expect(text.split("\n")[0]).toBe("[x] RB-7.2 Security headers validated via securityheaders.com");
    expect(text).toContain("\n    by hand, beside it: the site's own grade: it must reach the public host\n");
  });

  it("leaves a box open, with a word of its own, when a line does not apply", () => {
    const text = verifyText(recordOf([result("RB-1.2", "http-redirect", "not-applicable")]));
    expect(text.split("\n").slice(0, 3)).toEqual([
      "[-] RB-7.1 HTTP requests redirect to HTTPS in production",
      `    n/a RB-1.2 ${titleOf("RB-1.2")}`,
      "      n/a          http-redirect: saw http-redirect",
    ]);
  });

  describe("compared with the last run", () => {
    const comparedWith = "2026-11-27T05:00:00.000Z";
    const now = [result("RB-1.1", "pods", "pass"), result("RB-1.4", "log-format", "fail")];
    const lastLines = (before: readonly ProbeResult[]) =>
      verifyText(recordOf(now, { comparedWith, differences: compareRecords({ probes: before }, now) }))
        .split("\n\n")
        .at(-1)
        ?.split("\n")
        .slice(0, -2);

    it("names what became another and what is new", () => {
      expect(lastLines([result("RB-1.4", "log-format", "pass")])).toEqual([
        `Otherwise than at the last run (${comparedWith}):`,
        "  RB-1.1 pods: new -> pass",
        "  RB-1.4 log-format: pass -> FAIL",
      ]);
    });

    it("says that nothing did", () => {
      expect(lastLines(now)).toEqual([`As at the last run (${comparedWith}).`]);
    });
  });
});

it("sums up by naming what did not pass, and counting the rest", () => {
  const probes = [
    result("RB-1.1", "pods", "pass"),
    result("RB-5.2", "backup-copy", "not-applicable"),
    result("RB-5.3", "drill", "fail"),
    result("RB-6.1", "uptime-tests", "fail"),
  ];
  expect(summaryOf({ probes })).toBe("1 passed, 2 failed (RB-5.3 drill, RB-6.1 uptime-tests), 1 not applicable");
});

describe("JUnit XML", () => {
  const nasty = `<script>&amp; "quoted" 'single' ]]> ü\u0007\u001b[31m`;
  const probes = [
    result("RB-1.2", "http-redirect", "pass"),
    result("RB-1.3", "security-headers", "fail", nasty),
    result("RB-1.3", "headers-grade", "pass"),
    result("RB-4.1", "flood", "undetermined"),
    result("RB-5.2", "backup-copy", "not-applicable"),
  ];
  const xml = verifyJunit(recordOf(probes));
  const parsed = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    isArray: (name) => ["testsuite", "testcase"].includes(name),
  }).parse(xml) as { testsuites: { testsuite: Record<string, unknown>[] } };
  const suites = parsed.testsuites.testsuite;

  it("is well-formed, whatever a probe saw", () => {
    expect(XMLValidator.validate(xml)).toBe(true);
    // Characters that XML 1.0 has no way to write: a parser that is strict refuses the whole file.
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  });

  it("has a suite for each line, counted by outcome", () => {
    expect(suites.map((suite) => ["@name", "@tests", "@failures", "@errors", "@skipped", "@timestamp"].map((key) => suite[key]))).toEqual(
      (
        [
          ["RB-1.2", 1, 0, 0, 0],
          ["RB-1.3", 2, 1, 0, 0],
          ["RB-4.1", 1, 0, 1, 0],
          ["RB-5.2", 1, 0, 0, 1],
        ] as const
      ).map(([id, ...counts]) => [`${id} ${titleOf(id)} (staging)`, ...counts.map(String), "2026-11-28T05:00:00.000Z"]),
    );
  });

  it("has a case for each probe, with what was seen and what to do", () => {
    expect(suites.flatMap(({ testcase }) => testcase)).toEqual([
      { "@name": "http-redirect: http-redirect holds", "@classname": "RB-1.2", "@time": "1.234" },
      {
        "@name": "security-headers: security-headers holds",
        "@classname": "RB-1.3",
        "@time": "1.234",
        failure: { "@message": `<script>&amp; "quoted" 'single' ]]> ü[31m`, "#text": "mend security-headers" },
      },
      { "@name": "headers-grade: headers-grade holds", "@classname": "RB-1.3", "@time": "1.234" },
      {
        "@name": "flood: flood holds",
        "@classname": "RB-4.1",
        "@time": "1.234",
        error: { "@message": "saw flood", "#text": "mend flood" },
      },
      {
        "@name": "backup-copy: backup-copy holds",
        "@classname": "RB-5.2",
        "@time": "1.234",
        skipped: { "@message": "saw backup-copy" },
      },
    ]);
  });
});
