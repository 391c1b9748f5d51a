/** What an Ingress controller reports: the address at which an Ingress is served. */
import { type Api, isStatus } from "./api";
import { describe, Informer } from "./informer";
import { identity, type Ingress } from "./objects";

const RETRY_MILLISECONDS = 1_000;

/** Which Ingresses are ours, and where they are served. */
export interface IngressSettings {
  readonly className: string;
  readonly address: string;
}

/** Reports the address of every Ingress of the class until the signal is aborted. */
export function reportIngresses(api: Api, settings: IngressSettings, signal: AbortSignal, log: (line: string) => void): Promise<void> {
  const report = (ingress: Ingress): void => {
    const served = ingress.status?.loadBalancer?.ingress?.some(({ ip }) => ip === settings.address) === true;
    if (ingress.spec?.ingressClassName !== settings.className || served || signal.aborted) return;
    const { name, namespace } = identity(ingress);
    const status = { loadBalancer: { ingress: [{ ip: settings.address }] } };
    api.patch(`/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/${name}/status`, { status }).catch((error: unknown) => {
      if (isStatus(error, 404)) return;
      log(`status of ingress ${namespace}/${name}: ${describe(error)}`);
      setTimeout(() => report(ingress), RETRY_MILLISECONDS);
    });
  };
  return new Informer<Ingress>(api, "/apis/networking.k8s.io/v1/ingresses", {}, { changed: report }, log).run(signal);
}
