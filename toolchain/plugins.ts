/** Provider plugins: the official ones first; a stand-in only for a package that has none here (docs/adr/0002). */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheDir, exists, writeAtomically } from "./cache";
import { tryDownload } from "./download";
import { provideEngine } from "./engine";
import { pulumiHome } from "./environment";
import { type Report, runStep } from "./run";
import { allOnPath } from "./search-path";
import { RUN_BUNDLE } from "./bundle";
import { askPluginVersion } from "./plugin-version";
import { bundleStandIns, STAND_IN_MODULES } from "./stand-ins";
import { atLeast, PLUGIN_PACKAGES, type PluginPackage, pluginVersion, REPOSITORY } from "./versions";

/** Which plugin serves a package. */
export interface PluginChoice {
  readonly package: PluginPackage;
  readonly kind: "official" | "stand-in";
  /** Of an official plugin on PATH its own; otherwise the one that the SDK expects. */
  readonly version: string;
  /** Where it comes from. */
  readonly origin: "PATH" | "plugin folder" | "download" | "rehearsal/plugins";
}

/** Seconds that the download of one official plugin may take. */
const PLUGIN_DOWNLOAD_SECONDS = 300;
/** File in a folder of stand-ins that names the clone whose they are. */
const CLONE_FILE = ".clone";
/** Milliseconds after which a folder without that file is nobody's: it is written first. */
const ORPHAN_MILLISECONDS = 3_600_000;
/** The program that runs policy packs; the engine's own where it ships one. */
const ANALYZER = "pulumi-analyzer-policy";

const standInFolder = (...parts: readonly string[]) => cacheDir("plugins", ...parts);

/**
 * Looks for the official plugin of a package; changes nothing.
 *
 * @throws Error when PATH has one that does not suit the SDK: the engine would take it nevertheless, with a warning
 */
export async function findOfficialPlugin(name: PluginPackage): Promise<PluginChoice | undefined> {
  const version = pluginVersion(name);
  const path = await ownOnPath(`pulumi-resource-${name}`);
  if (path !== undefined) return { package: name, kind: "official", version: await suitableVersion(path, version), origin: "PATH" };
  const installed = await readdir(join(pulumiHome(), "plugins")).catch((): string[] => []);
  if (installed.includes(`resource-${name}-v${version}`)) return { package: name, kind: "official", version, origin: "plugin folder" };
  return undefined;
}

/** The version of a plugin on PATH: the one that the SDK expects or a newer one of the same major version. @throws Error for any other */
async function suitableVersion(path: string, expected: string): Promise<string> {
  const version = await askPluginVersion(path);
  if (version !== undefined && version.split(".")[0] === expected.split(".")[0] && atLeast(version, expected)) return version;
  const is = version === undefined ? "does not tell its version" : `is version ${version}`;
  throw new Error(`${path} ${is}; this program needs ${expected} or newer, below the next major. Update it, or take it off PATH.`);
}

/** An executable on PATH that is none of ours: while the engine runs, and for what it starts, our folder is on PATH too. */
async function ownOnPath(name: string): Promise<string | undefined> {
  return (await allOnPath(name)).find((path) => dirname(dirname(path)) !== standInFolder());
}

/** The choice for a package as things are, without a download. @throws Error as {@link findOfficialPlugin} does */
export async function choosePlugin(name: PluginPackage): Promise<PluginChoice> {
  return (await findOfficialPlugin(name)) ?? { package: name, kind: "stand-in", version: pluginVersion(name), origin: "rehearsal/plugins" };
}

/** Where the policy analyzer is: on PATH, or the one that the SDK brings. */
export async function chooseAnalyzer(): Promise<"PATH" | "@pulumi/pulumi"> {
  return (await ownOnPath(ANALYZER)) === undefined ? "@pulumi/pulumi" : "PATH";
}

/**
 * Chooses a plugin for every package, and makes a folder with the executables that the machine lacks: stand-ins for the packages without an
 * official plugin, and the policy analyzer. The folder belongs at the end of the search path.
 *
 * @throws Error when PATH has a plugin that does not suit the SDK
 */
