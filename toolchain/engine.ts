/** The Pulumi engine that runs this program. */
import { mkdir, rename, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createHash, randomUUID } from "node:crypto";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { cacheDir, exists, installAtomically } from "./cache";
import { tryDownload } from "./download";
import { buildModule, downloadModule } from "./go-tools";
import type { Report } from "./run";
import { allOnPath } from "./search-path";
import { cached, type Candidate, type Origin, provide, type Tool, toolDir } from "./tool";
import { newerThan, PULUMI_VERSION } from "./versions";

/** An engine that is there. */
export interface Engine {
  /** Folder whose `bin/pulumi` it is. */
  readonly root: string;
  readonly version: string;
  readonly origin: Origin;
}

const MODULE = {
  name: "pulumi",
  version: PULUMI_VERSION,
  commands: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
  linkerFlags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${PULUMI_VERSION}`,
};
/** Name of the official release in the cache. */
const OFFICIAL = "pulumi-official";

/** The Pulumi CLI, with its engine. */
export const engineTool: Tool = {
  name: "pulumi",
  purpose: "the engine",
  // Older engines lack what the SDK relies on.
  wanted: newerThan(PULUMI_VERSION),
  versionArguments: ["version"],
  versionEnvironment: { PULUMI_SKIP_UPDATE_CHECK: "true" },
  async candidates() {
    const own = (await allOnPath("pulumi")).map((path): Candidate => ({ path, origin: "PATH" }));
    const inCache = (name: string, origin: Origin) => cached(join(toolDir(name, PULUMI_VERSION), "bin", "pulumi"), PULUMI_VERSION, origin);
    return [...own, ...(await inCache(OFFICIAL, "download")), ...(await inCache(MODULE.name, "built from its Go module"))];
  },
  remedy: "downloading it, or else building it from its Go module",
  async get(report, signal) {
    const downloaded = await tryDownload("pulumi", report, async () => {
      const { parse } = await import("semver");
      await installAtomically(toolDir(OFFICIAL, PULUMI_VERSION), async (folder) => {
        await PulumiCommand.install({ root: folder, version: parse(PULUMI_VERSION) ?? undefined });
      });
    });
    if (!downloaded) await buildModule(MODULE, report, signal);
  },
  prefetch: (report, signal) => downloadModule(MODULE, report, signal),
};

/** Finds the engine, or gets it. @throws Error with what to do when it cannot be had */
export async function provideEngine(report: Report): Promise<Engine> {
  const { path, version, origin } = await provide(engineTool, report);
  return { root: await rootOf(path), version, origin };
}

/** The Automation API takes a folder with `bin/pulumi`; a version manager's is elsewhere, and gets a link to it. */
async function rootOf(path: string): Promise<string> {
  if (basename(dirname(path)) === "bin") return dirname(dirname(path));
  const root = cacheDir("engines", createHash("sha256").update(path).digest("hex").slice(0, 12));
  const link = join(root, "bin", "pulumi");
  if (!(await exists(link))) {
    await mkdir(dirname(link), { recursive: true });
    const temporary = `${link}.${randomUUID()}`;
    await symlink(path, temporary);
    await rename(temporary, link);
  }
  return root;
}
