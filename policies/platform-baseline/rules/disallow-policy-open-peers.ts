import { at, list, mapping, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Address of the node's own credentials. */
const LINK_LOCAL = "169.254.0.0/16";
/** Shortest prefix of an address block, in bits: that of the private 10.0.0.0/8. Two halves of everything are everything. */
const LEAST_PREFIX = 8;

const isEmpty = (selector: unknown) =>
  selector !== undefined && list(selector, "matchExpressions").length === 0 && Object.keys(mapping(selector, "matchLabels")).length === 0;

/** What is too wide about a peer. S3 has no fixed addresses: a pod may go out to any but the link-local ones. */
function openness(peer: unknown, outward: boolean): string | undefined {
  if (Object.keys(mapping(peer)).length === 0) return "Say who it is.";
  if (isEmpty(at(peer, "namespaceSelector"))) return "Name the namespace: {} is every namespace.";
  const cidr = text(peer, "ipBlock", "cidr");
  if (cidr === undefined || Number(cidr.split("/")[1]) >= LEAST_PREFIX) return undefined;
  if (outward && list(peer, "ipBlock", "except").includes(LINK_LOCAL)) return undefined;
  return outward ? `Name the addresses, or except ${LINK_LOCAL}.` : "Name the addresses.";
}

/** No NetworkPolicy opens a pod to everybody, or lets it reach everything. */
export const disallowPolicyOpenPeers: ResourceRule = {
  name: "policy-disallow-open-peers",
  description: "No NetworkPolicy opens a pod to everybody, or lets it reach everything.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Name the peers: a namespace by its label, pods by theirs, an address block.",
  page: "policies.md",
  types: ["kubernetes:networking.k8s.io/v1:NetworkPolicy"],
  check: ({ properties }, report) => {
    for (const [direction, peersKey] of [
      ["ingress", "from"],
      ["egress", "to"],
    ] as const)
      for (const [index, rule] of list(properties, "spec", direction).entries()) {
        const field = `spec.${direction}[${index}].${peersKey}`;
        const peers = list(rule, peersKey);
        if (peers.length === 0) report({ field, found: at(rule, peersKey), fix: "Name the peers: an empty list is everybody." });
        for (const [number, peer] of peers.entries()) {
          const problem = openness(peer, direction === "egress");
          if (problem !== undefined) report({ field: `${field}[${number}]`, found: peer, fix: problem });
        }
      }
  },
};
