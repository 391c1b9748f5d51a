/**
 * Uptime tests of runbook §6: Datadog asks the service from outside. Pure data, by key.
 *
 * "2 consecutive failures (< 2 minutes apart)" in Datadog's terms. A test alerts once it has failed without a break for `minFailureDuration`;
 * the clock starts when the first failed run ends. With runs every I seconds that each end within T (the request's timeout, T < I):
 * - the second run starts I after the first and its success would be known by I + T at the latest, so `minFailureDuration` ≥ I + T never
 *   alerts on a single failure;
 * - the third run starts 2 I after the first, so `minFailureDuration` < 2 I does not wait for a third failure.
 * I + T lies between the two. At I = 60 s and T = 20 s that is 80 s: the two failures are 60 s apart, and the alert comes 80 s after the first.
 * There are no fast retries: they would hide the first failure and start the clock at the last retry.
 */
import type { types } from "@pulumi/datadog";
import { type AlertContext, alertMessage, alertName, alertTags, type AlertText, type Priority } from "./alerts";
import { HSTS_STAGES } from "./hsts";
import { HEALTH_PATH } from "./web-pod";

/** Seconds that a request may take before it has failed: far above a slow answer, far below the interval. */
export const REQUEST_TIMEOUT_SECONDS = 20;
/** Seconds below which two failures must lie, as the runbook has it. */
export const FAILURES_WITHIN_SECONDS = 120;
/** Locations that must fail at once: the trouble of a single one is its own. */
export const MINIMUM_FAILING_LOCATIONS = 2;
/** Milliseconds above which an answer of /health counts as a failure: it asks nothing of the database that takes long. */
const SLOW_MILLISECONDS = 2000;
/** Days left below which the certificate alerts. cert-manager renews at 30: it has tried and failed for 9 days, and 21 are left to help it. */
const CERTIFICATE_DAYS_LEFT = 21;
/** Seconds between two looks at what changes by the day: the certificate and the redirect. */
const SLOW_INTERVAL_SECONDS = 3600;
/** Minutes between repeated notices: one of the values that Datadog takes. */
const RENOTIFY_MINUTES = 60;

/** What /health answers: JSON with `"status": "ok"`. */
const HEALTHY_BODY = String.raw`"status"\s*:\s*"ok"`;
/** What a Socket.IO server sends first on a new websocket: Engine.IO's packet `0` (open), with the session's id. */
export const SOCKET_OPENED = String.raw`^0\{"sid":"[^"]+"`;
/** Path of the websocket: Engine.IO protocol 4, without the detour over HTTP polling. */
export const SOCKET_PATH = "/socket.io/?EIO=4&transport=websocket";
/** Engine.IO's packet `3` (pong), which a server takes without an answer: Datadog's test must send something. */
const SOCKET_MESSAGE = "3";

/** Security headers of every answer, with the regular expression that each must match. @see runbook §1 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  // One of the ramp's stages: which one is said in review, not here.
  "strict-transport-security": `max-age=(${HSTS_STAGES.join("|")})(;|$)`,
  "content-security-policy": "default-src",
  "referrer-policy": "no-referrer|same-origin|strict-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY|SAMEORIGIN",
};

/** Arguments of {@link buildUptimeTests}. */
export interface UptimeArgs extends AlertContext {
  /** Public host of the API. */
  readonly apiHost: string;
  readonly namespaceName: string;
  readonly uptime: {
    /** Seconds between two runs: 30 or 60. */
    readonly intervalSeconds: number;
    /** Failed runs in a row that alert. */
    readonly consecutiveFailures: number;
    /** Datadog's locations, {@link MINIMUM_FAILING_LOCATIONS} at least. */
    readonly locations: readonly string[];
  };
}

type Assertion = types.input.SyntheticsTestAssertion;

/** An uptime test. */
export interface UptimeTest {
  /** Name in Datadog. */
  readonly name: string;
  readonly subtype: "http" | "websocket" | "ssl";
  readonly request: types.input.SyntheticsTestRequestDefinition;
  readonly assertions: readonly Assertion[];
  readonly options: types.input.SyntheticsTestOptionsList;
  readonly locations: readonly string[];
  readonly tags: readonly string[];
  readonly message: string;
}

/** A line of the table: what sets a test apart. */
interface Row extends AlertText, Pick<UptimeTest, "subtype" | "request" | "assertions"> {
  readonly title: string;
  readonly section: number;
  readonly priority: Priority;
  /** Every `uptime.intervalSeconds` with the runbook's rule; else hourly, and one failed run everywhere alerts. */
  readonly frequent: boolean;
  readonly followRedirects?: boolean;
}

/** Key of a test's monitor: `health` → `uptime-health`. */
export const uptimeMonitorKey = (key: string) => `uptime-${key}`;

/**
 * Seconds of failure that alert: the consecutive failures are over, the next run has not begun.
 *
 * @see the header of this file
 */
export function minimumFailureSeconds({ intervalSeconds, consecutiveFailures }: UptimeArgs["uptime"]): number {
  return (consecutiveFailures - 1) * intervalSeconds + REQUEST_TIMEOUT_SECONDS;
}

