/** What a pod's parts ask of the agent. */
import type { Api } from "./api";
import type { Lookup } from "./environment";
import type { Recorder } from "./events";
import type { ImageTable } from "./image";
import type { Pod } from "./objects";

/** The machine and the cluster that pods run on. */
export interface Host {
  readonly api: Api;
  /** ConfigMaps and Secrets of a namespace. */
  readonly lookup: (namespace: string) => Lookup;
  readonly recorder: Recorder;
  readonly images: ImageTable;
  /** Path of bubblewrap. */
  readonly bwrap: string;
  /** Folder of the rehearsal; a pod's is `pods/<namespace>_<name>/`. */
  readonly directory: string;
  readonly nodeName: string;
  /** Address of the node. */
  readonly nodeAddress: string;
  readonly log: (line: string) => void;
  /** Called with a pod that has ended, before its logs go. */
  readonly ended?: (pod: Pod) => Promise<void>;
}
