/** Names and numbers of the runbook that several rules hold the stack to: said again here, not taken from the program that is held to them. */

/** Environment variables of the four secrets. @see runbook §3 */
export const SECRET_NAMES = ["MAESTROVERSE_PEPPER", "JWT_SECRET", "SESSION_SECRET", "CSRF_SECRET"] as const;
/** The database's roles: the runtime's as the runbook has it, the migrations' and the dump's beside it. @see runbook §2 */
export const ROLES = { app: "maestro_app", migrator: "maestro_migrator", backup: "maestro_backup" } as const;
/** Logs in for the runtime's role while its password changes. */
export const HANDOVER_ROLE = "maestro_app_handover";
/** Path of the uptime checks and probes. */
export const HEALTH_PATH = "/health";
/** Status of a request that the rate limit refuses. @see runbook §4 */
export const REJECT_STATUS = 429;
/** Folder of the dumps. @see runbook §5 */
export const BACKUP_DIRECTORY = "/backups";

/** `JWT_SECRET` → `jwt-secret`. */
export const kebab = (variable: string) => variable.toLowerCase().replaceAll("_", "-");

export const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";
export const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
/** Holds the Ingress controller's settings: its ConfigMap is the controller's own, of which the program sets some keys. */
export const CONTROLLER_CONFIG = "kubernetes:core/v1:ConfigMapPatch";
export const SECRET = "kubernetes:core/v1:Secret";
export const CRON_JOB = "kubernetes:batch/v1:CronJob";
export const MONITOR = "datadog:index/monitor:Monitor";
export const SYNTHETICS = "datadog:index/syntheticsTest:SyntheticsTest";
export const JOB = "kubernetes:batch/v1:Job";
export const GRANT = "postgresql:index/grant:Grant";
export const DEFAULT_PRIVILEGES = "postgresql:index/defaultPrivileges:DefaultPrivileges";
