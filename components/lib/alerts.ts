/** What every monitor and every uptime test of runbook §6 shares: names, tags, links and the shape of a message. */

/** Datadog's `service` tag of the API: in the runbook's query, on its logs and its metrics. */
export const API_SERVICE = "maestroverse-api";
/** Datadog's `service` tag of the edge's access logs: the Ingress controller's or the external nginx's. */
export const EDGE_SERVICE = "maestroverse-edge";
/** The environment whose alerts wake people. */
export const PAGING_ENVIRONMENT = "prod";
/** Page of the runbook on which every alert has a heading of its own. */
export const RUNBOOK_PAGE = "6-observability.md";

/** Where alerts come from and where they go. */
export interface AlertContext {
  /** Stack: `prod`, `staging` or `rehearsal`; also the value of Datadog's `env` tag. */
  readonly environment: string;
  /** Handle of Datadog's on-call team. */
  readonly teamHandle: string;
  /** Service in PagerDuty that is paged instead of Datadog's on-call team. */
  readonly pagerDutyService?: string | undefined;
  /** Folder in which people read the runbook's pages: an https URL. */
  readonly runbookBaseUrl: string;
  /** Datadog's web application. */
  readonly datadogAppUrl: string;
}

/** What a person who is woken reads. */
export interface AlertText {
  /** What the alert means, and for whom; one or two sentences. */
  readonly meaning: string;
  /** What to run first, in this order. All of them only look. */
  readonly firstCommands: readonly [string, string, string];
}

/** 1: the service is down. 2: users notice. 3: look into it in working hours (Datadog's scale goes on to 5). */
export type Priority = 1 | 2 | 3;

/** What planned maintenance does to an alert: `muted` where the work itself causes it, `pages` where it never should. */
export type Maintenance = "muted" | "pages";

/** Tag of what planned maintenance mutes. */
export const MUTED_TAG = "maintenance:muted";

/** Name of an alert in Datadog: `[prod] API errors`. */
export function alertName({ environment }: Pick<AlertContext, "environment">, title: string): string {
  return `[${environment}] ${title}`;
}

/**
 * Tags of an alert, sorted.
 *
 * @param section section of the runbook that the alert watches
 */
export function alertTags({ environment, teamHandle }: AlertContext, key: string, section: number, maintenance: Maintenance): string[] {
  return [
    `env:${environment}`,
    ...(maintenance === "muted" ? [MUTED_TAG] : []),
    "managed-by:pulumi",
    `monitor:${key}`,
    "owner:platform",
    `runbook-section:${section}`,
    `service:${API_SERVICE}`,
    `team:${teamHandle}`,
  ];
}

/** Where the runbook says what the alert means: the heading named by its key. */
export function runbookUrl({ runbookBaseUrl }: Pick<AlertContext, "runbookBaseUrl">, key: string): string {
  return `${runbookBaseUrl.replace(/\/+$/, "")}/${RUNBOOK_PAGE}#${key}`;
}

/** Title of the environment's dashboard. */
export function dashboardTitle(environment: string): string {
  return `Maestroverse ${environment}`;
}

/**
 * Link to the environment's dashboard by its title. The dashboard's own address is unknown until it exists, and a message that a preview does
 * not know is one that no policy reads.
 */
export function dashboardLink({ datadogAppUrl, environment }: Pick<AlertContext, "datadogAppUrl" | "environment">): string {
  return `${datadogAppUrl.replace(/\/+$/, "")}/dashboard/lists?q=${encodeURIComponent(dashboardTitle(environment))}`;
}

/** Whom an alert pages. */
export function alertHandle({ teamHandle, pagerDutyService }: Pick<AlertContext, "teamHandle" | "pagerDutyService">): string {
  return pagerDutyService === undefined ? `@oncall-${teamHandle}` : `@pagerduty-${pagerDutyService}`;
}

/** Message of an alert. The handle stands outside of any condition, so that the page also ends when the alert does. */
export function alertMessage(context: AlertContext, key: string, { meaning, firstCommands }: AlertText): string {
  return [
    meaning,
    "First:",
    ...firstCommands.map((command, index) => `${index + 1}. \`${command}\``),
    "",
    `Runbook: ${runbookUrl(context, key)}`,
    `Dashboard: ${dashboardLink(context)}`,
    "",
    alertHandle(context),
  ].join("\n");
}
