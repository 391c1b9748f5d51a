/** What the on-call resources share. */
import { object, required, text } from "./shape";

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** A part of the week. */
export const restriction = object({
  startDay: required(text(WEEKDAYS)),
  startTime: required(text()),
  endDay: required(text(WEEKDAYS)),
  endTime: required(text()),
});

/** Ids of teams as a JSON:API relationship. */
export const toTeams = (ids: readonly string[]) => ({ data: ids.map((id) => ({ id, type: "teams" as const })) });

/** The way back from {@link toTeams}. */
export const teamsOf = (relationship?: { data?: readonly { id: string }[] }): string[] => (relationship?.data ?? []).map(({ id }) => id);

/** The members that have a value: the client library counts any other one as given. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

/** A resource of a JSON:API document, as far as it matters here. */
export interface Included {
  readonly id?: string;
  readonly type?: string;
  readonly attributes?: object;
  readonly relationships?: Readonly<Record<string, { readonly data?: unknown } | undefined>>;
}

/** Looks up the resources that come along in an answer. @throws Error (from what it returns) when one is missing */
export function byId(included: readonly object[] = []): (type: string, id: string) => Included {
  return (type, id) => {
    const found = (included as readonly Included[]).find((each) => each.type === type && each.id === id);
    if (found === undefined) throw new Error(`Datadog's answer names ${type} ${id} and does not hold it. Run again.`);
    return found;
  };
}
