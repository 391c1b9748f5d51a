/** Which local dumps may go. The bucket has a lifecycle of its own. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type DumpFile, listDumps, manifestName } from "./dump-files";

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * The dumps older than the retention; never the newest, nor one under a legal hold. None when the newest is not verified: somebody may need any of
 * those before it.
 *
 * @param dumps the newest first
 */
export function expiredDumps(dumps: readonly DumpFile[], now: Date, retentionDays: number): DumpFile[] {
  const [newest, ...older] = dumps;
  if (newest?.verified !== true) return [];
  const limit = now.getTime() - retentionDays * DAY_MILLISECONDS;
  return older.filter(({ startedAt, held }) => startedAt.getTime() < limit && !held);
}

/**
 * Removes expired dumps with their manifests. Only to be called after a run that succeeded.
 *
 * @returns the names that went
 */
export function applyRetention(directory: string, now: Date, retentionDays: number): string[] {
  return expiredDumps(listDumps(directory), now, retentionDays).map(({ name }) => {
    // The manifest last: a dump without one counts as not verified, a manifest without a dump as nothing.
    rmSync(join(directory, name), { force: true });
    rmSync(join(directory, manifestName(name)), { force: true });
    return name;
  });
}
