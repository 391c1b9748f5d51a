/** Programs for the tests of the kubernetes stand-in: objects that controllers work on. */
import * as k8s from "@pulumi/kubernetes";

import type { Program } from "../../../helpers/plugin-stack";

const labels = { app: "web" };

/** A Deployment behind a Service. */
export function web({ image, seconds = 60 }: { image: string; seconds?: number }): Program {
  return () => {
    const annotations = { "pulumi.com/timeoutSeconds": String(seconds) };
    const deployment = new k8s.apps.v1.Deployment("web", {
      metadata: { name: "web", annotations },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
      },
    });
    const service = new k8s.core.v1.Service("web", {
      metadata: { name: "web", annotations },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 3001 }] },
    });
    return Promise.resolve({ replicas: deployment.status.availableReplicas, clusterIP: service.spec.clusterIP });
  };
}

/** A Job, as a migration is: it must succeed at the first attempt. */
export function job({ image }: { image: string }): Program {
  return () => {
    new k8s.batch.v1.Job("migrate", {
      metadata: { name: "migrate" },
      spec: { backoffLimit: 0, template: { spec: { restartPolicy: "Never", containers: [{ name: "migrate", image }] } } },
    });
    return Promise.resolve();
  };
}

/** An Ingress that no controller answers for, given up after two seconds. */
export function ingress(): Program {
  return () => {
    new k8s.networking.v1.Ingress(
      "edge",
      {
        metadata: { name: "edge" },
        spec: { ingressClassName: "nginx", defaultBackend: { service: { name: "web", port: { number: 80 } } } },
      },
      { customTimeouts: { create: "2s" } },
    );
    return Promise.resolve();
  };
}

/** One key of a ConfigMap that someone else made. */
export function patch({ value }: { value: string }): Program {
  return () => {
    const config = new k8s.core.v1.ConfigMapPatch("patch", { metadata: { name: "theirs" }, data: { ours: value } });
    return Promise.resolve({ theirs: config.data.apply((data) => data?.["theirs"]) });
  };
}
