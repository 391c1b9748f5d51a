/** A machine with nothing but what a test puts on it: an empty search path, cache and home, for as long as the test runs. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { cacheDir } from "../../toolchain/cache";

/** Such a machine. */
export interface FakeMachine {
  /** Its folder. */
  readonly root: string;
  /** A path in its cache. */
  cache(...parts: readonly string[]): string;
  /** A shell script on its search path. @returns its path */
  program(name: string, script: string, folder?: string): string;
  /** Remembers that the official downloads failed a moment ago: nothing is tried. */
  forgoDownloads(): void;
  /** Lends it the stand-ins that are bundled here: making them takes ten seconds of a processor. */
  lendStandIns(): void;
  /** Its environment, for a child process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Puts the real environment back and removes everything. */
  remove(): void;
}

/** Makes this process believe that it runs on an empty machine. */
export function startFakeMachine(): FakeMachine {
  const root = mkdtempSync(join(tmpdir(), "fake-machine-"));
  const path = [join(root, "first"), join(root, "bin")];
  for (const folder of path) mkdirSync(folder);
  const environment = { PATH: path.join(delimiter), XDG_CACHE_HOME: join(root, "cache"), HOME: root, PULUMI_HOME: join(root, ".pulumi") };
  const before = { ...process.env };
  const standIns = cacheDir("stand-ins");
  Object.assign(process.env, environment);
  const cache = (...parts: readonly string[]) => join(root, "cache", "maestroverse-ops", ...parts);
  return {
    root,
    cache,
    environment,
    program(name, script, folder = "bin") {
      const file = join(root, folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
      return file;
    },
    forgoDownloads() {
      mkdirSync(cache("downloads"), { recursive: true });
      for (const name of ["pulumi", "pulumi-plugins"]) writeFileSync(cache("downloads", `${name}.failed`), String(Date.now()));
    },
    lendStandIns() {
      mkdirSync(cache("stand-ins"), { recursive: true });
      for (const name of existsSync(standIns) ? readdirSync(standIns) : []) symlinkSync(join(standIns, name), cache("stand-ins", name));
    },
    remove() {
      for (const name of Object.keys(environment)) delete process.env[name];
      Object.assign(process.env, before);
      rmSync(root, { recursive: true, force: true });
    },
  };
}
