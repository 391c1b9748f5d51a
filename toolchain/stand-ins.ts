/** The stand-in plugins' programs. */
import { join } from "node:path";
import { bundlePrograms, MODULES } from "./bundle";
import { PLUGIN_PACKAGES, type PluginPackage, REPOSITORY } from "./versions";

const SOURCES = join(REPOSITORY, "rehearsal", "plugins");

/** The program of each stand-in. It finds packages' descriptions (their versions) by NODE_PATH: {@link STAND_IN_MODULES} */
export function bundleStandIns(): Promise<Readonly<Record<PluginPackage, string>>> {
  const entries = Object.fromEntries(PLUGIN_PACKAGES.map((name) => [name, join(SOURCES, `${name}.ts`)])) as Record<PluginPackage, string>;
  return bundlePrograms({ kind: "stand-ins", sources: [SOURCES], entries });
}

/** The value of NODE_PATH with which a stand-in runs. */
export const STAND_IN_MODULES = MODULES;
