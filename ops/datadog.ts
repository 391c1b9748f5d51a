/** A stack's Datadog, for looking. */

/** Milliseconds that an answer may take. */
const ANSWER_MILLISECONDS = 15_000;

/** Datadog's API. */
export interface DatadogAccess {
  /** What a path answers, for example `/api/v1/monitor`; undefined: it is not there. @throws Error with the status, never with a key */
  get<T>(path: string): Promise<T | undefined>;
}

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
  };
}
