/** A stack's Datadog: what it holds, and the few metrics that are sent from here. */

/** Milliseconds that an answer may take. */
const ANSWER_MILLISECONDS = 15_000;

/** Datadog's API. */
export interface DatadogAccess {
  /** What a path answers, for example `/api/v1/monitor`; undefined: it is not there. @throws Error with the status, never with a key */
  get<T>(path: string): Promise<T | undefined>;
  /** Adds a point of now to each gauge. @throws Error with the status, never with a key */
  send(gauges: readonly Gauge[]): Promise<void>;
}

/** A value at this moment. */
export interface Gauge {
  readonly metric: string;
  readonly value: number;
  /** `name:value` each. */
  readonly tags: readonly string[];
}

/** Number that Datadog gives to gauges. */
const GAUGE = 3;

/** @param apiUrl `observability.datadogApiUrl` */
export function datadogAccess(apiUrl: string, { apiKey, appKey }: { readonly apiKey: string; readonly appKey: string }): DatadogAccess {
  return {
    async get<T>(path: string) {
      const answer = await fetch(new URL(path, apiUrl), {
        headers: { "dd-api-key": apiKey, "dd-application-key": appKey },
        signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
      });
      if (answer.status === 404) return undefined;
      if (!answer.ok)
        throw new Error(
          `Datadog answered ${answer.status} to ${path}. 403: datadogApiKey or datadogAppKey is not of this organisation, or lacks the right.`,
        );
      return (await answer.json()) as T;
    },
    async send(gauges: readonly Gauge[]) {
      const timestamp = Math.floor(Date.now() / 1000);
      const series = gauges.map(({ metric, value, tags }) => ({ metric, type: GAUGE, points: [{ timestamp, value }], tags }));
      const answer = await fetch(new URL("/api/v2/series", apiUrl), {
        method: "POST",
        headers: { "dd-api-key": apiKey, "content-type": "application/json" },
        body: JSON.stringify({ series }),
        signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
      });
      if (!answer.ok)
        throw new Error(`Datadog took no metric: it answered ${answer.status}. 403: datadogApiKey is not of this organisation.`);
    },
  };
}
