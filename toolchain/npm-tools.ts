/** Packages of npm that are no dependencies of this program: in the cache, where only the tests that ask them look. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Report, runStep } from "./run";
import { cached, type Tool, toolDir } from "./tool";
import { AXE_VERSION, likeVersion, OBSERVATORY_BEFORE, OBSERVATORY_VERSION } from "./versions";

/** Installs a package into a folder of its own. @param before day as of which its dependencies are taken */
async function install(
  what: string,
  target: string,
  packageAndVersion: string,
  report: Report,
  options: { signal?: AbortSignal | undefined; before?: string },
) {
  const { signal, before } = options;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional", "--loglevel=error"];
  const asOf = before === undefined ? [] : [`--before=${before}`];
  const words = ["npm", "install", "--prefix", target, ...quiet, ...asOf, packageAndVersion] as const;
  await runStep(`installing ${what} from npm`, report, words, { signal });
}

const OBSERVATORY_PACKAGE = "@mdn/mdn-http-observatory";
/** The list of preloaded hosts that it would download. Empty: no host is graded by what it has promised before. */
const PRELOADED = join("conf", "hsts-preload.json");
const observatoryTarget = () => toolDir("observatory", OBSERVATORY_VERSION);
const observatoryFolder = () => join(observatoryTarget(), "node_modules", OBSERVATORY_PACKAGE);

/**
 * Mozilla's HTTP Observatory, whose rules grade a site's headers; as a dependency it would download lists when installed. A package and not a
 * program: its path is the folder of its sources.
 */
export const observatoryTool: Tool = {
  name: "observatory",
  purpose: "grades of the edge's headers",
  wanted: likeVersion(OBSERVATORY_VERSION, 3),
  versionArguments: [],
  // Written last.
  candidates: async () =>
    (await cached(join(observatoryFolder(), PRELOADED), OBSERVATORY_VERSION, "npm")).map((found) => ({
      ...found,
      path: join(observatoryFolder(), "src"),
    })),
  remedy: "installing it from npm into the cache",
  async get(report, signal) {
    const named = `${OBSERVATORY_PACKAGE}@${OBSERVATORY_VERSION}`;
    await install("the Observatory", observatoryTarget(), named, report, { signal, before: OBSERVATORY_BEFORE });
    await writeFile(join(observatoryFolder(), PRELOADED), "{}");
  },
};

const axeTarget = () => toolDir("axe", AXE_VERSION);

/**
 * axe, which finds what keeps people from using a page; its licence (MPL-2.0) asks for more than a dependency's may: quality/licences.ts. A script
 * and not a program: its path is the file that a page is given.
 */
export const axeTool: Tool = {
  name: "axe",
  purpose: "page tests: who cannot see or point uses the page too",
  wanted: likeVersion(AXE_VERSION, 3),
  versionArguments: [],
  // npm writes its own list last.
  candidates: async () =>
    (await cached(join(axeTarget(), "node_modules", ".package-lock.json"), AXE_VERSION, "npm")).map((found) => ({
      ...found,
      path: join(axeTarget(), "node_modules", "axe-core", "axe.min.js"),
    })),
  remedy: "installing it from npm into the cache",
  get: (report, signal) => install("axe", axeTarget(), `axe-core@${AXE_VERSION}`, report, { signal }),
};
