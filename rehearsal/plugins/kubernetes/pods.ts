/** What keeps pods from running, in one line each. */
import type { V1ContainerStatus, V1LabelSelector, V1Pod } from "@kubernetes/client-node";

/** Reasons of a waiting container that are part of a normal start. */
const NORMAL_REASONS = ["ContainerCreating", "PodInitializing"];

/** What is wrong with a pod; empty for one that runs, ended well or is on its way. */
export function podProblems(pod: V1Pod): string[] {
  const name = pod.metadata?.name ?? "";
  const status = pod.status;
  const problems: string[] = [];
  for (const condition of status?.conditions ?? []) {
    if (condition.type === "PodScheduled" && condition.status === "False") {
      problems.push(`pod ${name} is not scheduled: ${said(condition.reason, condition.message)}`);
    }
  }
  if (status?.phase === "Failed" && status.reason !== undefined)
    problems.push(`pod ${name} failed: ${said(status.reason, status.message)}`);
  for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const problem = containerProblem(container);
    if (problem !== undefined) problems.push(`pod ${name}, container ${container.name}: ${problem}`);
  }
  return problems;
}

function containerProblem({ state, lastState }: V1ContainerStatus): string | undefined {
  const ended = state?.terminated ?? lastState?.terminated;
  const exit =
    ended !== undefined && ended.exitCode !== 0 ? `exit code ${ended.exitCode} (${said(ended.reason, ended.message)})` : undefined;
  if (state?.waiting?.reason !== undefined && !NORMAL_REASONS.includes(state.waiting.reason)) {
    return [said(state.waiting.reason, state.waiting.message), exit].filter((part) => part !== undefined).join("; last ");
  }
  return state?.terminated === undefined ? undefined : exit;
}

function said(reason: string | undefined, message: string | undefined): string {
  return [reason, message?.trim()].filter((part) => part !== undefined && part !== "").join(": ");
}

/** A label selector in the notation of a list request. */
export function formatSelector(selector: V1LabelSelector): string {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    switch (operator) {
      case "In":
        return `${key} in (${values.join(",")})`;
      case "NotIn":
        return `${key} notin (${values.join(",")})`;
      case "Exists":
        return key;
      default:
        return `!${key}`;
    }
  });
  return [...labels, ...expressions].join(",");
}
