/** The Pulumi engine that runs this program. */
import { dirname } from "node:path";
import type { Report } from "./run";
import { engineTool, type Origin, provide } from "./tools";

/** An engine that is there. */
export interface Engine {
  /** Folder whose `bin/pulumi` it is. */
  readonly root: string;
  readonly version: string;
  readonly origin: Origin;
}

/** Finds the engine, or gets it. @throws Error with what to do when it cannot be had */
export async function provideEngine(report: Report): Promise<Engine> {
  const { path, version, origin } = await provide(engineTool, report);
  return { root: dirname(dirname(path)), version, origin };
}
