/** A namespace that starts from "nothing is allowed" (runbook §1, hardening): the room in which a section's objects live. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "./lib/component-error";

/** Arguments of {@link HardenedNamespace}. */
export interface HardenedNamespaceArgs {
  /** The namespace's name; fixed, so that policies and operators know it at preview. None that the cluster came with. */
  readonly namespaceName: string;
  /** Labels of every object. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Namespace with Pod Security `restricted` enforced, and a NetworkPolicy that denies all traffic by default. Components add what they need.
 */
export class HardenedNamespace extends pulumi.ComponentResource {
  /** The namespace's name, known at preview. */
  readonly namespaceName: string;
  /** What objects inside depend on. */
  readonly namespace: k8s.core.v1.Namespace;

  /** @throws ComponentArgumentsError with every problem of the arguments, before any resource exists */
  constructor(name: string, args: HardenedNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("maestroverse:ops:HardenedNamespace", name, {}, opts);
    refuse("HardenedNamespace", validateHardenedNamespace(args));
    this.namespaceName = args.namespaceName;
    this.namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: args.namespaceName,
          labels: {
            ...args.labels,
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/enforce-version": "latest",
            "pod-security.kubernetes.io/audit": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
          },
        },
      },
      { parent: this },
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-default-deny`,
      {
        metadata: { name: "default-deny", namespace: args.namespaceName, labels: args.labels },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
      { parent: this, dependsOn: this.namespace },
    );
    this.registerOutputs({ namespaceName: this.namespaceName });
  }
}

/** Problems of the arguments, one line each; empty when there is none. */
export function validateHardenedNamespace({ namespaceName }: Pick<HardenedNamespaceArgs, "namespaceName">): string[] {
  const got = JSON.stringify(namespaceName);
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespaceName))
    return [`namespaceName must be a DNS label: lower-case letters, digits and '-', 63 at most, got ${got}. For example maestroverse.`];
  if (namespaceName === "default" || namespaceName.startsWith("kube-"))
    return [`namespaceName must be none that the cluster came with, got ${got}: what runs there would be cut off. Choose another.`];
  return [];
}
