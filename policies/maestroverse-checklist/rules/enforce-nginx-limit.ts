import { directives, isClientAddress } from "../../lib/nginx";
import type { StackRule } from "../../lib/rule";
import { httpsServers, nginxConfigurations } from "../edge";
import { ingressLimits, rateOf } from "../limits";
import { CONFIG_MAP, HEALTH_PATH, REJECT_STATUS } from "../runbook";

/** Most servers that may share the rate. */
const MOST_SHARES = 20;

/** The external nginx limits as the Ingresses do. */
export const enforceNginxLimit: StackRule = {
  name: "nginx-enforce-limit",
  description: "The external nginx limits each location as the Ingresses do: their rate, or its share, their burst, no delay, 429.",
  severity: "high",
  checklist: ["RB-4.1"],
  remediationSteps: "Leave nginx.conf to components/lib/nginx-config.ts.",
  page: "runbook/4-edge.md",
  types: [CONFIG_MAP],
  checkStack: (stack, report) => {
    const limits = ingressLimits(stack);
    const configurations = nginxConfigurations(stack);
    if (configurations.length === 0) report(undefined, { field: "ConfigMap nginx.conf", found: undefined, fix: "Make it." });
    for (const { resource, field, http } of configurations) {
      const zones = new Map(
        directives(http, "limit_req_zone").map(({ words }) => {
          const value = (key: string) => words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
          return [value("zone")?.replace(/:.*$/, ""), { key: words[0] ?? "", rate: value("rate") }] as const;
        }),
      );
      const maps = directives(http, "map");
      const status = directives(http, "limit_req_status").at(-1)?.words[0];
      if (status !== String(REJECT_STATUS))
        report(resource, { field: `${field} limit_req_status`, found: status, fix: `Set it to ${REJECT_STATUS}.` });
      for (const { host, block } of httpsServers(http))
        for (const { words: path, block: inner = [] } of directives(block, "location")) {
          // A named location is reached from the others; /health is another rule's.
          if (path[0]?.startsWith("@") === true || path.join(" ") === `= ${HEALTH_PATH}`) continue;
          const at = `${field} location ${path.join(" ")} of ${host}`;
          const [limit] = directives(inner, "limit_req");
          const zone = zones.get(limit?.words.find((word) => word.startsWith("zone="))?.slice("zone=".length));
          if (limit === undefined || zone === undefined) {
            report(resource, { field: `${at}: limit_req`, found: limit?.words.join(" "), fix: "Limit it." });
            continue;
          }
          const [rate, burst] = [
            rateOf(zone.rate),
            Number(limit.words.find((word) => word.startsWith("burst="))?.slice("burst=".length) ?? 0),
          ];
          const isShare = (whole: number) =>
            Array.from({ length: MOST_SHARES }, (_, index) => Math.floor(whole / (index + 1))).includes(rate ?? NaN);
          const wanted = limits.map(({ requestsPerMinute }) => `${requestsPerMinute}r/m`).join(" or ");
          if (limits.length === 0 || !limits.every(({ requestsPerMinute }) => isShare(requestsPerMinute)))
            report(resource, { field: `${at}: rate`, found: zone.rate, fix: `Set it to the Ingresses' ${wanted}, or a share of it.` });
          for (const each of limits)
            if (burst !== each.burst)
              report(resource, { field: `${at}: burst`, found: burst, fix: `Set it to the Ingresses' ${each.burst}.` });
          if (!limit.words.includes("nodelay"))
            report(resource, { field: `${at}: limit_req`, found: limit.words.join(" "), fix: "Add nodelay." });
          if (!isClientAddress(zone.key, maps))
            report(resource, { field: `${at}: key`, found: zone.key, fix: "Count by the client's address ($binary_remote_addr)." });
        }
    }
  },
};
