/** How a rollout replaces pods (runbook §3, step 3: one at a time), and how many of them exist meanwhile. */

/** Seconds that a new pod must stay ready before the next one is replaced: two readiness probes. */
export const MIN_READY_SECONDS = 10;
/** Pods beyond the wanted number during a rollout: a new one is ready before an old one goes. */
export const MAX_SURGE_PODS = 1;

/**
 * Pods that may be going at once, beside those that serve. A Deployment does not count them, so a rollout takes the next pod away after
 * {@link MIN_READY_SECONDS}, whether or not the last one has ended; each of them has its connections until its grace period is over.
 *
 * @param terminationGraceSeconds from the termination signal to the kill, drain included
 */
export function terminatingPods(maximumPods: number, terminationGraceSeconds: number): number {
  return Math.min(maximumPods, Math.ceil(terminationGraceSeconds / MIN_READY_SECONDS));
}

/** Seconds that a new pod takes to be ready, of an image that the node has. */
const START_SECONDS = 5;
/** Seconds by which the clocks of two machines may differ; with NTP it is less than one. */
export const CLOCK_SKEW_SECONDS = 10;

/** Seconds that a rollout of so many pods takes, until the last old one has ended. */
export function rolloutSeconds(maximumPods: number, terminationGraceSeconds: number): number {
  return maximumPods * (START_SECONDS + MIN_READY_SECONDS) + terminationGraceSeconds;
}

/**
 * Seconds that an old secret must at least be accepted, from the moment at which pods with the new one appear: the last old pod signs with it until
 * the rollout ends, and what it signed lives its whole life.
 */
export function leastOverlapSeconds(longestTokenSeconds: number, maximumPods: number, terminationGraceSeconds: number): number {
  return longestTokenSeconds + rolloutSeconds(maximumPods, terminationGraceSeconds) + CLOCK_SKEW_SECONDS;
}
