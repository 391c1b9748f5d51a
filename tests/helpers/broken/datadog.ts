/** Breaks what the rehearsal's Datadog holds: by its API, as a person at its pages would; what has no way back there, in its records. */
import type { Settings } from "../../../config";
import type { Collection, Records, StoredRecord } from "../../../rehearsal/datadog-intake/store";
import { readDatadogKeys } from "../../../rehearsal/substrates/datadog-intake";
import type { Undo } from "./undo";

const RECORDS = "/rehearsal/records";

/** Datadog. */
export class BreakableDatadog {
  constructor(private readonly of: { readonly directory: string; readonly settings: Settings }) {}

  /** Calls the API. @throws Error with its words */
  async call(method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<StoredRecord> {
    const { directory, settings } = this.of;
    const { apiKey, appKey } = readDatadogKeys(directory);
    const answer = await fetch(new URL(path, settings.observability.datadogApiUrl), {
      method,
      headers: { "dd-api-key": apiKey, "dd-application-key": appKey },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? {} : (JSON.parse(text) as StoredRecord);
  }

  /** Changes a resource that is read and written at one address; undone, it is as it was. */
  async edit(path: string, change: (resource: StoredRecord) => StoredRecord): Promise<Undo> {
    const before = await this.call("GET", path);
    await this.call("PUT", path, change(structuredClone(before)));
    return () => this.call("PUT", path, before);
  }

  /** Changes the records themselves; undone, they are what they were. */
  async records(change: (records: Records) => void): Promise<Undo> {
    const before = await this.call("GET", RECORDS);
    const after = structuredClone(before) as unknown as Records;
    change(after);
    await this.call("PUT", RECORDS, after);
    return () => this.call("PUT", RECORDS, before);
  }

  /** Forgets a resource; it has to be there. */
  forget(collection: Collection, id: string): Promise<Undo> {
    return this.records((records) => {
      if (records[collection][id] === undefined) throw new Error(`the mutation removes nothing: ${collection} has no ${id}`);
      delete records[collection][id];
    });
  }
}
