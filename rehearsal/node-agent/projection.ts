/** Folders of files that come from the API server, written as kubelet writes them: a reader sees the old files or the new ones, never a mix. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { chown } from "./owner";

/** A file of a projected volume. */
export interface ProjectedFile {
  readonly content: Buffer;
  readonly mode: number;
  /** User that owns it. @default root */
  readonly uid?: number | undefined;
}

/**
 * Makes a folder hold these files, by path. Each is a link into `..data`, which is exchanged in one step; unchanged files are left alone.
 *
 * @param group group of the files, which may read them
 */
export function writeProjection(folder: string, files: ReadonlyMap<string, ProjectedFile>, group: number | undefined): void {
  mkdirSync(folder, { recursive: true });
  const data = join(folder, "..data");
  if (holds(data, files)) return;
  const version = mkdtempSync(join(folder, "..version-"));
  chmodSync(version, 0o755);
  for (const [path, { content, mode, uid }] of files) {
    const file = join(version, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
    chown(file, uid, group);
    chmodSync(file, group === undefined ? mode : mode | 0o440);
  }
  const previous = existsSync(data) ? readlinkSync(data) : undefined;
  symlinkSync(version.slice(folder.length + 1), `${data}.new`);
  renameSync(`${data}.new`, data);
  const names = new Set([...files.keys()].map((path) => path.split("/", 1)[0] ?? ""));
  for (const name of readdirSync(folder)) if (!name.startsWith("..") && !names.has(name)) rmSync(join(folder, name));
  for (const name of names) if (!readdirSync(folder).includes(name)) symlinkSync(join("..data", name), join(folder, name));
  if (previous !== undefined) rmSync(join(folder, previous), { recursive: true, force: true });
}

function holds(data: string, files: ReadonlyMap<string, ProjectedFile>): boolean {
  if (!existsSync(data)) return false;
  const present = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return present.length === files.size && [...files].every(([path, { content }]) => sameContent(join(data, path), content));
}

function sameContent(file: string, content: Buffer): boolean {
  return existsSync(file) && readFileSync(file).equals(content);
}
