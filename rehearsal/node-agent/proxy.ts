/** The part of kube-proxy: a port of this machine whose connections go to the ready pods of a Service. */
import { createServer, connect, type Server, type Socket } from "node:net";
import type { Api } from "./api";
import { Informer } from "./informer";
import type { EndpointSlice } from "./objects";
import { twin } from "./pods";

/** A Service and the port that stands for it. */
export interface ProxiedService {
  readonly namespace: string;
  readonly name: string;
  readonly listen: { readonly address: string; readonly port: number };
}

/** One pod that takes connections. */
interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Balances the connections of one port, in turn; a connection stays with its pod until either side ends it. */
export class ServiceProxy {
  private readonly informer: Informer<EndpointSlice>;
  private server: Server | undefined;
  private turn = 0;

  constructor(
    api: Api,
    private readonly service: ProxiedService,
    log: (line: string) => void,
  ) {
    this.informer = new Informer<EndpointSlice>(
      api,
      `/apis/discovery.k8s.io/v1/namespaces/${service.namespace}/endpointslices`,
      { labelSelector: `kubernetes.io/service-name=${service.name}` },
      {},
      log,
    );
  }

  /** Listens; from then on connections without a ready pod are closed at once. @throws Error when the port is taken */
  async listen(): Promise<void> {
    const { address, port } = this.service.listen;
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.accept(client));
    await new Promise<void>((resolve, reject) => {
      this.server?.once("error", reject).listen(port, address, resolve);
    });
  }

  /** Follows the Service's endpoints until the signal is aborted; while the server is away, the last known ones hold. */
  async run(signal: AbortSignal): Promise<void> {
    await this.informer.run(signal);
    this.server?.close();
  }

  private accept(client: Socket): void {
    const endpoints = readyEndpoints(this.informer.items());
    const endpoint = endpoints[this.turn++ % Math.max(endpoints.length, 1)];
    client.on("error", () => undefined);
    if (endpoint === undefined) return void client.destroy();
    const pod = connect({ host: endpoint.address, port: endpoint.port, allowHalfOpen: true, noDelay: true });
    pod.on("error", () => client.destroy());
    client.on("error", () => pod.destroy());
    pod.on("close", () => client.destroy());
    client.on("close", () => pod.destroy());
    client.pipe(pod).pipe(client);
  }
}

/** The pods that take new connections, in a steady order. */
export function readyEndpoints(slices: readonly EndpointSlice[]): Endpoint[] {
  return slices
    .flatMap(({ endpoints, ports }) =>
      // A Service without pods has null, whatever the model says.
      ((endpoints as typeof endpoints | null) ?? [])
        // Absent means ready, as the API has it.
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap(({ addresses }) => (ports ?? []).slice(0, 1).map(({ port = 0 }) => ({ address: twin(addresses[0] ?? ""), port }))),
    )
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}
