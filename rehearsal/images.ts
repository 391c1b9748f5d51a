/** The rehearsal's image table: which local programs stand for which image (docs/adr/0005). */
import { join } from "node:path";
import type { Settings } from "../config";
import { TSX } from "../toolchain/plugins";
import { REPOSITORY } from "../toolchain/versions";
import type { ImageTable } from "./node-agent/image";

/** Folders of programs that the table refers to. */
export interface ImagePrograms {
  /** pg_dump and its companions. */
  readonly postgresClient: string;
  /** The executable `maestroverse-backup`. */
  readonly backup: string;
}

/** Tag of a server that ends when it is given a second value of JWT_SECRET: what a rotation does with it is rehearsed. */
export const CRASHING_TAG = "badc0de";

/** The images that the settings name. Any other tag or digest of a repository is the same programs: those of this clone. */
export function imageTable({ image, backups }: Pick<Settings, "image" | "backups">, programs: ImagePrograms): ImageTable {
  const server = {
    command: ["node", ...TSX, "server/main.ts"],
    workingDirectory: join(REPOSITORY, "rehearsal", "sample-server"),
    path: [],
    folders: [REPOSITORY],
  };
  const crash = `[ -z "$JWT_SECRET_ROLLING" ] || { echo "this version knows one JWT_SECRET only" >&2; exit 1; }; exec "$@"`;
  return {
    [image.repository]: server,
    [`${image.repository}:${CRASHING_TAG}`]: { ...server, command: ["sh", "-c", crash, "server", ...server.command] },
    [backups.image.repository]: {
      command: [],
      workingDirectory: "/",
      path: [programs.backup, programs.postgresClient],
      folders: [REPOSITORY, programs.backup, programs.postgresClient],
    },
  };
}

/** Text of the executable `maestroverse-backup`, as the image of the operator's programs has it. */
export function backupExecutable(): string {
  return `#!/bin/sh\nexec node ${[...TSX, join(REPOSITORY, "ops", "backup", "main.ts")].map((word) => `'${word}'`).join(" ")} "$@"\n`;
}
