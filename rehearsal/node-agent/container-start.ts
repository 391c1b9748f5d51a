/** What a container becomes on this machine: its program, environment, folders and user. */
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { isAbsolute, join, posix } from "node:path";
import { findImage, type LocalImage } from "./image";
import { buildEnvironment, ConfigError, expand } from "./environment";
import type { Host } from "./host";
import type { Container, Pod } from "./objects";
import { chown } from "./owner";
import { type Mount, nodeFolder, type SandboxOptions } from "./sandbox";
import type { MountedVolume } from "./volumes";

/** Search path of an image, behind its own folders. */
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** An image that the table does not have. */
export class ImageError extends Error {
  constructor(image: string, known: readonly string[]) {
    super(`${image} is not in the image table of the rehearsal, which has ${known.join(", ")} (rehearsal/images.ts)`);
    this.name = "ImageError";
  }
}

/** Where a container lives. */
export interface ContainerPlace {
  /** Folder of the pod on this machine. */
  readonly directory: string;
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  /** Address that its processes listen on, the twin of the pod's. */
  readonly listenAddress: string;
}

/** File that a container may leave its last words in. */
export function messageFile(directory: string, { name }: Container): string {
  return join(directory, `${name}.message`);
}

/**
 * Everything that a container is started with.
 *
 * @throws ImageError, ConfigError: what it needs is missing, and may still come
 */
export async function sandboxOptions(spec: Container, pod: Pod, host: Host, place: ContainerPlace): Promise<SandboxOptions> {
  const { directory, volumes, listenAddress } = place;
  const image = findImage(host.images, spec.image ?? "");
  if (image === undefined) throw new ImageError(spec.image ?? "", Object.keys(host.images));
  const variables = await buildEnvironment(spec, pod, host.lookup(pod.metadata?.namespace ?? ""));
  const command = (spec.command ?? image.command).concat(spec.args ?? []).map((word) => expand(word, variables));
  if (command.length === 0) throw new ConfigError("no command specified: neither the container nor the image has one");

  const podSecurity = pod.spec?.securityContext ?? {};
  const security = { ...podSecurity, ...spec.securityContext };
  const { runAsUser: uid = 0, runAsGroup: gid = 0, readOnlyRootFilesystem = false } = security;
  const message = messageFile(directory, spec);
  writeFileSync(message, "");
  chown(message, uid, gid);
  const hostname = pod.spec?.hostname ?? pod.metadata?.name ?? "";
  return {
    hostname,
    command,
    environment: {
      PATH: [...image.path, ...nodePath(), SYSTEM_PATH].join(":"),
      HOME: "/",
      HOSTNAME: hostname,
      LISTEN_ADDRESS: listenAddress,
      ...variables,
    },
    workingDirectory: spec.workingDir ?? image.workingDirectory,
    mounts: [
      ...imageMounts(image),
      ...volumeMounts(spec, volumes),
      { source: message, target: spec.terminationMessagePath ?? "/dev/termination-log", readOnly: false },
    ],
    readOnlyRoot: readOnlyRootFilesystem,
    user: {
      uid,
      gid,
      groups: [...new Set([podSecurity.fsGroup, ...(podSecurity.supplementalGroups ?? [])])].filter((group) => group !== undefined),
    },
    logFile: join(directory, `${spec.name}.log`),
    recordFile: join(directory, `${spec.name}.process`),
  };
}

function nodePath(): string[] {
  const folder = nodeFolder(process.execPath);
  return folder === undefined ? [] : [join(folder, "bin")];
}

function imageMounts({ folders }: LocalImage): Mount[] {
  const node = nodeFolder(process.execPath);
  return [...folders, ...(node === undefined ? [] : [node])]
    .filter((folder) => !folder.startsWith("/usr/"))
    .map((folder) => ({ source: folder, target: folder, readOnly: true }));
}

function volumeMounts({ volumeMounts: mounts = [] }: Container, volumes: ReadonlyMap<string, MountedVolume>): Mount[] {
  return mounts.map(({ name, mountPath, subPath = "", readOnly = false }) => {
    const volume = volumes.get(name);
    if (volume === undefined) throw new ConfigError(`there is no volume ${name}`);
    if (isAbsolute(subPath) || subPath.split("/").includes("..")) throw new ConfigError(`the subPath ${subPath} leaves its volume`);
    const source = join(volume.source, subPath);
    if (!volume.readOnly) makeSubPath(volume.source, subPath);
    return { source, target: posix.normalize(mountPath).replace(/(.)\/$/, "$1"), readOnly: readOnly || volume.readOnly };
  });
}

/** Folders inside a volume, as open as the volume itself; its group is inherited. */
function makeSubPath(volume: string, subPath: string): void {
  let folder = volume;
  for (const part of subPath.split("/").filter((each) => each !== "")) {
    folder = join(folder, part);
    if (existsSync(folder)) continue;
    mkdirSync(folder);
    chmodSync(folder, statSync(volume).mode & 0o7777);
  }
}