/** Every uptime test by key. */
export function buildUptimeTests(args: UptimeArgs): Record<string, UptimeTest> {
  return Object.fromEntries(
    Object.entries(rows(args)).map(([key, row]) => {
      const monitorKey = uptimeMonitorKey(key);
      return [
        key,
        {
          name: alertName(args, row.title),
          subtype: row.subtype,
          request: row.request,
          assertions: row.assertions,
          options: {
            tickEvery: row.frequent ? args.uptime.intervalSeconds : SLOW_INTERVAL_SECONDS,
            minFailureDuration: row.frequent ? minimumFailureSeconds(args.uptime) : 0,
            minLocationFailed: MINIMUM_FAILING_LOCATIONS,
            retry: { count: 0, interval: 300 },
            ...(row.followRedirects === undefined ? {} : { followRedirects: row.followRedirects }),
            monitorName: alertName(args, row.title),
            monitorPriority: row.priority,
            monitorOptions: { renotifyInterval: RENOTIFY_MINUTES },
          },
          locations: args.uptime.locations,
          tags: alertTags(args, monitorKey, row.section, "muted"),
          message: alertMessage(args, monitorKey, row),
        },
      ];
    }),
  );
}

function rows({ apiHost, namespaceName }: UptimeArgs): Record<string, Row> {
  const health = `https://${apiHost}${HEALTH_PATH}`;
  const timeout = REQUEST_TIMEOUT_SECONDS;
  const pods = `kubectl -n ${namespaceName} get deploy,pods,ingress`;
  const fast: Assertion = { type: "responseTime", operator: "lessThan", target: String(SLOW_MILLISECONDS) };
  return {
    health: {
      title: "API answers /health over HTTPS",
      section: 6,
      subtype: "http",
      request: { method: "GET", url: health, timeout },
      followRedirects: false,
      assertions: [
        { type: "statusCode", operator: "is", target: "200" },
        fast,
        { type: "body", operator: "matches", target: HEALTHY_BODY },
        ...Object.entries(SECURITY_HEADERS).map(([property, target]): Assertion => ({
          type: "header",
          property,
          operator: "matches",
          target,
        })),
      ],
      priority: 1,
      frequent: true,
      meaning: `${health} fails from the outside, twice in a row: the service is down, too slow, or answers without its security headers.`,
      firstCommands: [`curl -sSi --max-time 20 ${health}`, pods, `kubectl -n ${namespaceName} get events --sort-by=.lastTimestamp`],
    },
    websocket: {
      title: "API opens a websocket",
      section: 6,
      subtype: "websocket",
      request: { url: `wss://${apiHost}${SOCKET_PATH}`, message: SOCKET_MESSAGE, timeout },
      assertions: [fast, { type: "receivedMessage", operator: "matches", target: SOCKET_OPENED }],
      priority: 1,
      frequent: true,
      meaning:
        "No websocket can be opened, twice in a row: live updates do not reach users. If uptime-health is quiet, the edge is to blame.",
      firstCommands: [
        `curl -sSi --max-time 5 --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: bWFlc3Ryb3ZlcnNlLW9wcw==' 'https://${apiHost}${SOCKET_PATH}'`,
        pods,
        `kubectl -n ${namespaceName} describe ingress`,
      ],
    },
    redirect: {
      title: "http:// redirects to https://",
      section: 1,
      subtype: "http",
      request: { method: "GET", url: `http://${apiHost}${HEALTH_PATH}`, timeout },
      followRedirects: false,
      assertions: [
        { type: "statusCode", operator: "is", target: "301" },
        {
          type: "header",
          property: "location",
          operator: "matches",
          target: `^https://${apiHost.replaceAll(".", String.raw`\.`)}(:443)?/`,
        },
      ],
      priority: 3,
      frequent: false,
      meaning: `http://${apiHost}${HEALTH_PATH} does not answer 301 to https://: a client could send its credentials in the clear.`,
      firstCommands: [
        `curl -sSi --max-time 20 http://${apiHost}${HEALTH_PATH}`,
        `kubectl -n ${namespaceName} get ingress -o yaml`,
        `kubectl -n ${namespaceName} rollout history deploy/maestroverse-server`,
      ],
    },
    certificate: {
      title: "Certificate of the API",
      section: 1,
      subtype: "ssl",
      request: { host: apiHost, port: "443", timeout },
      assertions: [
        { type: "certificate", operator: "isInMoreThan", target: String(CERTIFICATE_DAYS_LEFT) },
        { type: "minTlsVersion", operator: "moreThanOrEqual", target: "1.2" },
      ],
      priority: 3,
      frequent: false,
      meaning: `The certificate has fewer than ${CERTIFICATE_DAYS_LEFT} days left or is not trusted: its renewal fails, and browsers will refuse the service.`,
      firstCommands: [
        `openssl s_client -connect ${apiHost}:443 -servername ${apiHost} </dev/null | openssl x509 -noout -issuer -enddate`,
        `kubectl -n ${namespaceName} get certificate,certificaterequest,order,challenge`,
        `kubectl -n ${namespaceName} describe certificate`,
      ],
    },
  };
}