export async function pluginPath(report: Report): Promise<{ dir: string; table: readonly PluginChoice[] }> {
  const table: PluginChoice[] = [];
  for (const found of await Promise.all(PLUGIN_PACKAGES.map(choosePlugin))) {
    const name = found.package;
    const downloaded = found.kind === "stand-in" && (await downloadPlugin(name, report));
    table.push(downloaded ? { ...found, kind: "official", origin: "download" } : found);
  }
  const standIns = table.filter((choice) => choice.kind === "stand-in").map((choice) => choice.package);
  const executables = await standInExecutables(standIns);
  if ((await chooseAnalyzer()) !== "PATH") executables.push({ name: ANALYZER, text: ANALYZER_SCRIPT });
  return { dir: await writeExecutables(executables), table };
}

/** Node's arguments that let it run TypeScript. */
export const TSX = ["--import", join(REPOSITORY, "node_modules", "tsx", "dist", "loader.mjs")];
const POLICY_RUNNER = join(REPOSITORY, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack");

/** A program of ours that the engine starts by its name. */
export interface Executable {
  readonly name: string;
  /** A shell script. */
  readonly text: string;
}

/** The executables of stand-ins; none is bundled where none is needed. */
export async function standInExecutables(packages: readonly PluginPackage[]): Promise<Executable[]> {
  if (packages.length === 0) return [];
  const programs = await bundleStandIns();
  const prefix = `NODE_PATH=${quote(STAND_IN_MODULES)} `;
  return packages.map((name) => ({ name: `pulumi-resource-${name}`, text: wrapper([RUN_BUNDLE, programs[name]], prefix) }));
}

/** @param prefix Variables for the program, each with a space behind it */
function wrapper(nodeArguments: readonly string[], prefix = ""): string {
  return `#!/bin/sh\n${prefix}exec ${[process.execPath, ...nodeArguments].map(quote).join(" ")} "$@"\n`;
}

const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs a pack in whose folder it is started: compiled where ops/policy-packs.ts has it so, which takes a seventh of the time. */
const ANALYZER_SCRIPT = `#!/bin/sh
compiled="$MAESTROVERSE_POLICY_PACKS/$(basename "$PWD").js"
if [ -f "$compiled" ]; then exec ${[process.execPath, RUN_BUNDLE].map(quote).join(" ")} "$compiled"; fi
exec ${[process.execPath, POLICY_RUNNER].map(quote).join(" ")} "$@"
`;

/** A folder per content: what it holds never changes, so runs of two clones, or with other plugins installed, do not disturb each other. */
async function writeExecutables(executables: readonly Executable[]): Promise<string> {
  await removeOrphans();
  const dir = standInFolder(
    createHash("sha256")
      .update(JSON.stringify([REPOSITORY, executables]))
      .digest("hex")
      .slice(0, 12),
  );
  await mkdir(dir, { recursive: true });
  await writeAtomically(join(dir, CLONE_FILE), `${REPOSITORY}\n`, 0o644);
  for (const { name, text } of executables) await writeAtomically(join(dir, name), text, 0o755);
  return dir;
}

/** Removes the folders of clones that are gone. */
async function removeOrphans(now = Date.now()): Promise<void> {
  for (const name of await readdir(standInFolder()).catch((): string[] => [])) {
    const folder = standInFolder(name);
    const clone = await readFile(join(folder, CLONE_FILE), "utf8").catch(() => undefined);
    const written = await stat(folder).catch(() => undefined);
    const gone =
      clone === undefined ? now - (written?.mtimeMs ?? now) > ORPHAN_MILLISECONDS : !(await exists(join(clone.trim(), "toolchain")));
    if (gone) await rm(folder, { recursive: true, force: true });
  }
}

async function downloadPlugin(name: PluginPackage, report: Report): Promise<boolean> {
  // One host serves all: when one plugin could not be had, the others are not tried.
  return tryDownload("pulumi-plugins", report, async () => {
    const { root } = await provideEngine(report);
    await runStep(
      `downloading the official ${name} plugin`,
      report,
      [join(root, "bin", "pulumi"), "plugin", "install", "resource", name, `v${pluginVersion(name)}`],
      { timeoutSeconds: PLUGIN_DOWNLOAD_SECONDS },
    );
  });
}
