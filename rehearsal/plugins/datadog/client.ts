/** Datadog's own client library, with the provider's settings. */
import type { AuthenticationApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/AuthenticationApi";
import type { DashboardsApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/DashboardsApi";
import type { LogsPipelinesApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/LogsPipelinesApi";
import type { MonitorsApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/MonitorsApi";
import type { ServiceLevelObjectivesApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/ServiceLevelObjectivesApi";
import type { SyntheticsApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/SyntheticsApi";
import type { ObjectSerializer } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/ObjectSerializer";
import type { DowntimesApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/DowntimesApi";
import type { LogsMetricsApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/LogsMetricsApi";
import type { OnCallApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/OnCallApi";
import type { TeamsApi } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/TeamsApi";

import type { CheckFailure, HandlerContext, Properties } from "../lib/contract";
import { messageOf } from "../lib/errors";
import { textSetting } from "../lib/settings";
import { isObject } from "../lib/wire";

/** Provider settings that the stand-in honours. */
export const SETTINGS = ["apiUrl", "apiKey", "appKey", "validate"] as const;

const DEFAULT_API_URL = "https://api.datadoghq.com/";
/** Seconds that one operation may take. */
const OPERATION_SECONDS = 120;

/** The APIs that the stand-in uses. */
export interface DatadogClient {
  readonly monitors: MonitorsApi;
  readonly synthetics: SyntheticsApi;
  readonly dashboards: DashboardsApi;
  readonly pipelines: LogsPipelinesApi;
  readonly objectives: ServiceLevelObjectivesApi;
  readonly downtimes: DowntimesApi;
  readonly logsMetrics: LogsMetricsApi;
  readonly teams: TeamsApi;
  readonly onCall: OnCallApi;
  /** Between JSON and the models of version 1. */
  readonly serializer: typeof ObjectSerializer;
}

/** What is wrong with the provider's settings, as far as it shows without a contact. */
export function checkSettings(config: Properties): CheckFailure[] {
  const { apiUrl, validate } = config;
  const failures: CheckFailure[] = [];
  if (typeof validate === "string" && !["true", "false", ""].includes(validate))
    failures.push({ property: "validate", reason: `must be "true" or "false", got "${validate}".` });
  if (typeof apiUrl === "string" && apiUrl !== "" && !/^https?:\/\/[^/]+\/?$/.test(apiUrl))
    failures.push({ property: "apiUrl", reason: `must be an address without a path such as ${DEFAULT_API_URL}, got "${apiUrl}".` });
  return failures;
}

/**
 * The client. Unless the setting `validate` is `"false"` the API key is tried at once, as by the official plugin.
 *
 * @throws Error when a key is missing or Datadog refuses the key
 */
export async function connect(config: Properties): Promise<DatadogClient> {
  // One by one and not before they are needed: the library as a whole takes seconds to load, which no preview needs to spend.
  const [common, { logger }, v1, v2] = await Promise.all([
    import("@datadog/datadog-api-client/dist/packages/datadog-api-client-common/index.js"),
    import("@datadog/datadog-api-client/dist/logger.js") as Promise<{ logger: { setLevel(level: "silent"): void } }>,
    loadVersion1(),
    loadVersion2(),
  ]);
  // What it would print is in the error, too.
  logger.setLevel("silent");
  const [apiKey, appKey] = [textSetting(config, "apiKey"), textSetting(config, "appKey")];
  // Without a setting it looks for DD_API_KEY and DD_APP_KEY.
  const configuration = common.createConfiguration({
    baseServer: new common.BaseServerConfiguration((textSetting(config, "apiUrl") ?? DEFAULT_API_URL).replace(/\/$/, ""), {}),
    authMethods: { ...(apiKey !== undefined && { apiKeyAuth: apiKey }), ...(appKey !== undefined && { appKeyAuth: appKey }) },
    enableRetry: true,
  });
  const { apiKeyAuth, appKeyAuth } = configuration.authMethods;
  if (apiKeyAuth === undefined || appKeyAuth === undefined) {
    throw new Error(
      `Datadog needs an API key and an application key. Set datadog:apiKey and datadog:appKey, or DD_API_KEY and DD_APP_KEY in the environment.`,
    );
  }
  if (textSetting(config, "validate") !== "false") await validate(new v1.AuthenticationApi(configuration));
  return {
    monitors: new v1.MonitorsApi(configuration),
    synthetics: new v1.SyntheticsApi(configuration),
    dashboards: new v1.DashboardsApi(configuration),
    pipelines: new v1.LogsPipelinesApi(configuration),
    objectives: new v1.ServiceLevelObjectivesApi(configuration),
    downtimes: new v2.DowntimesApi(configuration),
    logsMetrics: new v2.LogsMetricsApi(configuration),
    teams: new v2.TeamsApi(configuration),
    onCall: new v2.OnCallApi(configuration),
    serializer: v1.ObjectSerializer,
  };
}

async function loadVersion1() {
  return {
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/AuthenticationApi.js")),
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/DashboardsApi.js")),
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/LogsPipelinesApi.js")),
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/MonitorsApi.js")),
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/ServiceLevelObjectivesApi.js")),
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/SyntheticsApi.js")),
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/ObjectSerializer.js")),
  };
}

async function loadVersion2() {
  return {
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/DowntimesApi.js")),
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/LogsMetricsApi.js")),
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/OnCallApi.js")),
    ...(await import("@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/apis/TeamsApi.js")),
  };
}

async function validate(api: AuthenticationApi): Promise<void> {
  const hint = `Give the key of this organisation (datadog:apiKey), or skip this check with the provider setting validate: "false".`;
  const { valid } = await api.validate().catch((error: unknown) => {
    throw new Error(`Datadog could not validate the API key: ${describe(error)} ${hint}`);
  });
  if (valid !== true) throw new Error(`Datadog says that the API key is not valid. ${hint}`);
}

/**
 * Runs one operation, bounded in time.
 *
 * @throws Error with Datadog's own words when it refuses
 */
export async function limited<T>({ signal }: Pick<HandlerContext<unknown>, "signal">, operation: Promise<T>): Promise<T> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(OPERATION_SECONDS * 1000)]);
  let give = () => {};
  const over = new Promise<never>((_resolve, reject) => {
    give = () =>
      reject(signal.aborted ? (signal.reason as Error) : new Error(`Datadog did not answer within ${OPERATION_SECONDS} s. Run again.`));
    limit.addEventListener("abort", give);
  });
  try {
    return await Promise.race([operation, over]);
  } catch (error) {
    throw statusOf(error) === undefined ? error : new Error(describe(error), { cause: error });
  } finally {
    limit.removeEventListener("abort", give);
  }
}

/** The answer; undefined when Datadog says that there is no such thing. */
export async function unlessGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** The answer; undefined when Datadog says that there is one already. */
export async function unlessTaken<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (statusOf(error) === 409) return undefined;
    throw error;
  }
}

/** HTTP status of a refusal. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : undefined;
}

function describe(error: unknown): string {
  const status = statusOf(error);
  if (status === undefined) return messageOf(error);
  const reasons = reasonsIn((error as Error & { body?: unknown }).body);
  const advice = status === 401 || status === 403 ? " Check datadog:apiKey and datadog:appKey." : "";
  return `Datadog answered ${status}: ${reasons.join("; ")}.${advice}`.replace(/\.\./g, ".");
}

/** Datadog has three forms of an error, and the library passes one that its description lacks as text. */
function reasonsIn(body: unknown): string[] {
  if (typeof body === "string") {
    const json = /^Unknown API Status Code!\nBody: "(.*)"$/s.exec(body)?.[1] ?? body;
    try {
      return reasonsIn(JSON.parse(json));
    } catch {
      return [json];
    }
  }
  const { errors, error } = (isObject(body) ? body : {}) as { errors?: unknown; error?: unknown };
  if (typeof error === "string") return [error];
  if (!Array.isArray(errors)) return ["no reason given"];
  return errors.map((each: unknown) => (isObject(each) ? String(each["detail"] ?? each["title"]) : String(each)));
}
