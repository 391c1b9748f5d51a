import { POD_TYPES } from "../../lib/kubernetes";
import { list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { logAnnotation, uncollected } from "../log-collection";
import { servingContainers } from "../server";

/** What Datadog's agent is told, as the runbook has it. */
const LOGS = { type: "file", path: "/var/log/maestroverse/*.log", service: "maestroverse-api", source: "nodejs" } as const;
const DIRECTORY = "/var/log/maestroverse";

/** The server's log files are collected. */
export const enableLogCollection: StackRule = {
  name: "log-enable-collection",
  description: "Datadog's agent is told to read /var/log/maestroverse/*.log of the server: service maestroverse-api, source nodejs.",
  severity: "high",
  checklist: ["RB-6.2"],
  remediationSteps: "Leave the annotation to components/lib/web-pod.ts.",
  page: "runbook/6-observability.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    for (const { workload, template, container } of servingContainers(stack)) {
      const wrong = uncollected(logAnnotation(template, container), LOGS);
      if (wrong !== undefined) report(workload, wrong);
      if (!list(container.container, "volumeMounts").some((mount) => text(mount, "mountPath") === DIRECTORY))
        report(workload, {
          field: `${container.path}.volumeMounts[${DIRECTORY}]`,
          found: undefined,
          fix: "Mount a volume there, which the agent reads.",
        });
    }
  },
};
