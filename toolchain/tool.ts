/** A tool beyond Node.js: how one is looked for, and how it is had where it is missing. */
import { cacheDir, exists, withLock } from "./cache";
import { diskHint, InterruptedError, type Report, versionOf } from "./run";
import type { Wanted } from "./versions";

/** Where a tool came from. */
export type Origin = "PATH" | "Debian" | "download" | "built from its Go module" | "PyPI" | "npm";

/** An executable that may serve. */
export interface Candidate {
  readonly path: string;
  readonly origin: Origin;
  /** Its version, where it is known without asking it: the cache's folders bear theirs. */
  readonly version?: string;
}

/** A tool that is there. */
export interface Found {
  /** The executable. */
  readonly path: string;
  readonly version: string;
  readonly origin: Origin;
}

/** A tool. */
export interface Tool {
  /** The executable's name. */
  readonly name: string;
  /** What it is needed for. */
  readonly purpose: string;
  readonly wanted: Wanted;
  /** Arguments by which it prints its version. */
  readonly versionArguments: readonly string[];
  /** Further environment for that. */
  readonly versionEnvironment?: Readonly<Record<string, string>>;
  /** Where it may be, the best first. Quick; changes nothing. */
  candidates(): Promise<readonly Candidate[]>;
  /** How {@link get} gets it, for people: "build it from its Go module". */
  readonly remedy: string;
  /** Gets it; called under a lock when no candidate serves. @throws Error with what to do */
  get(report: Report, signal?: AbortSignal): Promise<void>;
  /** Fetches what {@link get} will need, while other tools are being built. Its failure is no matter: `get` fails with it. */
  prefetch?(report: Report, signal?: AbortSignal): Promise<unknown>;
}

/** The outcome of {@link lookUp}. */
export interface Lookup {
  readonly found: Found | undefined;
  /** A few words on each better-placed candidate that does not serve. */
  readonly refused: readonly string[];
}

/** Looks for a tool: the first candidate whose version is wanted. Changes nothing. */
export async function lookUp(tool: Tool): Promise<Lookup> {
  const refused: string[] = [];
  for (const candidate of await tool.candidates()) {
    const { path, origin } = candidate;
    const version = candidate.version ?? (await versionOf(path, tool.versionArguments, { env: tool.versionEnvironment ?? {} }));
    if (version !== undefined && tool.wanted.accepts(version)) return { found: { path, version, origin }, refused };
    refused.push(
      version === undefined
        ? `${path} does not tell its version (${tool.name} ${tool.versionArguments.join(" ")}); ${tool.wanted.text} is wanted`
        : `${path} is ${tool.name} ${version}; ${tool.wanted.text} is wanted`,
    );
  }
  return { found: undefined, refused };
}

/**
 * Finds a tool, or gets it. One run at a time gets it; the others wait.
 *
 * @throws InterruptedError, or Error that names the tool and says what to do
 */
export async function provide(tool: Tool, report: Report, signal?: AbortSignal): Promise<Found> {
  const { found } = await lookUp(tool);
  if (found !== undefined) return found;
  try {
    return await withLock(`tool-${tool.name}`, () => getTool(tool, report, signal), waiting(tool.name, report, signal));
  } catch (error) {
    if (signal?.aborted === true && !(error instanceof InterruptedError)) throw new InterruptedError(`getting ${tool.name}`, "aborted");
    throw error;
  }
}

async function getTool(tool: Tool, report: Report, signal: AbortSignal | undefined): Promise<Found> {
  const before = await lookUp(tool);
  if (before.found !== undefined) return before.found;
  for (const words of before.refused) report(`  ${words}`);
  report(`${tool.name} is missing (${tool.purpose}): ${tool.remedy}`);
  try {
    await tool.get(report, signal);
  } catch (error) {
    if (error instanceof InterruptedError || !(error instanceof Error)) throw error;
    const hint = (error as NodeJS.ErrnoException).code === undefined ? "" : diskHint(error.message);
    throw new Error(`cannot get ${tool.name} (${tool.purpose}): ${error.message}${hint}`, { cause: error });
  }
  const { found, refused } = await lookUp(tool);
  if (found === undefined)
    throw new Error(
      `${tool.name} ${tool.wanted.text} is needed (${tool.purpose}), and there is none after: ${tool.remedy}. ` +
        `${refused.map((each) => `${each}. `).join("")}Put ${tool.name} ${tool.wanted.text} on PATH and run again.`,
    );
  report(`${tool.name} ${found.version}: ${found.origin}`);
  return found;
}

/** Progress of a wait for another run. */
export function waiting(what: string, report: Report, signal: AbortSignal | undefined) {
  return {
    signal,
    onWait: (pid: number, seconds: number) => report(`  ${what}: waiting for another run (pid ${pid}) that is getting it: ${seconds} s`),
  };
}

/** Folder of a tool in the cache; its programs are in `bin`. */
export const toolDir = (name: string, version: string) => cacheDir("tools", `${name}-${version}`);

/** A program in the cache, as a candidate. */
export async function cached(path: string, version: string, origin: Origin): Promise<Candidate[]> {
  return (await exists(path)) ? [{ path, version, origin }] : [];
}
