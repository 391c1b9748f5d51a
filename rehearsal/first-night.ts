/** What time does by itself in a cluster that lives: the autoscaler's first pods, and the first night's backup. Then there is something to verify. */
import { setTimeout as sleep } from "node:timers/promises";
import type { StackOutputs } from "../ops/stack-outputs";
import type { Rehearsal } from "./lib/substrate";
import { connectToCluster } from "./substrates/control-plane";

/** Seconds that pods, and a backup of the rehearsal, may take. */
const PODS_SECONDS = 60;
const BACKUP_SECONDS = 90;

/** Waits until the autoscaler has brought the Deployment to its minimum. @returns what there is @throws Error with what there is instead */
export async function waitForPods(rehearsal: Rehearsal, { names }: StackOutputs): Promise<string> {
  const client = await connectToCluster(rehearsal);
  const key = { apiVersion: "apps/v1", kind: "Deployment", name: names.deployment, namespace: names.namespace };
  const wanted = rehearsal.settings.web.replicas.minimum;
  for (let waited = 0; ; waited++) {
    const { availableReplicas = 0, replicas = 0 } = ((await client.get(key))?.["status"] ?? {}) as Record<string, number>;
    if (availableReplicas >= wanted && availableReplicas === replicas) return `${availableReplicas} of ${replicas} available`;
    if (waited === PODS_SECONDS) throw new Error(`${availableReplicas} of ${replicas} pods are available, ${wanted} are wanted`);
    await sleep(1000, undefined, { signal: rehearsal.signal });
  }
}

/** Does now what the CronJob does at night, by a Job of its template. @returns its name @throws Error that names the log */
export async function makeBackup(rehearsal: Rehearsal, { names }: StackOutputs): Promise<string> {
  const { backupCronJob: cronJobName, namespace } = names;
  if (cronJobName === undefined) return "none: backups.method has no dump";
  const client = await connectToCluster(rehearsal);
  const cronJob = await client.get({ apiVersion: "batch/v1", kind: "CronJob", name: cronJobName, namespace });
  const { jobTemplate } = cronJob?.["spec"] as { jobTemplate: { readonly metadata: object; readonly spec: object } };
  const name = `${cronJobName}-rehearsal-${Date.now().toString(36)}`;
  const job = { apiVersion: "batch/v1", kind: "Job" };
  const key = { ...job, name, namespace };
  await client.apply({ ...job, ...jobTemplate, metadata: { ...jobTemplate.metadata, name, namespace } }, key, "rehearsal", false);
  try {
    for (let waited = 0; ; waited++) {
      const { succeeded, failed } = ((await client.get(key))?.["status"] ?? {}) as Record<string, number>;
      if (succeeded === 1) return name;
      if (failed !== undefined) throw new Error(`the backup's pod failed; its log is in ${rehearsal.directory}/pods`);
      if (waited === BACKUP_SECONDS) throw new Error(`the backup did not end within ${BACKUP_SECONDS} s`);
      await sleep(1000, undefined, { signal: rehearsal.signal });
    }
  } finally {
    await client.delete(key, "Background");
  }
}
