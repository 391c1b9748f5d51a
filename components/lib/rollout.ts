/** How a rollout replaces pods (runbook §3, step 3: one at a time), and how many of them exist meanwhile. */

/** Pods beyond the wanted number during a rollout: a new one is ready before an old one goes. */
export const MAX_SURGE_PODS = 1;

/** What decides how fast a rollout goes. */
export interface RolloutPace {
  /** Upper bound of the pods: the autoscaler's. */
  readonly maximumPods: number;
  /** Seconds that a new pod must stay ready before the next one is replaced. */
  readonly minReadySeconds: number;
  /** Seconds from the termination signal to the kill, drain included. */
  readonly terminationGraceSeconds: number;
}

/**
 * Pods that may be going at once, beside those that serve. A Deployment does not count them, so a rollout takes the next pod away after
 * `minReadySeconds`, whether or not the last one has ended; each of them has its connections until its grace period is over.
 */
export function terminatingPods({ maximumPods, minReadySeconds, terminationGraceSeconds }: RolloutPace): number {
  return Math.min(maximumPods, Math.ceil(terminationGraceSeconds / minReadySeconds));
}

/** Seconds that a new pod takes to be ready, of an image that the node has. */
const START_SECONDS = 5;
/** Seconds by which the clocks of two machines may differ; with NTP it is less than one. */
export const CLOCK_SKEW_SECONDS = 10;

/** Seconds that a rollout takes, until the last old pod has ended. */
export function rolloutSeconds({ maximumPods, minReadySeconds, terminationGraceSeconds }: RolloutPace): number {
  return maximumPods * (START_SECONDS + minReadySeconds) + terminationGraceSeconds;
}

/**
 * Seconds that an old secret must at least be accepted, from the moment at which pods with the new one appear: the last old pod signs with it until
 * the rollout ends, and what it signed lives its whole life.
 */
export function leastOverlapSeconds(longestTokenSeconds: number, pace: RolloutPace): number {
  return longestTokenSeconds + rolloutSeconds(pace) + CLOCK_SKEW_SECONDS;
}
