/** The part of a storage driver: a folder of this machine for every claim, and its end when the claim is gone. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Api, isStatus } from "./api";
import { describe, Informer } from "./informer";
import { identity, type PersistentVolume, type PersistentVolumeClaim } from "./objects";

/** Whose volumes these are: the controller manager leaves their deletion to us. */
const DRIVER = "maestroverse.edu/node-agent";
const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";
const RETRY_MILLISECONDS = 1_000;

/** Makes volumes for claims; the controller manager binds them. */
export class Provisioner {
  private readonly claims: Informer<PersistentVolumeClaim>;
  private readonly volumes: Informer<PersistentVolume>;

  /** @param directory folder of the volumes, which are named by their claim's uid */
  constructor(
    private readonly api: Api,
    private readonly directory: string,
    private readonly log: (line: string) => void,
  ) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.claims = new Informer(
      api,
      "/api/v1/persistentvolumeclaims",
      {},
      { changed: (claim) => this.attempt(() => this.provide(claim)) },
      log,
    );
    this.volumes = new Informer(
      api,
      "/api/v1/persistentvolumes",
      {},
      { changed: (volume) => this.attempt(() => this.reclaim(volume)) },
      log,
    );
  }

  /** Works until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.claims.run(signal), this.volumes.run(signal)]);
  }

  private attempt(action: () => Promise<void>): void {
    action().catch((error: unknown) => {
      this.log(`volumes: ${describe(error)}`);
      setTimeout(() => this.attempt(action), RETRY_MILLISECONDS);
    });
  }

  private async provide(claim: PersistentVolumeClaim): Promise<void> {
    const { spec, status, metadata } = claim;
    if (status?.phase !== "Pending" || (spec?.volumeName ?? "") !== "" || metadata?.deletionTimestamp !== undefined) return;
    const { name, namespace, uid } = identity(claim);
    const path = join(this.directory, uid);
    mkdirSync(path, { recursive: true, mode: 0o755 });
    const volume = {
      metadata: { name: `pvc-${uid}`, annotations: { [PROVISIONED_BY]: DRIVER } },
      spec: {
        capacity: { storage: spec?.resources?.requests?.["storage"] },
        accessModes: spec?.accessModes,
        storageClassName: spec?.storageClassName ?? "",
        volumeMode: spec?.volumeMode ?? "Filesystem",
        persistentVolumeReclaimPolicy: "Delete",
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
        hostPath: { path, type: "Directory" },
      },
    };
    await this.api.create("/api/v1/persistentvolumes", volume).catch((error: unknown) => {
      if (!isStatus(error, 409)) throw error;
    });
  }

  private async reclaim({ metadata, spec, status }: PersistentVolume): Promise<void> {
    const path = spec?.hostPath?.path;
    const ours = metadata?.annotations?.[PROVISIONED_BY] === DRIVER && path?.startsWith(`${this.directory}/`) === true;
    if (!ours || status?.phase !== "Released" || spec?.persistentVolumeReclaimPolicy !== "Delete") return;
    rmSync(path, { recursive: true, force: true });
    await this.api.remove(`/api/v1/persistentvolumes/${metadata?.name ?? ""}`).catch((error: unknown) => {
      if (!isStatus(error, 404)) throw error;
    });
  }
}
