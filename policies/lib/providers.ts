/** Provider resources: their inputs are texts, JSON where they are more. */
import { json, text } from "./read";
import type { Resource } from "./rule";

/** Providers that reach a cluster, an account, a server or an organisation. */
export const PROVIDER_TYPES = ["kubernetes", "aws", "postgresql", "datadog"].map((name) => `pulumi:providers:${name}`);

/** Hosts of this machine: what the rehearsal talks to. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost)$/;

/** Whether a host or URL is this machine. */
export const isLoopback = (address: string): boolean =>
  LOOPBACK.test(address) || (/^https?:/.test(address) && URL.canParse(address) && LOOPBACK.test(new URL(address).hostname));

/** Endpoints that an AWS provider asks instead of AWS's own. @throws UnknownValueError */
export function awsEndpoints({ properties }: Resource): readonly string[] {
  const endpoints = json(text(properties, "endpoints"));
  return (Array.isArray(endpoints) ? endpoints : []).flatMap((each) => Object.values(each as Record<string, string>));
}

/** Whether an AWS provider asks this machine only: it cannot reach an account, whatever its credentials. @throws UnknownValueError */
export function isRehearsed(provider: Resource): boolean {
  const endpoints = awsEndpoints(provider);
  return endpoints.length > 0 && endpoints.every(isLoopback);
}
