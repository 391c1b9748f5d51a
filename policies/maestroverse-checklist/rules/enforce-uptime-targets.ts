import { text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { ingressHosts } from "../edge";
import { SYNTHETICS } from "../runbook";

/** What the runbook watches from outside, of each host. */
const TARGETS = [
  { subtype: "http", url: (host: string) => `https://${host}/health` },
  { subtype: "websocket", url: (host: string) => `wss://${host}/socket.io/` },
] as const;

/** The service is asked from outside, as its users do. */
export const enforceUptimeTargets: StackRule = {
  name: "uptime-enforce-targets",
  description: "Uptime tests ask https://<host>/health and wss://<host>/socket.io/ of each host of the Ingresses.",
  severity: "critical",
  checklist: ["RB-6.1"],
  remediationSteps: "Leave the tests to components/lib/synthetics.ts.",
  page: "runbook/6-observability.md",
  types: [SYNTHETICS],
  checkStack: (stack, report) => {
    const tests = stack.ofType(SYNTHETICS).map(({ properties }) => ({
      subtype: text(properties, "subtype"),
      url: text(properties, "requestDefinition", "url")?.replace(/:\d+(?=\/)|\?.*$/g, ""),
    }));
    for (const host of ingressHosts(stack))
      for (const { subtype, url } of TARGETS)
        if (!tests.some((test) => test.subtype === subtype && test.url === url(host)))
          report(undefined, { field: `uptime test (${subtype}) of ${url(host)}`, found: undefined, fix: "Add it." });
  },
};
