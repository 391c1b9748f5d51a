/** What the intake holds: records in one JSON file, written whole and at once, so that a crash at any moment leaves the last state. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A record as Datadog's API would show it. */
export type StoredRecord = Record<string, unknown>;

/** Resources by id, and telemetry in the order in which it came. */
const COLLECTIONS = [
  "monitors",
  "synthetics",
  "dashboards",
  "pipelines",
  "objectives",
  "downtimes",
  "logsMetrics",
  "teams",
  "memberships",
  "schedules",
  "policies",
  "routing",
] as const;
const STREAMS = ["series", "checkRuns", "logs"] as const;
/** Entries of a stream that are kept; older ones go. */
const STREAM_ENTRIES = 1000;

/** Name of a collection of resources. */
export type Collection = (typeof COLLECTIONS)[number];
/** Name of a stream of telemetry. */
export type Stream = (typeof STREAMS)[number];

/** Everything that is held. */
export type Records = Record<Collection, Record<string, StoredRecord>> & Record<Stream, StoredRecord[]> & { lastNumber: number };

/** The records and their file. */
export class Store {
  private readonly file: string;
  readonly records: Records;

  /**
   * @param folder where `records.json` is; made when missing
   * @throws Error when the file is there and holds no records
   */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, "records.json");
    this.records = { ...empty(), ...this.readFile() };
  }

  /** A number that no record had before. */
  nextNumber(): number {
    return ++this.records.lastNumber;
  }

  /** Adds entries to a stream. */
  append(stream: Stream, entries: readonly StoredRecord[]): void {
    this.records[stream] = [...this.records[stream], ...entries].slice(-STREAM_ENTRIES);
  }

  /** Writes everything to the disk. */
  save(): void {
    const aside = `${this.file}.new`;
    const descriptor = openSync(aside, "w", 0o600);
    try {
      writeSync(descriptor, JSON.stringify(this.records));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(aside, this.file);
  }

  private readFile(): Partial<Records> {
    let text: string;
    try {
      text = readFileSync(this.file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
    try {
      return JSON.parse(text) as Records;
    } catch {
      throw new Error(`${this.file} holds no records. Remove it (npm run rehearse -- down) and start again.`);
    }
  }
}

function empty(): Records {
  const collections = Object.fromEntries(COLLECTIONS.map((name) => [name, {}])) as Pick<Records, Collection>;
  const streams = Object.fromEntries(STREAMS.map((name) => [name, []])) as unknown as Pick<Records, Stream>;
  return { ...collections, ...streams, lastNumber: 1000 };
}
