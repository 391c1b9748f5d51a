/** How a component hands a credential to a pod without anybody else seeing it. */
import type * as k8s from "@pulumi/kubernetes";

/** An immutable Kubernetes Secret, named by generation: a new generation is a new Secret, so running pods keep theirs. */
export interface PodSecret {
  /** Name of the Secret; holds the generation, known at preview. */
  readonly secretName: string;
  /** The Secret, to depend on. */
  readonly secret: k8s.core.v1.Secret;
}

/** A rotated credential's generation, as the stack's settings give it. */
export interface Generation {
  /** Counts up by one at each rotation, from 1. */
  readonly generation: number;
  /** Day on which it became current, `YYYY-MM-DD` (UTC). */
  readonly rotatedOn: string;
  /** Whether generation n−1 exists too and is still accepted. */
  readonly overlap: boolean;
}
