/** Records of verifications that never ran: every probe, with evidence of every kind, and a server that means harm. */
import { PROBES } from "../../ops/verify/probes";
import type { Evidence, FloodEvidence } from "../../ops/verify/evidence";
import type { Finding } from "../../ops/verify/probe";
import { compareRecords, type ProbeResult, verdicts, type VerifyRecord } from "../../ops/verify/record";

/** What a server may put into a header to get into a page. */
export const HOSTILE = `"><img src=x onerror="document.title='taken'"><script>document.title='taken'</script></td></details><style>*{display:none}</style>`;

/** A flood of one client on one replica, as the limit of 100 a minute and a burst of 20 treats it. */
export const FLOOD: FloodEvidence = {
  kind: "flood",
  title: "100 requests a minute, burst 20",
  limit: { requestsPerMinute: 100, burst: 20 },
  replicas: 1,
  requests: [
    ...Array.from({ length: 150 }, (_, index) => ({ atMilliseconds: 10 + index * 5, passed: index < 21 || index === 130 })),
    ...Array.from({ length: 10 }, (_, index) => ({ atMilliseconds: 1060 + index * 300, passed: index % 2 === 1 })),
  ],
};

const EVIDENCE: Readonly<Record<string, readonly Evidence[]>> = {
  "security-headers": [
    {
      kind: "table",
      title: "Headers by kind of answer",
      columns: ["Header", "200", "301"],
      rows: [
        [
          "Strict-Transport-Security",
          { text: "max-age=31536000", mark: "good" },
          { text: "absent, as it must be (RFC 6797)", mark: "good" },
        ],
        ["Content-Security-Policy", { text: HOSTILE, mark: "bad" }, "nothing"],
      ],
    },
  ],
  "privilege-contract": [
    {
      kind: "matrix",
      title: "What each role may do",
      columns: ["maestro_app", "maestro_backup"],
      rows: [
        {
          label: "read rows",
          cells: [
            { got: "allow", expected: "allow" },
            { got: "allow", expected: "allow" },
          ],
        },
        {
          label: "drop a table",
          cells: [
            { got: "allow", expected: "deny" },
            { got: "deny", expected: "deny" },
          ],
        },
      ],
    },
  ],
  "privilege-catalogue": [
    {
      kind: "text",
      title: "\\du",
      text: " Role name   | Attributes | Member of \n-------------+------------+-----------\n maestro_app |            | {}",
    },
  ],
  "secrets-age": [
    {
      kind: "timeline",
      title: "Rotations",
      now: "2026-11-28T05:00:00.000Z",
      lanes: [
        {
          label: "JWT_SECRET",
          events: [
            { at: "2026-09-20T00:00:00Z", label: "generation 3", mark: "good" },
            { at: "2026-12-19T00:00:00Z", label: "next one due", mark: "plain" },
          ],
        },
        { label: "CSRF_SECRET", events: [] },
      ],
    },
  ],
  flood: [FLOOD],
};

const OTHERWISE: Readonly<Record<string, Finding>> = {
  "security-headers": {
    outcome: "fail",
    seen: `200: Content-Security-Policy: ${HOSTILE}`,
    todo: "Compare the edge's configuration with `ops render edge`.",
  },
  "privilege-contract": { outcome: "fail", seen: "maestro_app: drop a table: specified deny, got allow", todo: "Look for drift." },
  "backup-newest": {
    outcome: "undetermined",
    seen: "no answer within 60 s",
    todo: "See that aws can be reached from here, then run again.",
  },
  "backup-copy": { outcome: "not-applicable", seen: "the rehearsal's S3 copies nothing" },
};

const resultsWith = (otherwise: Readonly<Record<string, Finding>>): ProbeResult[] =>
  PROBES.map(({ line, name, title }) => ({
    line,
    name,
    title,
    milliseconds: 120,
    ...(otherwise[name] ?? { outcome: "pass" as const, seen: `${name} was seen` }),
    ...(EVIDENCE[name] === undefined ? {} : { evidence: EVIDENCE[name] }),
  }));

function recordOf(probes: readonly ProbeResult[], before?: readonly ProbeResult[]): VerifyRecord {
  return {
    formatVersion: 1,
    stack: "staging",
    run: "verify-12345678",
    startedAt: "2026-11-28T05:00:00.000Z",
    milliseconds: 6543,
    ...verdicts(probes),
    probes,
    ...(before === undefined ? {} : { comparedWith: "2026-11-27T05:00:00.000Z" }),
    differences: compareRecords(before === undefined ? undefined : { probes: before }, probes),
  };
}

/** Everything passes; there was no run before. */
export const passingRecord = () => recordOf(resultsWith({}));
/** Two lines do not hold and of one nobody knows, all of which held the day before. */
export const failingRecord = () => recordOf(resultsWith(OTHERWISE), resultsWith({}));
