/** Mozilla's HTTP Observatory, whose rules grade a site's headers: in the cache, since as a dependency it would download lists when installed. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runStep } from "./run";
import { cached, type Tool, toolDir } from "./tool";
import { likeVersion, OBSERVATORY_BEFORE, OBSERVATORY_VERSION } from "./versions";

const PACKAGE = "@mdn/mdn-http-observatory";
/** The list of preloaded hosts that it would download. Empty: no host is graded by what it has promised before. */
const PRELOADED = join("conf", "hsts-preload.json");

const folder = () => join(toolDir("observatory", OBSERVATORY_VERSION), "node_modules", PACKAGE);

/** A package and not a program: its path is the folder of its sources. */
export const observatoryTool: Tool = {
  name: "observatory",
  purpose: "grades of the edge's headers",
  wanted: likeVersion(OBSERVATORY_VERSION, 3),
  versionArguments: [],
  // Written last.
  candidates: async () =>
    (await cached(join(folder(), PRELOADED), OBSERVATORY_VERSION, "npm")).map((found) => ({ ...found, path: join(folder(), "src") })),
  remedy: "installing it from npm into the cache",
  async get(report, signal) {
    const target = toolDir("observatory", OBSERVATORY_VERSION);
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional", "--loglevel=error"];
    const install = ["install", "--prefix", target, ...quiet, `--before=${OBSERVATORY_BEFORE}`, `${PACKAGE}@${OBSERVATORY_VERSION}`];
    await runStep("installing the Observatory from npm", report, ["npm", ...install], { signal });
    await writeFile(join(folder(), PRELOADED), "{}");
  },
};
