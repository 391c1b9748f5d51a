/** The lock of a stack whose state is in a folder. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Who has a stack's lock. */
export interface LockHolder {
  readonly pid: number;
  readonly runs: boolean;
}

/** The lock of a stack in a folder, as the engine writes it. */
export async function readLock(directory: string, project: string, stack: string): Promise<LockHolder | undefined> {
  const folder = join(directory, ".pulumi", "locks", "organization", project, stack);
  const [file] = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  if (file === undefined) return undefined;
  const { pid } = JSON.parse(await readFile(join(folder, file), "utf8")) as { pid: number };
  const command = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
  return { pid, runs: command.startsWith("pulumi") };
}
