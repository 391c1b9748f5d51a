/** What answers for a host over HTTPS, as nginx's configurations in the stack say: the external nginx's, and the Ingress controller's. */
import { list, text } from "../lib/read";
import { type Directive, directives, mapped, parseNginx } from "../lib/nginx";
import type { Resource, StackView } from "../lib/rule";
import { CONFIG_MAP, CONTROLLER_CONFIG, INGRESS } from "./runbook";

/** Key of the external nginx's configuration in its ConfigMap. */
const NGINX_CONF = "nginx.conf";

/** A host at one of the edges. */
export interface EdgeServer {
  readonly resource: Resource;
  /** Where its configuration stands, for messages. */
  readonly field: string;
  readonly host: string;
  /** Its `add_header`s. */
  readonly headers: readonly { readonly name: string; readonly value: string; readonly always: boolean }[];
  /** Those inside of its locations: one of them drops all of the server's there. */
  readonly headersOfLocations: readonly string[];
}

/** Configurations of external nginx in the stack: the `http` block. */
export function nginxConfigurations(
  stack: StackView,
): { readonly resource: Resource; readonly field: string; readonly http: readonly Directive[] }[] {
  return stack.ofType(CONFIG_MAP).flatMap((resource) => {
    const configuration = text(resource.properties, "data", NGINX_CONF);
    if (configuration === undefined) return [];
    const http = directives(parseNginx(configuration), "http").flatMap(({ block = [] }) => block);
    return [{ resource, field: `data["${NGINX_CONF}"]`, http }];
  });
}

/** Servers of an `http` block that answer for a host over HTTPS. */
export const httpsServers = (http: readonly Directive[]) =>
  directives(http, "server").flatMap(({ block = [] }) => {
    const overTls = directives(block, "listen").some(({ words }) => words.includes("ssl"));
    const [host] = directives(block, "server_name").flatMap(({ words }) => words);
    return overTls && host !== undefined && host !== "_" ? [{ host, block }] : [];
  });

/** Hosts of the stack's Ingresses, each once. */
export const ingressHosts = (stack: StackView) => [
  ...new Set(
    stack.ofType(INGRESS).flatMap(({ properties }) => list(properties, "spec", "rules").flatMap((rule) => text(rule, "host") ?? [])),
  ),
];

/** Every host at every edge. The controller's ConfigMap counts for each host, also where it says nothing. */
export function edgeServers(stack: StackView): EdgeServer[] {
  const outside = nginxConfigurations(stack).flatMap(({ resource, field, http }) =>
    httpsServers(http).map(({ host, block }) => ({ resource, field, host, ...headersIn(block, (value) => value) })),
  );
  const inside = stack.ofType(CONTROLLER_CONFIG).flatMap((resource) => {
    const server = parseNginx(text(resource.properties, "data", "server-snippets") ?? "");
    const maps = directives(parseNginx(text(resource.properties, "data", "http-snippets") ?? ""), "map");
    return ingressHosts(stack).map((host) => ({
      resource,
      field: 'data["server-snippets"]',
      host,
      ...headersIn(server, (value) => resolve(value, maps, host)),
    }));
  });
  return [...outside, ...inside];
}

function headersIn(block: readonly Directive[], valueOf: (value: string) => string) {
  const headers = directives(block, "add_header").map(({ words: [name = "", value = "", flag] }) => ({
    name: name.toLowerCase(),
    value: valueOf(value),
    always: flag === "always",
  }));
  const inLocations = directives(block, "location").flatMap(({ block: inner = [] }) => directives(inner, "add_header", true));
  return { headers, headersOfLocations: inLocations.map(({ words: [name = ""] }) => name) };
}

/** A value that is a variable of a `map`, for a host. */
function resolve(value: string, maps: readonly Directive[], host: string): string {
  const map = maps.find(({ words }) => words[1] === value);
  if (map === undefined) return value;
  const source = (map.words[0] ?? "").replaceAll("$scheme", "https").replaceAll("$host", host);
  return mapped(map, source) ?? "";
}
