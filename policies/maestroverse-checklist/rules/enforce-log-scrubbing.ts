import { type LogRule, scrub } from "../../../components/lib/log-scrubbing";
import { POD_TYPES } from "../../lib/kubernetes";
import { list } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { logAnnotation } from "../log-collection";
import { servingContainers } from "../server";

/** What a line may hold that nobody else should read, and a line that holds it. */
const SAMPLES = [
  ["a token in a URL", "tok-5e884898da28", (value: string) => `1.2.3.4 - - [x] "GET /reset?token=${value} HTTP/1.1" 200 5 "-" "-"`],
  ["a JSON web token", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", (value: string) => `retrying with ${value}`],
  ["a bearer token", "5e884898da280471", (value: string) => `authorization: Bearer ${value}`],
  ["a cookie", "s%3Aabcdef.signature", (value: string) => `Cookie: sid=${value}; theme=dark`],
  ["an e-mail address", "ada.lovelace@example.edu", (value: string) => `"GET /users?email=${value} HTTP/1.1" 404`],
] as const;

/** What leaves the node has no secret and nobody's address in it. */
export const enforceLogScrubbing: StackRule = {
  name: "log-enforce-scrubbing",
  description: "Datadog's agent is told to blot out tokens, cookies and e-mail addresses in every line of the server before it sends it.",
  severity: "high",
  checklist: ["RB-6.2"],
  remediationSteps: "Leave the annotation to components/lib/log-scrubbing.ts.",
  page: "runbook/6-observability.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    for (const { workload, template, container } of servingContainers(stack)) {
      const { field, sources } = logAnnotation(template, container);
      for (const source of sources) {
        const rules = list(source, "log_processing_rules").map((rule) => rule as LogRule);
        for (const [what, value, line] of SAMPLES)
          if (scrub(line(value), rules)?.includes(value) === true)
            report(workload, {
              field: `${field}.log_processing_rules`,
              found: rules.map(({ name }) => name),
              fix: `Mask ${what}.`,
            });
      }
    }
  },
};
