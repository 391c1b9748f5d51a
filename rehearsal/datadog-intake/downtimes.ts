/** Which monitors a downtime silences now. Recurring ones, whose next start nobody here computes, silence none. */
import type { Store, StoredRecord } from "./store";

interface Downtime extends StoredRecord {
  readonly id: string;
  readonly attributes: {
    readonly status?: string;
    readonly scope?: string;
    readonly monitor_identifier?: { readonly monitor_id?: number; readonly monitor_tags?: readonly string[] };
    readonly schedule?: { readonly start?: string; readonly end?: string | null; readonly recurrences?: unknown };
  };
}

/** The downtimes that silence a monitor at a moment, as the list of monitors has them. @param now @default the system's clock */
export function matchingDowntimes(
  { id, tags = [] }: StoredRecord,
  { records }: Pick<Store, "records">,
  now = Date.now(),
): { readonly id: string; readonly scope: string[] }[] {
  return (Object.values(records.downtimes) as Downtime[])
    .filter(({ attributes: { status, schedule = {}, monitor_identifier: who = {} } }) => {
      const { start, end, recurrences } = schedule;
      const during = (start === undefined || Date.parse(start) <= now) && (end == null || now < Date.parse(end));
      const meant =
        who.monitor_id === undefined
          ? (who.monitor_tags ?? []).every((tag) => tag === "*" || (tags as string[]).includes(tag))
          : who.monitor_id === id;
      return status !== "canceled" && recurrences === undefined && during && meant;
    })
    .map((downtime) => ({ id: downtime.id, scope: [downtime.attributes.scope ?? "*"] }));
}
