/** Waiting until an object is ready, or gone. */
import { setTimeout as sleep } from "node:timers/promises";

import type { V1Deployment, V1PersistentVolumeClaim, V1Pod, V1StorageClass } from "@kubernetes/client-node";

import type { HandlerContext, Properties } from "../lib/contract";
import { messageOf } from "../lib/errors";
import type { KubernetesClient, LiveObject, ObjectKey } from "./client";
import { annotation, awaitTimeout, SKIP_AWAIT } from "./metadata";
import { formatSelector, podProblems } from "./pods";
import * as readiness from "./readiness";

/** Time between two looks; short at first, since most objects are ready at once. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** How long an ingress waits for its services: they may be created beside it. The official plugin gives them as long to settle. */
const BACKENDS_GRACE_MS = 10_000;

/** How far an object is and what is in its way. */
export interface Report extends readiness.Progress {
  readonly problems: readonly string[];
}

/** A report with no problems on top. */
function plain(progress: readiness.Progress): Report {
  return { ...progress, problems: [] };
}

/** Looks at what else a kind's readiness needs, and judges it. `sinceMs` is how long the wait has lasted. */
type Look = (client: KubernetesClient, live: LiveObject, sinceMs: number) => Promise<Report>;

const LOOKS: Readonly<Record<string, Look>> = {
  "apps/v1 Deployment": (client, live) => withPods(client, live, readiness.deploymentProgress(live)),
  "apps/v1 DaemonSet": (client, live) => withPods(client, live, readiness.daemonSetProgress(live)),
  "batch/v1 Job": (client, live) => withPods(client, live, readiness.jobProgress(live)),
  "v1 Service": async (client, live) => {
    const endpoints = await client.get({ ...keyOf(live), kind: "Endpoints" });
    return plain(readiness.serviceProgress(live, endpoints));
  },
  "networking.k8s.io/v1 Ingress": async (client, live, sinceMs) => {
    const names = readiness.backendServices(live);
    const keys = names.map((name) => ({ apiVersion: "v1", kind: "Service", name, namespace: live.metadata.namespace }));
    const services = await Promise.all(keys.map((key) => client.get(key)));
    const problems = names.filter((_name, index) => services[index] === undefined).map((name) => `no service ${name} in its namespace`);
    const progress = readiness.ingressProgress(live);
    const settled = problems.length === 0 || sinceMs >= BACKENDS_GRACE_MS;
    return { ...(progress.ready && !settled ? { ready: false, waitingFor: "its services" } : progress), problems };
  },
  "v1 PersistentVolumeClaim": async (client, live) => {
    const claim = live as V1PersistentVolumeClaim;
    const name = claim.spec?.storageClassName;
    const storageClass = name ? await client.get({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", name }) : undefined;
    return plain(readiness.claimProgress(claim, storageClass as V1StorageClass | undefined));
  },
  "v1 PersistentVolume": (_client, live) => Promise.resolve(plain(readiness.volumeProgress(live))),
  "v1 ResourceQuota": (_client, live) => Promise.resolve(plain(readiness.quotaProgress(live))),
  "v1 Secret": (_client, live) => Promise.resolve(plain(readiness.secretProgress(live))),
};

async function withPods(client: KubernetesClient, live: LiveObject, progress: readiness.Progress): Promise<Report> {
  const selector = (live as V1Deployment).spec?.selector;
  if (progress.ready || selector === undefined) return plain(progress);
  const pods = await client.list({ apiVersion: "v1", kind: "Pod", namespace: live.metadata.namespace }, formatSelector(selector));
  return { ...progress, problems: pods.flatMap((pod) => podProblems(pod as V1Pod)) };
}

/** Looks once. Objects of kinds that nothing works on are ready at once. */
export async function look(client: KubernetesClient, live: LiveObject, inputs: Properties, sinceMs = Infinity): Promise<Report> {
  const kindLook = LOOKS[`${live.apiVersion} ${live.kind}`];
  if (kindLook === undefined || annotation(inputs, SKIP_AWAIT) === "true") return { ready: true, waitingFor: "", problems: [] };
  return kindLook(client, live, sinceMs);
}

/** The reasons in a report, one line each. */
export function reasonsOf(live: LiveObject, report: Report, after?: string): string[] {
  const name = `${live.kind} ${[live.metadata.namespace, live.metadata.name].filter((part) => part !== undefined).join("/")}`;
  const first = report.failed ?? `not ready${after === undefined ? "" : ` after ${after}`}, waits for ${report.waitingFor}`;
  return [`${name}: ${first}`, ...report.problems];
}

/** How a wait ended. */
export interface Outcome {
  readonly live: LiveObject;
  /** Why the object is not ready; empty when it is. */
  readonly reasons: readonly string[];
}

/** Waits until the object is ready, has failed, its time is up or the engine cancels. Never throws: the object exists and must be recorded. */
export async function awaitReady(context: HandlerContext<KubernetesClient>, applied: LiveObject, inputs: Properties): Promise<Outcome> {
  const { client, log, signal } = context;
  const started = Date.now();
  const seconds = awaitTimeout(inputs, context.timeoutSeconds);
  const progress = onChange(log);
  let live = applied;
  try {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const report = await look(client, live, inputs, Date.now() - started);
      if (report.ready) {
        report.problems.forEach((problem) => log(problem, "warning"));
        return { live, reasons: [] };
      }
      if (report.failed !== undefined) return { live, reasons: reasonsOf(live, report) };
      if (Date.now() - started >= seconds * 1000) return { live, reasons: reasonsOf(live, report, `${seconds} s`) };
      progress([`waits for ${report.waitingFor}`, ...report.problems].join("; "));
      await sleep(pause, undefined, { signal });
      const now = await client.get(keyOf(live));
      if (now === undefined) return { live, reasons: [`${live.kind} ${live.metadata.name} was deleted while it started`] };
      live = now;
    }
  } catch (error) {
    const reason = signal.aborted ? "the engine cancelled the wait" : messageOf(error);
    return { live, reasons: [`${live.kind} ${live.metadata.name}: ${reason}`] };
  }
}

/**
 * Waits until the object is gone, or another one has taken its name.
 *
 * @throws Error when it still exists after its time.
 */
export async function awaitGone(context: HandlerContext<KubernetesClient>, key: ObjectKey, uid: unknown, state: Properties): Promise<void> {
  const started = Date.now();
  const seconds = awaitTimeout(state, context.timeoutSeconds);
  const progress = onChange(context.log);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const live = await context.client.get(key);
    if (live === undefined || (uid !== undefined && live.metadata.uid !== uid)) return;
    const finalizers = [live.metadata["finalizers"], (live["spec"] as Properties | undefined)?.["finalizers"]].flat().filter(Boolean);
    const why = finalizers.length > 0 ? ` (finalizers: ${finalizers.join(", ")})` : "";
    if (Date.now() - started >= seconds * 1000) {
      throw new Error(`${key.kind} ${key.name} still exists after ${seconds} s${why}. Is the controller manager running?`);
    }
    progress(`waits until it is gone${why}`);
    await sleep(pause, undefined, { signal: context.signal });
  }
}

/** Passes a line on unless it says the same as the one before. */
function onChange(log: (line: string) => void): (line: string) => void {
  let last: string | undefined;
  return (line) => {
    if (line !== last) log(line);
    last = line;
  };
}

/** Where a live object is. */
function keyOf({ apiVersion, kind, metadata }: LiveObject): ObjectKey {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}
