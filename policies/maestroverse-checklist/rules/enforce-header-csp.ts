import type { StackRule } from "../../lib/rule";
import { edgeServers } from "../edge";
import { CONTROLLER_CONFIG } from "../runbook";

/** What makes a policy worthless. `https:` and `*` stand for every host. */
const UNSAFE = ["'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:", "data:"];

/** Content-Security-Policy denies by default, forbids frames and lets the API's own websocket through. */
export const enforceHeaderCsp: StackRule = {
  name: "header-enforce-csp",
  description: "Content-Security-Policy of each host: nothing or its own by default, no frames, its websocket (wss:), and nothing unsafe.",
  severity: "high",
  checklist: ["RB-1.3"],
  remediationSteps: "Leave the policy as components/lib/security-headers.ts makes it.",
  page: "runbook/1-https.md",
  types: [CONTROLLER_CONFIG],
  checkStack: (stack, report) => {
    for (const { resource, field, host, headers } of edgeServers(stack)) {
      const found = headers.find(({ name }) => name === "content-security-policy")?.value;
      const policy = new Map(
        (found ?? "").split(";").map((directive) => {
          const [name = "", ...sources] = directive.trim().split(/\s+/);
          return [name, sources] as const;
        }),
      );
      const expect = (holds: boolean, what: string, fix: string) => {
        if (!holds) report(resource, { field: `${field} add_header Content-Security-Policy of ${host} (${what})`, found, fix });
      };
      const restricted = (name: string) => ["'none'", "'self'"].includes((policy.get(name) ?? []).join(" "));
      expect(restricted("default-src"), "default-src", "Set default-src to 'none' or 'self'.");
      expect(restricted("frame-ancestors"), "frame-ancestors", "Set frame-ancestors to 'none' or 'self'.");
      const websocket = (policy.get("connect-src") ?? []).some(
        (source) => source === `wss://${host}` || source.startsWith(`wss://${host}:`),
      );
      expect(websocket, "connect-src", `Add wss://${host} to connect-src.`);
      const unsafe = [...policy.values()].flat().filter((source) => UNSAFE.includes(source));
      expect(unsafe.length === 0, "sources", `Remove ${unsafe.join(", ")}.`);
    }
  },
};
