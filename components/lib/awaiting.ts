/** How long `up` waits for Kubernetes: the provider gives up after 10 minutes otherwise, in the middle of a good rollout or migration. */
import type * as pulumi from "@pulumi/pulumi";

/** Seconds beyond what the thing itself may take: scheduling, and the pull of an image. */
const MARGIN_SECONDS = 120;
/** Seconds until a new pod is ready and stays so. */
const POD_START_SECONDS = 60;

/** Timeouts of something that may take so many seconds. */
export function awaiting(seconds: number): pulumi.CustomResourceOptions {
  const timeout = `${seconds + MARGIN_SECONDS}s`;
  return { customTimeouts: { create: timeout, update: timeout } };
}

/** Seconds of one pod's turn in a rollout: its start, and the end of the one before. */
export function podTurnSeconds(terminationGraceSeconds: number): number {
  return POD_START_SECONDS + terminationGraceSeconds;
}
