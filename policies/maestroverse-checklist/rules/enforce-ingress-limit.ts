import { directives, isClientAddress, parseNginx } from "../../lib/nginx";
import { list, mapping, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { limitOf } from "../limits";
import { CONTROLLER_CONFIG, HEALTH_PATH, INGRESS, REJECT_STATUS } from "../runbook";

const ANNOTATION = "nginx.org/limit-req-";

/** Whoever asks too often is refused at once, and told so; nobody waits in a queue. */
export const enforceIngressLimit: StackRule = {
  name: "ingress-enforce-limit",
  description: "Every path but /health is limited to 100 requests a minute and client, 20 more at once without delay, and 429 beyond.",
  severity: "high",
  checklist: ["RB-4.1"],
  remediationSteps: "Set `edge.rateLimit` in the stack's settings; the annotations are made from it.",
  page: "runbook/4-edge.md",
  types: [INGRESS],
  limits: {
    requestsPerMinute: { description: "Highest rate of a client", unit: "requests per minute", default: 100, minimum: 1, maximum: 100 },
    burst: { description: "Largest burst of a client", unit: "requests", default: 20, minimum: 0, maximum: 20 },
  },
  checkStack: (stack, report, { limits: { requestsPerMinute = 100, burst = 20 } }) => {
    const maps = stack
      .ofType(CONTROLLER_CONFIG)
      .flatMap(({ properties }) => directives(parseNginx(text(properties, "data", "http-snippets") ?? ""), "map"));
    for (const ingress of stack.ofType(INGRESS)) {
      const paths = list(ingress.properties, "spec", "rules").flatMap((rule) =>
        list(rule, "http", "paths").map((each) => text(each, "path")),
      );
      if (paths.every((path) => path === HEALTH_PATH)) continue;
      const annotations = mapping(ingress.properties, "metadata", "annotations");
      const expect = (key: string, holds: (value: string) => boolean, fix: string) => {
        const found = annotations[`${ANNOTATION}${key}`];
        if (typeof found !== "string" || !holds(found))
          report(ingress, { field: `metadata.annotations["${ANNOTATION}${key}"]`, found, fix });
      };
      const limit = limitOf(ingress);
      expect(
        "rate",
        () => limit !== undefined && limit.requestsPerMinute <= requestsPerMinute,
        `Set it to ${requestsPerMinute}r/m or less.`,
      );
      // Its absence is a burst of 0.
      if (annotations[`${ANNOTATION}burst`] !== undefined)
        expect("burst", (value) => /^\d+$/.test(value) && Number(value) <= burst, `Set it to ${burst} or less.`);
      expect("no-delay", (value) => value === "true", 'Set it to "true": a burst would queue for seconds.');
      expect("reject-code", (value) => value === String(REJECT_STATUS), `Set it to ${REJECT_STATUS}.`);
      expect("key", (value) => isClientAddress(value.replaceAll(/[{}]/g, ""), maps), "Set it to the client's address.");
    }
  },
};
