import { type Directive, directives, mapped, parseNginx } from "../../lib/nginx";
import { text } from "../../lib/read";
import type { Resource, StackRule } from "../../lib/rule";
import { nginxConfigurations } from "../edge";
import { CONTROLLER_CONFIG } from "../runbook";

/** What a text comes to for a refused request: maps are followed, any other variable counts as 1. */
function whenRefused(text: string, maps: readonly Directive[]): string {
  return text.replaceAll(/\$\w+/g, (variable) => {
    if (variable === "$limit_req_status") return "REJECTED";
    const map = maps.find(({ words }) => words[1] === variable);
    return map === undefined ? "1" : whenRefused(mapped(map, whenRefused(map.words[0] ?? "", maps)) ?? "", maps);
  });
}

/** Whoever is refused leaves a trace. */
export const enableLogRefusals: StackRule = {
  name: "log-enable-refusals",
  description: "Both edges write refused requests to a log whose lines name the client, the status and the limit.",
  severity: "high",
  checklist: ["RB-4.1", "RB-4.2"],
  remediationSteps: "Leave log formats and access logs to components/lib/nginx-snippets.ts.",
  page: "runbook/4-edge.md",
  types: [CONTROLLER_CONFIG],
  checkStack: (stack, report) => {
    const check = (resource: Resource, field: string, logs: readonly Directive[], maps: readonly Directive[], format: string) => {
      for (const variable of ["$remote_addr", "$limit_req_status"])
        if (!format.includes(variable)) report(resource, { field: `${field} log format`, found: format, fix: `Add ${variable}.` });
      // A sample of them is enough: a flood must not become one of the disk.
      const condition = ({ words }: Directive) => words.find((word) => word.startsWith("if="))?.slice("if=".length) ?? "1";
      const written = logs.filter((log) => log.words[0] !== "off" && !["", "0"].includes(whenRefused(condition(log), maps)));
      if (written.length === 0)
        report(resource, {
          field: `${field} access_log`,
          found: logs.map(({ words }) => words.join(" ")),
          fix: "Write refused requests to a log.",
        });
    };
    for (const resource of stack.ofType(CONTROLLER_CONFIG)) {
      const data = (key: string) => text(resource.properties, "data", key) ?? "";
      const logs = directives(parseNginx(data("server-snippets")), "access_log");
      check(resource, "data", logs, directives(parseNginx(data("http-snippets")), "map"), data("log-format"));
    }
    for (const { resource, field, http } of nginxConfigurations(stack)) {
      const formats = directives(http, "log_format").map(({ words }) => words.join(" "));
      check(resource, field, directives(http, "access_log"), directives(http, "map"), formats.join(" "));
    }
  },
};
