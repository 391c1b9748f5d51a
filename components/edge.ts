/** Runbook §4: the edge: one rate-limit specification for the Ingress controller, an external nginx and AWS WAF. */
import * as pulumi from "@pulumi/pulumi";
import type { HardenedNamespace } from "./namespace";

export interface RateLimit {
  readonly requestsPerMinute: number;
  readonly burst: number;
  readonly ipv6PrefixLength: 48 | 56 | 64 | 128;
}

export interface EdgeArgs {
  readonly apiHost: string;
  readonly rateLimit: RateLimit;
  readonly trustedProxies: readonly string[];
  readonly hsts: { readonly maxAgeSeconds: number; readonly includeSubDomains: boolean };
  readonly tls: { readonly secretName: string; readonly clusterIssuer?: string | undefined };
  readonly ingressController: { readonly namespace: string; readonly configMap: string; readonly replicas: number };
  readonly nginx: {
    readonly listenAddress: string;
    readonly httpPort: number;
    readonly httpsPort: number;
    readonly upstream: string;
    readonly certificateDirectory: string;
  };
  readonly waf: {
    readonly enabled: boolean;
    readonly evaluationWindowSeconds: 60 | 120 | 300 | 600;
    readonly resourceArn?: string | undefined;
  };
  readonly namespace: HardenedNamespace;
  readonly labels: Readonly<Record<string, string>>;
}

/** Annotations that the two Ingresses carry. */
export interface IngressAnnotations {
  /** Of the Ingress for everything but `/health`: redirect, headers, websocket, rate limit. */
  readonly api: Readonly<Record<string, string>>;
  /** Of the Ingress for `/health`: the same without a rate limit. */
  readonly health: Readonly<Record<string, string>>;
}

export class Edge extends pulumi.ComponentResource {
  readonly ingressAnnotations: IngressAnnotations;
  /** Name of the ConfigMap with the external nginx's configuration (key `nginx.conf`), in the application's namespace. */
  readonly nginxConfigMapName: string;
  /** ARN of the WebACL; undefined when WAF is disabled. */
  readonly webAclArn: pulumi.Output<string> | undefined;

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("maestroverse:ops:Edge", name, {}, opts);
    throw new Error(`not written yet: ${args.apiHost}`);
  }
}
