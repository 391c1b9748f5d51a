import type { StackRule } from "../../lib/rule";
import { edgeServers } from "../edge";
import { CONTROLLER_CONFIG } from "../runbook";

/** Headers whose value is one of a few. What Strict-Transport-Security and Content-Security-Policy say is other rules'. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "referrer-policy": ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"],
  "x-content-type-options": ["nosniff"],
  "x-frame-options": ["DENY", "SAMEORIGIN"],
};
const ALWAYS = [...Object.keys(VALUES), "strict-transport-security", "content-security-policy"];

/** The security headers are on every answer, errors too, each once. */
export const enforceHeaderPresence: StackRule = {
  name: "header-enforce-presence",
  description:
    "Referrer-Policy, X-Content-Type-Options and X-Frame-Options are sent, every security header once, on every answer (always).",
  severity: "high",
  checklist: ["RB-1.3"],
  remediationSteps: "Leave the headers to components/lib/security-headers.ts, and add none in a location: it would drop all others there.",
  page: "runbook/1-https.md",
  types: [CONTROLLER_CONFIG],
  checkStack: (stack, report) => {
    for (const { resource, field, host, headers, headersOfLocations } of edgeServers(stack)) {
      for (const [name, allowed] of Object.entries(VALUES)) {
        const found = headers.find((header) => header.name === name)?.value;
        if (found === undefined || !allowed.includes(found))
          report(resource, { field: `${field} add_header ${name} of ${host}`, found, fix: `Send ${allowed.join(" or ")}.` });
      }
      for (const name of ALWAYS) {
        const sent = headers.filter((header) => header.name === name);
        if (sent.length > 1)
          report(resource, { field: `${field} add_header ${name} of ${host}`, found: `${sent.length} times`, fix: "Send it once." });
        if (sent.some(({ always }) => !always))
          report(resource, {
            field: `${field} add_header ${name} of ${host}`,
            found: "without always",
            fix: "Add always: errors need it too.",
          });
      }
      for (const name of headersOfLocations)
        report(resource, {
          field: `${field} location of ${host}`,
          found: `add_header ${name}`,
          fix: "Move it to the server: it drops all others.",
        });
    }
  },
};
