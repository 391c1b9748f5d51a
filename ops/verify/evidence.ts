/** What a probe saw, as data: the record keeps it, the page draws it. Nothing of it is secret. */
import type { RateLimit } from "../../components/lib/rate-limit";

/** A mark of a cell or an event. */
export type Mark = "good" | "bad" | "plain";

/** A cell of a table. */
export type Cell = string | { readonly text: string; readonly mark: Mark };

/** Text as a program printed it. */
export interface TextEvidence {
  readonly kind: "text";
  readonly title: string;
  readonly text: string;
}

/** A table. The first column names its rows. */
export interface TableEvidence {
  readonly kind: "table";
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** What roles may do: a grid. */
export interface MatrixEvidence {
  readonly kind: "matrix";
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly label: string; readonly cells: readonly { readonly got: string; readonly expected: string }[] }[];
}

/** Requests of one client against the limit. */
export interface FloodEvidence {
  readonly kind: "flood";
  readonly title: string;
  readonly limit: Pick<RateLimit, "requestsPerMinute" | "burst">;
  readonly replicas: number;
  /** In the order of their answers. */
  readonly requests: readonly { readonly atMilliseconds: number; readonly passed: boolean }[];
}

/** Days on which something happened, or has to. */
export interface TimelineEvidence {
  readonly kind: "timeline";
  readonly title: string;
  /** ISO 8601. */
  readonly now: string;
  readonly lanes: readonly {
    readonly label: string;
    readonly events: readonly { readonly at: string; readonly label: string; readonly mark: Mark }[];
  }[];
}

export type Evidence = TextEvidence | TableEvidence | MatrixEvidence | FloodEvidence | TimelineEvidence;
