/** The stand-in plugins as one file of JavaScript each: the engine starts each several times an operation, and TypeScript would be compiled anew each time. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join, relative, sep } from "node:path";

import { cacheDir, exists, withLock, writeAtomically } from "./cache";
import { PLUGIN_PACKAGES, type PluginPackage, REPOSITORY } from "./versions";

/** The folder of the stand-ins' sources: a bundle is made anew whenever a file of it changes. */
const SOURCES = join(REPOSITORY, "rehearsal", "plugins");
/** What decides which versions of packages a bundle holds. */
const LOCK = join(REPOSITORY, "package-lock.json");
/** Days that a bundle is kept after its last use: each is 40 MB. */
const KEPT_DAYS = 7;
/** Packages that `pg` asks for and does without. */
const OPTIONAL = ["pg-native"];

/**
 * Bundles of all stand-ins, made when their sources have changed and kept in the cache.
 *
 * @returns the path of each stand-in's program. It finds packages' descriptions (their versions) by NODE_PATH: {@link STAND_IN_MODULES}
 * @throws Error when a stand-in imports a file outside rehearsal/plugins, which the bundle's name would not know of
 */
export async function bundleStandIns(): Promise<Readonly<Record<PluginPackage, string>>> {
  const folder = cacheDir("stand-ins", await digestOfSources());
  const programs = Object.fromEntries(PLUGIN_PACKAGES.map((name) => [name, join(folder, `${name}.js`)])) as Record<PluginPackage, string>;
  await withLock("stand-ins", async () => {
    if ((await Promise.all(Object.values(programs).map(exists))).every(Boolean)) await utimes(folder, new Date(), new Date());
    else await bundle(folder);
  });
  return programs;
}

async function bundle(folder: string): Promise<void> {
  // Loaded when it is needed: most runs find what an earlier one made.
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    absWorkingDir: REPOSITORY,
    entryPoints: PLUGIN_PACKAGES.map((name) => join(SOURCES, `${name}.ts`)),
    outdir: folder,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: OPTIONAL,
    logLevel: "silent",
    metafile: true,
    write: false,
  });
  const strangers = Object.keys(metafile.inputs).filter((input) => !isKnown(join(REPOSITORY, input)));
  if (strangers.length > 0) throw new Error(`stand-ins import only from their own folder and from packages, not ${strangers.join(", ")}`);
  await mkdir(folder, { recursive: true });
  for (const { path, text } of outputFiles) await writeAtomically(path, text, 0o644);
  await removeUnused();
}

/** Removes the bundles of sources that nobody has run for {@link KEPT_DAYS}. */
async function removeUnused(now = Date.now()): Promise<void> {
  for (const name of await readdir(cacheDir("stand-ins"))) {
    const folder = cacheDir("stand-ins", name);
    const used = await stat(folder).catch(() => undefined);
    if (used !== undefined && now - used.mtimeMs > KEPT_DAYS * 86_400_000) await rm(folder, { recursive: true, force: true });
  }
}

/** The value of NODE_PATH with which a bundle runs. */
export const STAND_IN_MODULES = join(REPOSITORY, "node_modules");

const isKnown = (file: string) => [SOURCES, STAND_IN_MODULES].some((folder) => file.startsWith(folder + sep));

async function digestOfSources(): Promise<string> {
  const entries = await readdir(SOURCES, { recursive: true, withFileTypes: true });
  const files = [LOCK, ...entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))].sort();
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${relative(REPOSITORY, file)}\0`)
      .update(await readFile(file))
      .update("\0");
  return hash.digest("hex").slice(0, 16);
}
