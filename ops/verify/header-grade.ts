/**
 * The grade that securityheaders.com gives: six headers, and no warning on any of them for the plus. The site publishes which headers it counts
 * and which values it warns of, not its program: its own scan of the public host stays the last word (RB-7.2, by hand).
 *
 * @see https://securityheaders.com/about and docs/runbook/1-https.md
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Cell } from "./evidence";

/** What the site gives. */
export type Grade = "A+" | "A" | "B" | "C" | "D" | "E" | "F";

/** Grade by how many of the six are there. */
const BY_COUNT: readonly Grade[] = ["F", "E", "D", "D", "C", "B", "A"];
/** Seconds below which Strict-Transport-Security is said to be short: the site counts the header whatever its length, browsers' lists do not. */
const SHORT_HSTS_SECONDS = 2_592_000;

/** A header that counts. */
interface Rule {
  readonly name: string;
  /** Undefined: it counts. Text: it does not, and why. */
  readonly lacks: (value: string, headers: IncomingHttpHeaders) => string | undefined;
  /** What the site warns of, which costs the plus. */
  readonly warns?: (value: string) => string | undefined;
  /** What is said without consequence. */
  readonly notes?: (value: string) => string | undefined;
}

const REFERRER_WARNED = ["unsafe-url", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin"];

const RULES: readonly Rule[] = [
  {
    name: "strict-transport-security",
    lacks: (value) => (/(^|;)\s*max-age\s*=\s*"?[1-9]/i.test(value) ? undefined : "has no max-age above 0"),
    notes: (value) => {
      const seconds = Number(/max-age\s*=\s*"?(\d+)/i.exec(value)?.[1]);
      return seconds < SHORT_HSTS_SECONDS
        ? `max-age is ${seconds} s, an early stage of the ramp: the header counts, the protection is short`
        : undefined;
    },
  },
  {
    name: "content-security-policy",
    lacks: (value) => (value.trim() === "" ? "is empty" : undefined),
    warns: (value) => /'unsafe-(inline|eval)'/.exec(value)?.[0],
  },
  {
    name: "x-frame-options",
    // frame-ancestors does the same.
    lacks: (value, headers) =>
      /^(deny|sameorigin)$/i.test(value) || /frame-ancestors/.test(String(headers["content-security-policy"] ?? ""))
        ? undefined
        : "is neither DENY nor SAMEORIGIN",
  },
  { name: "x-content-type-options", lacks: (value) => (value.toLowerCase() === "nosniff" ? undefined : "is not nosniff") },
  {
    name: "referrer-policy",
    lacks: (value) => (value.trim() === "" ? "is empty" : undefined),
    warns: (value) => REFERRER_WARNED.find((each) => each === value.trim().toLowerCase()),
  },
  { name: "permissions-policy", lacks: (value) => (value.trim() === "" ? "is empty" : undefined) },
];

/** A grade and how it came about. */
export interface HeaderGrade {
  readonly grade: Grade;
  /** Header, value, verdict. */
  readonly rows: readonly (readonly Cell[])[];
  /** What is missing, warned of or noted. */
  readonly notes: readonly string[];
}

/** Grades the headers of an answer over HTTPS. */
export function gradeHeaders(headers: IncomingHttpHeaders): HeaderGrade {
  const judged = RULES.map(({ name, lacks, warns, notes }) => {
    const value = headers[name] === undefined ? undefined : String(headers[name]);
    const missing = value === undefined ? lacks("", headers) && "is missing" : lacks(value, headers);
    return { name, value, missing, warning: missing ? undefined : warns?.(value ?? ""), note: missing ? undefined : notes?.(value ?? "") };
  });
  const counted = judged.filter(({ missing }) => missing === undefined).length;
  const warned = judged.some(({ warning }) => warning !== undefined);
  const byCount = BY_COUNT[counted] ?? "F";
  return {
    grade: byCount === "A" && !warned ? "A+" : byCount,
    rows: judged.map(({ name, value, missing, warning, note }) => [
      name,
      value ?? "nothing",
      missing !== undefined
        ? { text: missing, mark: "bad" as const }
        : {
            text: warning === undefined ? (note ?? "counts") : `counts, with a warning: ${warning}`,
            mark: warning === undefined ? ("good" as const) : ("bad" as const),
          },
    ]),
    notes: judged.flatMap(({ name, missing, warning, note }) => {
      const said = missing ?? (warning === undefined ? note : `warning: ${warning}`);
      return said === undefined ? [] : [`${name} ${said}`];
    }),
  };
}
