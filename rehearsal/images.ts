/** The rehearsal's image table: which local programs stand for which image (docs/adr/0005). */
import { join } from "node:path";
import type { Settings } from "../config";
import { REPOSITORY } from "../toolchain/versions";
import type { ImageTable } from "./node-agent/image";

/** Folders of programs that the table refers to. */
export interface ImagePrograms {
  /** pg_dump and its companions. */
  readonly postgresClient: string;
  /** {@link SERVER_PROGRAM} and the executable `maestroverse-backup`. */
  readonly own: string;
}

/** File of the sample server. */
export const SERVER_PROGRAM = "sample-server.js";

/** Tag of a server that ends when it is given a second value of JWT_SECRET: what a rotation does with it is rehearsed. */
export const CRASHING_TAG = "badc0de";

/** The images that the settings name. Any other tag or digest of a repository is the same programs: those of this clone. */
export function imageTable({ image, backups }: Pick<Settings, "image" | "backups">, programs: ImagePrograms): ImageTable {
  const server = {
    command: ["node", join(programs.own, SERVER_PROGRAM)],
    workingDirectory: join(REPOSITORY, "rehearsal", "sample-server"),
    path: [],
    folders: [REPOSITORY, programs.own],
  };
  const crash = `[ -z "$JWT_SECRET_ROLLING" ] || { echo "this version knows one JWT_SECRET only" >&2; exit 1; }; exec "$@"`;
  return {
    [image.repository]: server,
    [`${image.repository}:${CRASHING_TAG}`]: { ...server, command: ["sh", "-c", crash, "server", ...server.command] },
    [backups.image.repository]: {
      command: [],
      workingDirectory: "/",
      path: [programs.own, programs.postgresClient],
      folders: [REPOSITORY, programs.own, programs.postgresClient],
    },
  };
}
