/** How a component hands a credential to a pod without anybody else seeing it. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** An immutable Kubernetes Secret, named by generation and content: a change is a new Secret, so running pods keep theirs. */
export interface PodSecret {
  /** Name of the Secret; holds the generation, known at preview. */
  readonly secretName: string;
  /** The Secret, to depend on. */
  readonly secret: k8s.core.v1.Secret;
}

/** A database role's credential. */
export interface DatabaseCredential extends PodSecret {
  /** ConfigMap with the certificates that the pod checks the server's against; absent where it needs none, or its image has them. */
  readonly authority?: { readonly configMapName: string; readonly configMap: k8s.core.v1.ConfigMap } | undefined;
}

/** What a pod with the credential depends on. */
export function partsOf({ secret, authority }: DatabaseCredential): pulumi.Resource[] {
  return authority === undefined ? [secret] : [secret, authority.configMap];
}

/** A rotated credential's generation, as the stack's settings give it. */
export interface Generation {
  /** Counts up by one at each rotation, from 1. */
  readonly generation: number;
  /** Day on which it became current, `YYYY-MM-DD` (UTC). */
  readonly rotatedOn: string;
}

/**
 * Which other generation the application accepts too: none (`false`), n+1 before it signs anything (`"next"`), or n−1 after it signed (`true`).
 * Of a database role's password: what pods log in with. @see components/lib/database-handover.ts
 *
 * @see docs/adr/0013-a-new-value-is-accepted-before-it-signs.md
 */
export type Overlap = boolean | "next";

/** Generation of a secret of the application, or of a database role's password, and where it is in its rotation. */
export interface SecretGeneration extends Generation {
  readonly overlap: Overlap;
}
