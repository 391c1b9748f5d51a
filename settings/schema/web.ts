/** Runbook §1: pods of the web service, their resources and autoscaling. */
import { z } from "zod";
import { integer, percent } from "./values";

export const web = z.strictObject({
  containerPort: integer(1024, 65535, "port"),
  replicas: z.strictObject({ minimum: integer(1, 50, "pods"), maximum: integer(1, 100, "pods") }),
  /** Whether a single pod is accepted, which means downtime at each rollout's hiccup. */
  allowSingleReplica: z.boolean("true or false"),
  cpuRequestMillicores: integer(50, 8000, "millicores"),
  cpuLimitMillicores: integer(50, 16000, "millicores"),
  memoryRequestMebibytes: integer(64, 32768, "MiB"),
  memoryLimitMebibytes: integer(64, 32768, "MiB"),
  cpuTargetPercent: percent(),
  memoryTargetPercent: percent(),
  /** Seconds that a new pod must stay ready before the next one is replaced. */
  minReadySeconds: integer(1, 120, "seconds"),
  /** Seconds that a pod keeps serving after it left the endpoints (preStop). */
  drainSeconds: integer(1, 120, "seconds"),
  /** Seconds from the termination signal to the kill, drain included. */
  terminationGraceSeconds: integer(10, 600, "seconds"),
  /** Seconds a migration may take before its Job fails. */
  migrationDeadlineSeconds: integer(30, 7200, "seconds"),
});
