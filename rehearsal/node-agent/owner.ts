/** Owners of files. Without root's rights a container's user is the agent's own, seen under another number: nothing needs to change hands. */
import { chmodSync, chownSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Whether containers run as users of their own. */
export const IS_ROOT = process.getuid?.() === 0;

/** Gives a file to a user and a group; what is undefined stays as it is. */
export function chown(path: string, uid: number | undefined, gid: number | undefined): void {
  const { uid: ownUid, gid: ownGid } = lstatSync(path);
  if (IS_ROOT) chownSync(path, uid ?? ownUid, gid ?? ownGid);
}

/**
 * Lets a pod's group read and write a volume (`fsGroup`); new files get the group too.
 *
 * @param onlyOnMismatch leave a volume alone whose root is right already (`fsGroupChangePolicy: OnRootMismatch`)
 */
export function giveToGroup(folder: string, group: number, onlyOnMismatch: boolean): void {
  const { gid, mode } = lstatSync(folder);
  if (onlyOnMismatch && (gid === group || !IS_ROOT) && (mode & 0o2770) === 0o2770) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveToGroup(path, group, false);
    else if (entry.isFile()) {
      chown(path, undefined, group);
      chmodSync(path, (lstatSync(path).mode & 0o7777) | 0o660);
    }
  }
  // The root last: a half-done change is found and done again.
  chown(folder, undefined, group);
  chmodSync(folder, (mode & 0o7777) | 0o2770);
}
