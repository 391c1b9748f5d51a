import { directives } from "../../lib/nginx";
import { at, text } from "../../lib/read";
import type { Resource, StackRule } from "../../lib/rule";
import { httpsServers, nginxConfigurations } from "../edge";
import { CONTROLLER_CONFIG } from "../runbook";

/** Shortest prefixes of a block of one's own: 10.0.0.0/8, and what an IPv6 registry gives a large network. */
const SHORTEST = { v4: 8, v6: 19 } as const;
/** How the application is told who the client is. */
const TELLING = { "x-real-ip": ["$remote_addr"], "x-forwarded-for": ["$remote_addr", "$proxy_add_x_forwarded_for"] } as const;

/** A block so large that strangers are in it could claim any address. */
const isOwn = (block: string) => {
  const [address = "", bits] = block.split("/");
  return bits === undefined ? address !== "" : Number(bits) >= (address.includes(":") ? SHORTEST.v6 : SHORTEST.v4);
};

/** Who the client is says the load balancer, whose addresses are known, and nobody else. */
export const enforceAddressClient: StackRule = {
  name: "address-enforce-client",
  description: "Both edges take the client's address from X-Forwarded-For of named proxies only, from the right, and tell the application.",
  severity: "high",
  checklist: ["RB-4.2"],
  remediationSteps: "Name the load balancer's subnets in `edge.rateLimit.trustedProxies`.",
  page: "runbook/4-edge.md",
  types: [CONTROLLER_CONFIG],
  checkStack: (stack, report) => {
    const check = (
      resource: Resource,
      names: readonly [string, string, string],
      header: unknown,
      recursive: unknown,
      blocks: readonly string[],
    ) => {
      if (header !== "X-Forwarded-For") report(resource, { field: names[0], found: header, fix: "Set it to X-Forwarded-For." });
      if (!/^(true|on)$/i.test(String(recursive)))
        report(resource, { field: names[1], found: recursive, fix: "Turn it on: what a client wrote itself would count." });
      if (blocks.length === 0) report(resource, { field: names[2], found: undefined, fix: "Name the proxies before it." });
      for (const block of blocks.filter((each) => !isOwn(each)))
        report(resource, { field: names[2], found: block, fix: "Name the proxies' own block: strangers are in this one." });
    };
    for (const resource of stack.ofType(CONTROLLER_CONFIG)) {
      const data = (key: string) => at(resource.properties, "data", key);
      const blocks = (text(resource.properties, "data", "set-real-ip-from") ?? "").split(",").filter((each) => each !== "");
      const names = ["real-ip-header", "real-ip-recursive", "set-real-ip-from"].map((key) => `data["${key}"]`) as [string, string, string];
      check(resource, names, data("real-ip-header"), data("real-ip-recursive"), blocks);
    }
    for (const { resource, field, http } of nginxConfigurations(stack)) {
      const word = (name: string) => directives(http, name).at(-1)?.words[0];
      const blocks = directives(http, "set_real_ip_from").flatMap(({ words }) => words);
      const names = ["real_ip_header", "real_ip_recursive", "set_real_ip_from"].map((key) => `${field} ${key}`) as [string, string, string];
      check(resource, names, word("real_ip_header"), word("real_ip_recursive"), blocks);
      for (const { host, block } of httpsServers(http)) {
        const told = new Map(directives(block, "proxy_set_header").map(({ words: [name = "", value] }) => [name.toLowerCase(), value]));
        for (const [name, allowed] of Object.entries(TELLING)) {
          const found = told.get(name);
          if (!(allowed as readonly unknown[]).includes(found))
            report(resource, { field: `${field} proxy_set_header ${name} of ${host}`, found, fix: `Set it to ${allowed.join(" or ")}.` });
        }
      }
    }
  },
};
