/** Programs of ours as one file of JavaScript each: the engine starts them several times an operation, and TypeScript would be compiled anew each time. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { cacheDir, exists, withLock, writeAtomically } from "./cache";
import { REPOSITORY } from "./versions";

/** Programs that are bundled together. */
export interface Programs<Name extends string> {
  /** Folder of the cache. */
  readonly kind: string;
  /** Files and folders of all sources: bundles are made anew whenever a file of them changes. */
  readonly sources: readonly string[];
  /** The file that each program begins with. */
  readonly entries: Readonly<Record<Name, string>>;
}

/** The packages of this repository. */
export const MODULES = join(REPOSITORY, "node_modules");
/** Starts a bundle: Node.js's first argument, the bundle the second. */
export const RUN_BUNDLE = join(REPOSITORY, "toolchain", "run-bundle.js");
/** What decides which versions of packages a bundle holds. */
const LOCK = join(REPOSITORY, "package-lock.json");
/** Days that a bundle is kept after its last use: each is several MB. */
const KEPT_DAYS = 7;
/** Packages that `pg` asks for and does without. */
export const OPTIONAL = ["pg-native"];

/**
 * Bundles programs when their sources have changed; they are kept in the cache.
 *
 * @returns the path of each program
 * @throws Error when one imports a file outside its sources, which the bundle's name would not know of
 */
export async function bundlePrograms<Name extends string>(programs: Programs<Name>): Promise<Readonly<Record<Name, string>>> {
  const names = Object.keys(programs.entries) as Name[];
  const folder = cacheDir(programs.kind, await digestOf(programs.sources));
  const files = Object.fromEntries(names.map((name) => [name, join(folder, `${name}.js`)])) as Record<Name, string>;
  await withLock(programs.kind, async () => {
    if ((await Promise.all(Object.values<string>(files).map(exists))).every(Boolean)) await utimes(folder, new Date(), new Date());
    else await bundle(programs, folder);
  });
  return files;
}

async function bundle({ kind, sources, entries }: Programs<string>, folder: string): Promise<void> {
  // Loaded when it is needed: most runs find what an earlier one made.
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    absWorkingDir: REPOSITORY,
    entryPoints: entries,
    outdir: folder,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: OPTIONAL,
    // A third less to read at every start. Names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: "silent",
    metafile: true,
    write: false,
  });
  const isKnown = (file: string) => [...sources, MODULES].some((source) => file === source || file.startsWith(source + sep));
  const strangers = Object.keys(metafile.inputs).filter((input) => !isKnown(join(REPOSITORY, input)));
  if (strangers.length > 0) throw new Error(`${kind} import only from their own sources and from packages, not ${strangers.join(", ")}`);
  await mkdir(folder, { recursive: true });
  for (const { path, text } of outputFiles) await writeAtomically(path, text, 0o644);
  await removeUnused(kind);
}

/** Removes the bundles of sources that nobody has run for {@link KEPT_DAYS}. */
async function removeUnused(kind: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(cacheDir(kind))) {
    const folder = cacheDir(kind, name);
    const used = await stat(folder).catch(() => undefined);
    if (used !== undefined && now - used.mtimeMs > KEPT_DAYS * 86_400_000) await rm(folder, { recursive: true, force: true });
  }
}

async function digestOf(sources: readonly string[]): Promise<string> {
  const files = [LOCK, ...(await Promise.all(sources.map(filesOf))).flat()].sort();
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${relative(REPOSITORY, file)}\0`)
      .update(await readFile(file))
      .update("\0");
  return hash.digest("hex").slice(0, 16);
}

async function filesOf(source: string): Promise<string[]> {
  if ((await stat(source)).isFile()) return [source];
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
