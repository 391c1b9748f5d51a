/** NetworkPolicy peers that several sections need; every namespace starts from "deny all" (components/namespace.ts). */
import type * as k8s from "@pulumi/kubernetes";

type EgressRule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

/** Name resolution by the cluster's DNS. */
export const TO_DNS: EgressRule = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** Where a database can be reached. */
export interface DatabaseNetwork {
  /** TCP port. */
  readonly port: number;
  /** Address blocks of its servers. */
  readonly cidrs: readonly string[];
}

/** The database's servers and port. */
export function toDatabase(database: DatabaseNetwork): EgressRule {
  return { to: database.cidrs.map((cidr) => ({ ipBlock: { cidr } })), ports: [{ protocol: "TCP", port: database.port }] };
}

/** HTTPS to anywhere but the link-local addresses, where nodes find their credentials: S3 has no fixed addresses. */
export const TO_PUBLIC_HTTPS: EgressRule = {
  to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }],
  ports: [{ protocol: "TCP", port: 443 }],
};
