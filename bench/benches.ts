/** What `npm run bench` measures. */
import { benchBackup } from "./backup";
import type { Row } from "./compare";
import { benchEdge } from "./edge";
import { benchPolicies } from "./policies";
import { benchPreview } from "./preview";

/** A benchmark. */
export interface Bench {
  readonly name: string;
  readonly description: string;
  run(options: { readonly mebibytes: number }): Promise<Row[]>;
}

/** All of them. */
export const BENCHES: readonly Bench[] = [
  {
    name: "backup",
    description: "the nightly backup, checked and in S3 ÷ pg_dump alone, and its memory; ten minutes",
    run: ({ mebibytes }) => benchBackup(mebibytes),
  },
  { name: "edge", description: "nginx with the edge's configuration ÷ a bare proxy_pass; half a minute", run: benchEdge },
  {
    name: "policies",
    description: "the packs over 5,000 resources, against the rate that is promised and the one over 500; two minutes",
    run: benchPolicies,
  },
  { name: "preview", description: "prod with both packs ÷ an empty program with the same imports; two minutes", run: benchPreview },
];
