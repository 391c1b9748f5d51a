/** The rate limit as the Ingresses have it: what the other edges are compared with. */
import { mapping } from "../lib/read";
import type { Resource, StackView } from "../lib/rule";
import { INGRESS } from "./runbook";

/** A limit of one client. */
export interface Limit {
  readonly requestsPerMinute: number;
  readonly burst: number;
}

const PER_UNIT: Readonly<Record<string, number>> = { s: 60, m: 1 };

/** A rate in nginx's words (`100r/m`), in requests per minute; undefined when it is none. */
export function rateOf(words: string | undefined): number | undefined {
  const [, number, unit = ""] = /^(\d+)r\/([sm])$/.exec(words ?? "") ?? [];
  return number === undefined ? undefined : Number(number) * (PER_UNIT[unit] ?? NaN);
}

/** The limit of an Ingress; undefined: it has none. */
export function limitOf({ properties }: Resource): Limit | undefined {
  const annotations = mapping(properties, "metadata", "annotations");
  const requestsPerMinute = rateOf(annotations["nginx.org/limit-req-rate"] as string | undefined);
  const burst = Number(annotations["nginx.org/limit-req-burst"] ?? 0);
  return requestsPerMinute === undefined ? undefined : { requestsPerMinute, burst };
}

/** The limits of all Ingresses, each once. */
export function ingressLimits(stack: StackView): Limit[] {
  const limits = stack.ofType(INGRESS).flatMap((ingress) => limitOf(ingress) ?? []);
  return [...new Map(limits.map((limit) => [JSON.stringify(limit), limit])).values()];
}
