/** Programs for the tests of the kubernetes stand-in: objects that nothing works on. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { Program } from "../../../helpers/plugin-stack";

/** The secret in {@link shop}. */
export const PASSWORD = "correct-horse-battery";

/** What changes in {@link shop}. */
export interface ShopSettings {
  readonly data?: string;
  readonly label?: string;
}

/** One of each way: named, auto-named, secret, defaulted by the server, cluster-wide. */
export function shop({ data = "1", label = "a" }: ShopSettings = {}): Program {
  return () => {
    const { name: namespace } = new k8s.core.v1.Namespace("shop", { metadata: { name: "shop" } }).metadata;
    const labels = { "app.kubernetes.io/part-of": label };
    const auto = new k8s.core.v1.ConfigMap("auto", { metadata: { namespace }, data: { data } });
    new k8s.core.v1.ConfigMap("named", { metadata: { name: "named", namespace, labels }, data: { data } });
    new k8s.core.v1.Secret("secret", {
      metadata: { name: "secret", namespace },
      stringData: { password: pulumi.secret(PASSWORD) },
    });
    new k8s.rbac.v1.ClusterRole("role", { metadata: { name: "shop" }, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] });
    new k8s.core.v1.LimitRange("limits", {
      metadata: { name: "limits", namespace },
      spec: { limits: [{ type: "Container", default: { cpu: "1000m", memory: "1024Mi" } }] },
    });
    return Promise.resolve({ auto: auto.metadata.name });
  };
}

/** A kind that the stand-in does not know. */
export function unknownKind(): Program {
  return () => {
    new k8s.core.v1.Binding("binding", { target: { name: "a" } });
    return Promise.resolve();
  };
}

/** Past the types: what a program in plain JavaScript could pass. */
class UntypedConfigMap extends pulumi.CustomResource {
  constructor(inputs: object, opts: pulumi.CustomResourceOptions) {
    super("kubernetes:core/v1:ConfigMap", "config", inputs, opts);
  }
}

/** A ConfigMap with further inputs, annotations and provider settings. */
export function configMap({ inputs = {}, annotations = {}, provider }: Record<string, object> = {}): Program {
  return () => {
    const opts = provider === undefined ? {} : { provider: new k8s.Provider("provider", provider) };
    new UntypedConfigMap({ metadata: { name: "config", annotations }, ...inputs }, opts);
    return Promise.resolve();
  };
}

/** A Job with a field that no API server knows. */
export function misspeltField(): Program {
  return () => {
    const odd = { containers: [{ name: "c", image: "i", imagePullPolice: "Always" }], restartPolicy: "Never" };
    new k8s.batch.v1.Job("odd", { metadata: { name: "odd" }, spec: { template: { spec: odd } } });
    return Promise.resolve();
  };
}
