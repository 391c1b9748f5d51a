/** The rehearsal's own programs, a file of JavaScript each: a pod that compiled its TypeScript first would take four times as long to start. */
import { join } from "node:path";
import { bundlePrograms } from "../toolchain/bundle";
import { REPOSITORY } from "../toolchain/versions";

/** Where each begins. */
const ENTRIES = {
  "sample-server": "rehearsal/sample-server/server/main.ts",
  "maestroverse-backup": "ops/backup/main.ts",
  "node-agent": "rehearsal/node-agent/main.ts",
};
/** What they are made of. */
const SOURCES = [
  "rehearsal/sample-server",
  "rehearsal/node-agent",
  "rehearsal/datadog-intake",
  "ops/backup",
  "components/lib",
  "toolchain/versions.ts",
  "toolchain/processes.ts",
];

/** Path of each program. */
export type RehearsalPrograms = Readonly<Record<keyof typeof ENTRIES, string>>;

/** Bundles the programs when their sources have changed. */
export function rehearsalPrograms(): Promise<RehearsalPrograms> {
  const inRepository = (path: string) => join(REPOSITORY, path);
  return bundlePrograms({
    kind: "rehearsal-programs",
    sources: SOURCES.map(inRepository),
    entries: Object.fromEntries(Object.entries(ENTRIES).map(([name, entry]) => [name, inRepository(entry)])) as RehearsalPrograms,
  });
}
