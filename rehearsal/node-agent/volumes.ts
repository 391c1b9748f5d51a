/** A pod's volumes as folders of this machine. */
import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Api } from "./api";
import { type Data, fieldValue, loadData, type Lookup } from "./environment";
import {
  identity,
  type KeyToPath,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type TokenRequest,
  type Volume,
  type VolumeProjection,
} from "./objects";
import { giveToGroup } from "./owner";
import { type ProjectedFile, writeProjection } from "./projection";
import { parseQuantity } from "./quantity";

/** Something that a volume is made of is missing: it may still come. */
class MountError extends Error {
  constructor(volume: string, message: string) {
    super(`MountVolume.SetUp failed for volume ${JSON.stringify(volume)}: ${message}`);
    this.name = "MountError";
  }
}

/** A volume that is there. */
export interface MountedVolume {
  /** Folder on this machine. */
  readonly source: string;
  readonly readOnly: boolean;
  /** Writes the files anew when their origin has changed or a token grows old. */
  readonly refresh?: () => Promise<void>;
  /** Bytes that it may hold; undefined: no limit. */
  readonly limitBytes?: number;
}

/** What volumes are made from. */
export interface VolumeContext {
  readonly api: Api;
  readonly lookup: Lookup;
  /** Folder of the pod's volumes. */
  readonly directory: string;
}

const DEFAULT_MODE = 0o644;

/**
 * Makes the volumes of a pod, by name; those that are there already are brought up to date.
 *
 * @throws MountError when something is missing
 */
export async function mountVolumes(pod: Pod, context: VolumeContext): Promise<ReadonlyMap<string, MountedVolume>> {
  const mounted = new Map<string, MountedVolume>();
  for (const volume of pod.spec?.volumes ?? []) mounted.set(volume.name, await mountVolume(pod, volume, context));
  return mounted;
}

async function mountVolume(pod: Pod, volume: Volume, context: VolumeContext): Promise<MountedVolume> {
  const { fsGroup: group, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
  if (volume.persistentVolumeClaim !== undefined) {
    const source = await claimedFolder(pod, volume.name, volume.persistentVolumeClaim.claimName, context.api);
    if (group !== undefined) giveToGroup(source, group, fsGroupChangePolicy === "OnRootMismatch");
    return { source, readOnly: volume.persistentVolumeClaim.readOnly ?? false };
  }
  const source = join(context.directory, volume.name);
  if (volume.emptyDir !== undefined) {
    const { sizeLimit } = volume.emptyDir;
    makeWritable(source, group);
    return { source, readOnly: false, ...(sizeLimit === undefined ? {} : { limitBytes: parseQuantity(sizeLimit) }) };
  }
  const tokens = new TokenCache(pod, context.api);
  const refresh = async () => writeProjection(source, await projectedFiles(pod, volume, context.lookup, tokens), group);
  await refresh();
  return { source, readOnly: true, refresh };
}

function makeWritable(folder: string, group: number | undefined): void {
  const umask = process.umask(0);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o777 });
  } finally {
    process.umask(umask);
  }
  if (group !== undefined) giveToGroup(folder, group, true);
}

