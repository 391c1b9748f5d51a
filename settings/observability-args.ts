/** Settings as the observability component takes them: for the component, for the check of its settings, and for the documents made from the same. */
import { usableConnections } from "../components/lib/database-limits";
import type { ObservabilityArgs } from "../components/observability";
import type { Settings } from "./schema";

/** Arguments of `Observability` from a stack's settings. */
export function observabilityArgs(settings: Settings): ObservabilityArgs {
  const { observability, environment, hosts, cluster, database, backups, edge, onCall, secrets } = settings;
  return {
    ...observability,
    environment,
    apiHost: hosts.api,
    namespaceName: cluster.namespace,
    ingressControllerNamespace: cluster.ingressController.namespace,
    databaseHost: database.host,
    databaseName: database.name,
    usableConnections: usableConnections(database),
    backupMaximumAgeHours: backups.maximumAgeHours,
    backupMethod: backups.method,
    requestsPerMinute: edge.rateLimit.requestsPerMinute,
    secretMaximumAgeDays: secrets.rotateEveryDays,
    onCall,
  };
}
