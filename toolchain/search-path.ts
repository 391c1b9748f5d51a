/** Executables on the search path. */
import { access, constants, realpath, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** The folders of PATH, in their order. */
export function pathFolders(): string[] {
  return (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
}

/** Every executable of that name on PATH, in the order of its folders. */
export function allOnPath(name: string): Promise<string[]> {
  return executablesIn(pathFolders(), name);
}

/** The executable that PATH gives for a name. */
export async function onPath(name: string): Promise<string | undefined> {
  return (await allOnPath(name))[0];
}

/** Every executable of that name in the given folders, in their order; one that is in two of them (`/bin` is `/usr/bin`) only once. */
export async function executablesIn(folders: readonly string[], name: string): Promise<string[]> {
  const found = new Map<string, string>();
  for (const folder of folders) {
    const path = join(folder, name);
    if (!(await isExecutable(path))) continue;
    const real = await realpath(path);
    if (!found.has(real)) found.set(real, path);
  }
  return [...found.values()];
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
