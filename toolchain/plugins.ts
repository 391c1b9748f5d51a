/** Provider plugins: the official ones first; a stand-in only for a package that has none here (docs/adr/0002). */
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheDir, withLock } from "./cache";
import { type Report, runStep } from "./run";
import { onPath, tryDownload } from "./tools";
import { PLUGIN_PACKAGES, type PluginPackage, pluginVersion, REPOSITORY } from "./versions";
import { provideEngine } from "./engine";

/** Which plugin serves a package. */
export interface PluginChoice {
  readonly package: PluginPackage;
  readonly kind: "official" | "stand-in";
  /** Version that the SDK expects. */
  readonly version: string;
  /** Where it comes from. */
  readonly origin: "PATH" | "plugin folder" | "download" | "rehearsal/plugins";
}

/** Seconds that the download of one official plugin may take. */
const PLUGIN_DOWNLOAD_SECONDS = 300;

/** Pulumi's folder of plugins. */
function pluginFolder(): string {
  const home = process.env["PULUMI_HOME"];
  return join(home === undefined || home === "" ? join(homedir(), ".pulumi") : home, "plugins");
}

/** Looks for the official plugin of a package; changes nothing. */
export async function findOfficialPlugin(name: PluginPackage): Promise<PluginChoice | undefined> {
  const version = pluginVersion(name);
  if ((await onPath(`pulumi-resource-${name}`)) !== undefined) return { package: name, kind: "official", version, origin: "PATH" };
  const installed = await readdir(pluginFolder()).catch((): string[] => []);
  if (installed.includes(`resource-${name}-v${version}`)) return { package: name, kind: "official", version, origin: "plugin folder" };
  return undefined;
}

/** The choice for a package as things are, without a download. */
export async function choosePlugin(name: PluginPackage): Promise<PluginChoice> {
  return (await findOfficialPlugin(name)) ?? { package: name, kind: "stand-in", version: pluginVersion(name), origin: "rehearsal/plugins" };
}

/**
 * Chooses a plugin for every package, and makes a folder with the executables that the machine lacks: stand-ins for the packages without an
 * official plugin, and the policy analyzer. The folder belongs at the end of the search path.
 */
export async function pluginPath(report: Report): Promise<{ dir: string; table: readonly PluginChoice[] }> {
  const table: PluginChoice[] = [];
  for (const name of PLUGIN_PACKAGES) {
    const found = await choosePlugin(name);
    table.push(
      found.kind === "official" || !(await downloadPlugin(name, report)) ? found : { ...found, kind: "official", origin: "download" },
    );
  }
  // Per clone and choice: two clones, or a plugin that was installed since, do not share a folder.
  const standIns = table.filter((choice) => choice.kind === "stand-in").map((choice) => choice.package);
  const key = createHash("sha256")
    .update(JSON.stringify([REPOSITORY, process.execPath, standIns]))
    .digest("hex")
    .slice(0, 12);
  const dir = cacheDir("plugins", key);
  await withLock(`plugins-${key}`, async () => {
    await mkdir(dir, { recursive: true });
    for (const name of standIns)
      await writeExecutable(join(dir, `pulumi-resource-${name}`), [...TSX, join(REPOSITORY, "rehearsal", "plugins", `${name}.ts`)]);
    if ((await onPath("pulumi-analyzer-policy")) === undefined)
      await writeExecutable(join(dir, "pulumi-analyzer-policy"), [
        join(REPOSITORY, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack"),
      ]);
    else await rm(join(dir, "pulumi-analyzer-policy"), { force: true });
  });
  return { dir, table };
}

/** Node's arguments that let it run TypeScript. */
const TSX = ["--import", join(REPOSITORY, "node_modules", "tsx", "dist", "loader.mjs")];

async function writeExecutable(file: string, nodeArguments: readonly string[]): Promise<void> {
  const quoted = [process.execPath, ...nodeArguments].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  await writeFile(file, `#!/bin/sh\nexec ${quoted.join(" ")} "$@"\n`, { mode: 0o755 });
}

async function downloadPlugin(name: PluginPackage, report: Report): Promise<boolean> {
  // One host serves all: when one plugin could not be had, the others are not tried.
  return tryDownload("pulumi-plugins", report, async () => {
    const reachable = await fetch("https://get.pulumi.com/", { method: "HEAD", signal: AbortSignal.timeout(10_000) });
    if (!reachable.ok) throw new Error(`get.pulumi.com answered ${reachable.status}`);
    const { root } = await provideEngine(report);
    await runStep(
      `downloading the official ${name} plugin`,
      report,
      [join(root, "bin", "pulumi"), "plugin", "install", "resource", name, `v${pluginVersion(name)}`],
      { timeoutSeconds: PLUGIN_DOWNLOAD_SECONDS },
    );
  });
}
