/** The containers that make the nightly dump. */
import { type Container, podTemplate } from "../lib/kubernetes";
import { list, text } from "../lib/read";
import type { Resource, StackView } from "../lib/rule";
import { BACKUP_DIRECTORY, CRON_JOB } from "./runbook";

/** When a stack has no dump. */
export const NO_DUMP = "backups.method rds keeps RDS's own backups, which rules of their own are about.";

/** A CronJob's container that dumps. */
export interface Dump {
  readonly cronJob: Resource;
  readonly container: Container;
}

/** Every container of a CronJob that is told where dumps go, or runs pg_dump. */
export const dumps = (stack: StackView): Dump[] =>
  stack.ofType(CRON_JOB).flatMap((cronJob) =>
    podTemplate(cronJob)
      .containers.filter(
        ({ container }) =>
          variable(container, "BACKUP_DIRECTORY") !== undefined || /maestroverse-backup|pg_dump/.test(commandOf(container)),
      )
      .map((container) => ({ cronJob, container })),
  );

/** A variable of a container, as written in its `env`. */
export const variable = (container: unknown, name: string) =>
  text(
    list(container, "env").find((each) => text(each, "name") === name),
    "value",
  );

/** Command and arguments, in a line. */
export const commandOf = (container: unknown) => [...list(container, "command"), ...list(container, "args")].join(" ");

/** Whether a container mounts a volume at the folder of the dumps; its name. */
export const volumeOf = (container: unknown) =>
  text(
    list(container, "volumeMounts").find((mount) => text(mount, "mountPath") === BACKUP_DIRECTORY),
    "name",
  );
