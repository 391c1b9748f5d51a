/** The program `maestroverse-backup` as one file of JavaScript, which runs wherever Node.js does: nothing has to be installed beside it. */
import { join } from "node:path";
import { OPTIONAL } from "../toolchain/bundle";
import { REPOSITORY } from "../toolchain/versions";

/** The program as a file that is run by its name: what the image has (`ops/backup/Dockerfile`). */
export async function renderBackupProgram(): Promise<string> {
  return `#!/usr/bin/env node\n${await bundleBackupProgram()}`;
}

/** Bundles `ops/backup/main.ts` and all that it needs, in ASCII, with the licences that ask to be kept at its end. */
export async function bundleBackupProgram(): Promise<string> {
  // Loaded when it is needed: most commands do without.
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: REPOSITORY,
    entryPoints: [join(REPOSITORY, "ops", "backup", "main.ts")],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: OPTIONAL,
    minify: true,
    legalComments: "eof",
    logLevel: "silent",
    write: false,
  });
  return outputFiles[0].text;
}
