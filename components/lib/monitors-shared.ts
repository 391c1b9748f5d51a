/** What the rows of the monitors share: thresholds from one number, and the commands that more than one alert begins with. */
import { BACKUP_NAME } from "./backup-names";
import type { MonitorTableArgs, Thresholds } from "./monitors";
import { SERVER_NAME } from "./web-pod";

/** Of a monitor whose values do not depend on how many requests there are. */
export const NOT_OF_TRAFFIC = "its values do not depend on traffic";

/** Thresholds as shares of the critical one. */
function shares(critical: number, [warning, recovery, warningRecovery]: readonly [number, number, number]): Thresholds {
  const share = (factor: number) => Math.round(critical * factor * 100) / 100;
  return { critical, criticalRecovery: share(recovery), warning: share(warning), warningRecovery: share(warningRecovery) };
}

/** 80 percent warns above 72, and recovers below 76 and 68. */
export const percent = (critical: number) => shares(critical, [0.9, 0.95, 0.85]);
/** 5 events warn above 3, and recover below 4 and 2. */
export const count = (critical: number) => shares(critical, [0.6, 0.8, 0.4]);

/** Commands that only look, for the environment. */
export function commandsOf({ namespaceName, databaseHost, databaseName }: MonitorTableArgs) {
  const kubectl = `kubectl -n ${namespaceName}`;
  const selector = `-l app.kubernetes.io/name=${SERVER_NAME}`;
  return {
    kubectl,
    getPods: `${kubectl} get pods ${selector} -o wide`,
    describePods: `${kubectl} describe pods ${selector}`,
    top: `${kubectl} top pods ${selector} --containers`,
    autoscaler: `${kubectl} describe hpa ${SERVER_NAME}`,
    previousLogs: `${kubectl} logs ${selector} --previous --ignore-errors --tail=100 --prefix`,
    history: `${kubectl} rollout history deploy/${SERVER_NAME}`,
    backupJobs: `${kubectl} get jobs --sort-by=.metadata.creationTimestamp`,
    backupLogs: `${kubectl} logs -l app.kubernetes.io/name=${BACKUP_NAME} --tail=20 --prefix`,
    psql: (query: string) => `psql -h ${databaseHost} -d ${databaseName} -c "${query}"`,
  };
}