async function claimedFolder(pod: Pod, volume: string, claimName: string, api: Api): Promise<string> {
  const { namespace } = identity(pod);
  const claim = await api
    .get<PersistentVolumeClaim>(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claimName}`)
    .catch((error: unknown) => {
      throw new MountError(volume, error instanceof Error ? error.message : String(error));
    });
  if (claim.status?.phase !== "Bound") throw new MountError(volume, `persistentvolumeclaim ${JSON.stringify(claimName)} is not bound yet`);
  const name = claim.spec?.volumeName ?? "";
  const { spec } = await api.get<PersistentVolume>(`/api/v1/persistentvolumes/${name}`);
  const path = spec?.hostPath?.path ?? spec?.local?.path;
  if (path === undefined) throw new MountError(volume, `persistentvolume ${name} is not on this machine`);
  return path;
}

async function projectedFiles(pod: Pod, volume: Volume, lookup: Lookup, tokens: TokenCache): Promise<Map<string, ProjectedFile>> {
  const files = new Map<string, ProjectedFile>();
  const mode = volume.configMap?.defaultMode ?? volume.secret?.defaultMode ?? volume.projected?.defaultMode ?? DEFAULT_MODE;
  const add = async (kind: "configmap" | "secret", source: KeysSource | undefined) => {
    if (source === undefined) return;
    const data = await loadData(lookup, kind, source.name);
    if (data === undefined && source.optional !== true)
      throw new MountError(volume.name, `${kind} ${JSON.stringify(source.name)} not found`);
    for (const [path, file] of selectKeys(volume.name, kind, source, data ?? new Map<string, Buffer>(), mode)) files.set(path, file);
  };
  const { configMap, secret } = volume;
  if (configMap !== undefined) await add("configmap", { ...configMap, name: configMap.name ?? "" });
  if (secret !== undefined) await add("secret", { ...secret, name: secret.secretName ?? "" });
  for (const source of volume.projected?.sources ?? []) {
    await add("configmap", named(source.configMap));
    await add("secret", named(source.secret));
    for (const [path, file] of await ownFiles(pod, source, mode, tokens)) files.set(path, file);
  }
  return files;
}

interface KeysSource {
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

function named<T extends { name?: string }>(source: T | undefined): (T & { name: string }) | undefined {
  return source === undefined ? undefined : { ...source, name: source.name ?? "" };
}

function selectKeys(
  volume: string,
  kind: string,
  { name, items, optional }: KeysSource,
  data: Data,
  mode: number,
): [string, ProjectedFile][] {
  if (items === undefined) return [...data].map(([key, content]) => [key, { content, mode }]);
  return items.flatMap((item): [string, ProjectedFile][] => {
    const content = data.get(item.key);
    if (content !== undefined) return [[item.path, { content, mode: item.mode ?? mode }]];
    if (optional === true) return [];
    throw new MountError(volume, `references non-existent ${kind} key: ${name}/${item.key}`);
  });
}

/** What a pod tells about itself, and the tokens of its service account. */
async function ownFiles(
  pod: Pod,
  { downwardAPI, serviceAccountToken }: VolumeProjection,
  mode: number,
  tokens: TokenCache,
): Promise<[string, ProjectedFile][]> {
  const files: [string, ProjectedFile][] = [];
  for (const { path, fieldRef, mode: own } of downwardAPI?.items ?? [])
    files.push([path, { content: Buffer.from(fieldValue(pod, fieldRef?.fieldPath ?? "")), mode: own ?? mode }]);
  if (serviceAccountToken !== undefined) {
    const { path, audience, expirationSeconds = 3600 } = serviceAccountToken;
    // Nobody but the container's user reads a token.
    files.push([path, { content: await tokens.get(audience, expirationSeconds), mode: 0o600, uid: pod.spec?.securityContext?.runAsUser }]);
  }
  return files;
}

/** Share of a token's life after which it is renewed, as kubelet does it. */
const RENEW_AFTER = 0.8;

/** The tokens of one volume, renewed before they end. */
class TokenCache {
  private readonly tokens = new Map<string, { readonly token: Buffer; readonly renewAt: number }>();

  constructor(
    private readonly pod: Pod,
    private readonly api: Api,
  ) {}

  async get(audience: string | undefined, expirationSeconds: number): Promise<Buffer> {
    const key = JSON.stringify([audience, expirationSeconds]);
    const known = this.tokens.get(key);
    if (known !== undefined && Date.now() < known.renewAt) return known.token;
    const { name, namespace, uid } = identity(this.pod);
    const account = this.pod.spec?.serviceAccountName ?? "default";
    const { status } = await this.api.create<TokenRequest>(`/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        ...(audience === undefined ? {} : { audiences: [audience] }),
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    });
    const token = Buffer.from(status?.token ?? "");
    this.tokens.set(key, { token, renewAt: Date.now() + expirationSeconds * 1000 * RENEW_AFTER });
    return token;
  }
}

/** Bytes that a folder's files take. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    // A file may go while they are counted.
    if (entry.isFile()) bytes += lstatSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
