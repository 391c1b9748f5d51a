/**
 * Every tool beyond Node.js. Each is looked for on PATH, then where Debian puts it or in the cache; a missing one is downloaded (engine
 * only), built from its Go module, or installed from Debian, PyPI or npm.
 */
import { bubblewrapTool, chromiumTool, flockTool, nginxTool, opensslTool, postgresTool, setprivTool } from "./debian-tools";
import { engineTool } from "./engine";
import { actionlintTool, controlPlaneTools } from "./go-tools";
import { axeTool, observatoryTool } from "./npm-tools";
import { gixyTool, motoTool } from "./python-tools";
import type { Report } from "./run";
import { type Found, lookUp, provide, type Tool } from "./tool";

export {
  actionlintTool,
  axeTool,
  bubblewrapTool,
  chromiumTool,
  controlPlaneTools,
  engineTool,
  flockTool,
  gixyTool,
  motoTool,
  nginxTool,
  observatoryTool,
  opensslTool,
  postgresTool,
  setprivTool,
};
export { type Found, provide, type Tool } from "./tool";

/** What the rehearsal needs, in the order in which it is best had: what takes longest comes first. */
export const REHEARSAL_TOOLS: readonly Tool[] = [
  engineTool,
  ...Object.values(controlPlaneTools),
  postgresTool,
  nginxTool,
  motoTool,
  bubblewrapTool,
  opensslTool,
  setprivTool,
  flockTool,
];

/** Every tool, for the doctor's table. */
export const ALL_TOOLS: readonly Tool[] = [...REHEARSAL_TOOLS, chromiumTool, axeTool, gixyTool, observatoryTool, actionlintTool];

/**
 * Finds every tool, or gets it: builds one after the other, for they use every core; beside them the downloads for the later builds, and
 * what is installed.
 *
 * @returns one for each tool, in their order
 * @throws InterruptedError, or Error that names the first tool that cannot be had; nothing is under way then
 */
export async function provideAll(tools: readonly Tool[], report: Report, signal?: AbortSignal): Promise<Found[]> {
  const found = new Map<Tool, Found>();
  for (const [tool, lookup] of await Promise.all(tools.map(async (each) => [each, await lookUp(each)] as const)))
    if (lookup.found !== undefined) found.set(tool, lookup.found);
  const missing = tools.filter((tool) => !found.has(tool));
  const [builds, installations] = [missing.filter(isBuilt), missing.filter((tool) => !isBuilt(tool))];

  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const get = async (tool: Tool) => found.set(tool, await provide(tool, report, either));
  const build = async () => {
    for (const tool of builds) await get(tool);
  };
  const fetchAndInstall = async () => {
    // The first one's own build fetches it.
    const fetches = new Set(builds.map((tool) => tool.prefetch));
    fetches.delete(builds[0]?.prefetch);
    for (const tool of installations) await get(tool);
    for (const fetch of fetches) await fetch?.(report, either).catch(() => undefined);
  };
  const errors: unknown[] = [];
  await Promise.all(
    [build, fetchAndInstall].map((lane) =>
      lane().catch((error: unknown) => {
        errors.push(error);
        failed.abort(error);
      }),
    ),
  );
  if (errors.length > 0) throw errors[0];
  return tools.map((tool) => found.get(tool) as Found);
}

const isBuilt = (tool: Tool) => tool.prefetch !== undefined;
