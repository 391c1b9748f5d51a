import { add, defect, edit, type Mutation, remove } from "../mutation";
import { NETWORK_POLICY, SERVER, SERVICE } from "./kubernetes";

const NAMESPACE = "kubernetes:core/v1:Namespace";
const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";
const API_INGRESS = "maestroverse-server-ingress";
const POLICY = "maestroverse-server-network-policy";
const DENY = "maestroverse-default-deny";
const SERVICE_NAME = "maestroverse-server-service";
const backend = "spec.rules[0].http.paths[0].backend.service";
const label = (key: string) => `metadata.labels["pod-security.kubernetes.io/${key}"]`;

/** Defects of namespaces and of what opens or routes: NetworkPolicies, Services, Ingresses. */
export const KUBERNETES_NETWORK_MUTATIONS: readonly Mutation[] = [
  ...["enforce", "audit", "warn"].map((mode) =>
    defect(
      `Pod Security's ${mode} is less than restricted`,
      "namespace-enforce-security",
      edit(NAMESPACE, ({ metadata }) => (metadata.labels[`pod-security.kubernetes.io/${mode}`] = "baseline"), "migrations-namespace"),
      `migrations-namespace: ${label(mode)} is baseline. Set it to restricted.`,
    ),
  ),
  defect(
    "Pod Security's version is not said",
    "namespace-enforce-security",
    edit(NAMESPACE, ({ metadata }) => delete metadata.labels["pod-security.kubernetes.io/enforce-version"], "migrations-namespace"),
    `migrations-namespace: ${label("enforce-version")} is absent. Set it to latest`,
  ),
  defect(
    "Pod Security's version is none",
    "namespace-enforce-security",
    edit(NAMESPACE, ({ metadata }) => (metadata.labels["pod-security.kubernetes.io/enforce-version"] = "1.36"), "migrations-namespace"),
    `migrations-namespace: ${label("enforce-version")} is 1.36.`,
  ),
  defect(
    "a namespace denies nothing by default",
    "namespace-missing-default-deny",
    remove(NETWORK_POLICY, "migrations-default-deny"),
    "migrations-namespace: default deny of Ingress is absent. Add a NetworkPolicy to maestroverse-migrations with podSelector {}",
    "migrations-namespace: default deny of Egress is absent.",
  ),
  defect(
    "a namespace lets everything out by default",
    "namespace-missing-default-deny",
    edit(NETWORK_POLICY, ({ spec }) => (spec.policyTypes = ["Ingress"]), DENY),
    "maestroverse-namespace: default deny of Egress is absent.",
  ),
  defect(
    "a namespace's default lets every pod ask DNS",
    "namespace-missing-default-deny",
    edit(
      NETWORK_POLICY,
      ({ spec }) => (spec.egress = [{ to: [{ ipBlock: { cidr: "10.0.0.10/32" } }], ports: [{ protocol: "UDP", port: 53 }] }]),
      DENY,
    ),
    "maestroverse-namespace: default deny of Egress is absent.",
  ),
  defect(
    "a namespace's default denies some pods only",
    "namespace-missing-default-deny",
    edit(NETWORK_POLICY, ({ spec }) => (spec.podSelector = { matchLabels: { app: "other" } }), DENY),
    "maestroverse-namespace: default deny of Ingress is absent.",
  ),
  defect(
    "a namespace without anything is added",
    "namespace-missing-default-deny",
    add(NAMESPACE, "tools", {
      metadata: {
        name: "tools",
        labels: Object.fromEntries([
          ...["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
          ["pod-security.kubernetes.io/enforce-version", "v1.36"],
        ]) as Record<string, string>,
      },
    }),
    "tools: default deny of Ingress is absent. Add a NetworkPolicy to tools",
  ),
  defect(
    "the dump has no NetworkPolicy of its own",
    "pod-missing-network-policy",
    remove(NETWORK_POLICY, "backup-network-policy"),
    "backup-cron-job: metadata.labels of its pods is {",
    "Add a NetworkPolicy of the type Ingress that selects them, in the namespace maestroverse.",
    "Add a NetworkPolicy of the type Egress that selects them, in the namespace maestroverse.",
  ),
  defect(
    "the server's NetworkPolicy says nothing of what it may reach",
    "pod-missing-network-policy",
    edit(NETWORK_POLICY, ({ spec }) => (spec.policyTypes = ["Ingress"]), POLICY),
    `${SERVER}: metadata.labels of its pods is {`,
    "Add a NetworkPolicy of the type Egress",
  ),
  defect(
    "the migration's NetworkPolicy is in another namespace",
    "pod-missing-network-policy",
    edit(NETWORK_POLICY, ({ metadata }) => (metadata.namespace = "maestroverse"), "maestroverse-server-migrate-network-policy"),
    "Add a NetworkPolicy of the type Egress that selects them, in the namespace maestroverse-migrations.",
  ),
  defect(
    "the server's NetworkPolicy selects by an expression",
    "pod-missing-network-policy",
    edit(
      NETWORK_POLICY,
      ({ spec }) => (spec.podSelector.matchExpressions = [{ key: "app.kubernetes.io/name", operator: "DoesNotExist" }]),
      POLICY,
    ),
    `${SERVER}: metadata.labels of its pods is {`,
  ),
  ...(
    [
      ["nobody", [], "[]", "", "Name the peers: an empty list is everybody."],
      ["a peer without a name", [{}], "{}", "[0]", "Say who it is."],
      ["every namespace", [{ namespaceSelector: {} }], '{"namespaceSelector":{}}', "[0]", "Name the namespace: {} is every namespace."],
      ["every address", [{ ipBlock: { cidr: "0.0.0.0/0" } }], '{"ipBlock":{"cidr":"0.0.0.0/0"}}', "[0]", "Name the addresses"],
      ["half of all addresses", [{ ipBlock: { cidr: "128.0.0.0/1" } }], '{"ipBlock":{"cidr":"128.0.0.0/1"}}', "[0]", "Name the addresses"],
      ["every IPv6 address", [{ ipBlock: { cidr: "::/0" } }], '{"ipBlock":{"cidr":"::/0"}}', "[0]", "Name the addresses"],
    ] as const
  ).flatMap(([who, peers, found, index, fix]) =>
    (
      [
        ["ingress", "from"],
        ["egress", "to"],
      ] as const
    ).map(([direction, key]) =>
      defect(
        `the server's ${direction} is ${key} ${who}`,
        "policy-disallow-open-peers",
        edit(NETWORK_POLICY, ({ spec }) => (spec[direction][0][key] = peers), POLICY),
        `${POLICY}: spec.${direction}[0].${key}${index} is ${found}. ${fix}`,
      ),
    ),
  ),
  defect(
    "the server may be reached from all addresses but the node's",
    "policy-disallow-open-peers",
    edit(NETWORK_POLICY, ({ spec }) => (spec.ingress[0].from = [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }]), POLICY),
    `${POLICY}: spec.ingress[0].from[0] is `,
    "Name the addresses.",
  ),
  defect(
    "the dump may ask for the node's credentials",
    "policy-disallow-open-peers",
    edit(NETWORK_POLICY, ({ spec }) => delete spec.egress[2].to[0].ipBlock.except, "backup-network-policy"),
    'backup-network-policy: spec.egress[2].to[0] is {"ipBlock":{"cidr":"0.0.0.0/0"}}. Name the addresses, or except 169.254.0.0/16.',
  ),
  defect(
    "the server may reach every port of the database's network",
    "policy-enforce-ports",
    edit(NETWORK_POLICY, ({ spec }) => delete spec.egress[1].ports, POLICY),
    `${POLICY}: spec.egress[1].ports is absent. Name them: an empty list is every port.`,
  ),
  defect(
    "every UDP port of the server is open",
    "policy-enforce-ports",
    edit(NETWORK_POLICY, ({ spec }) => spec.ingress[0].ports.push({ protocol: "UDP" }), POLICY),
    `${POLICY}: spec.ingress[0].ports[1].port is absent. Name it: none is every port.`,
  ),
  defect(
    "a range of the server's ports is open",
    "policy-enforce-ports",
    edit(NETWORK_POLICY, ({ spec }) => (spec.ingress[0].ports[0].endPort = 65535), POLICY),
    `${POLICY}: spec.ingress[0].ports[0].endPort is 65535. Name the ports one by one.`,
  ),
  defect(
    "an Ingress is for any controller",
    "ingress-enforce-class",
    edit(INGRESS, ({ spec }) => delete spec.ingressClassName, API_INGRESS),
    `${API_INGRESS}: spec.ingressClassName is absent. Name the class`,
  ),
  defect(
    "an Ingress answers for every host",
    "ingress-enforce-class",
    edit(INGRESS, ({ spec }) => (spec.defaultBackend = { service: { name: "maestroverse-server" } }), API_INGRESS),
    `${API_INGRESS}: spec.defaultBackend is {"service":{"name":"maestroverse-server"}}. Remove it`,
  ),
  defect(
    "an Ingress leads to a Service that does not exist",
    "ingress-enforce-backends",
    edit(INGRESS, ({ spec }) => (spec.rules[0].http.paths[0].backend.service.name = "server"), API_INGRESS),
    `${API_INGRESS}: ${backend}.name is server. Name a Service of maestroverse.`,
  ),
  defect(
    "an Ingress leads to a bucket",
    "ingress-enforce-backends",
    edit(INGRESS, ({ spec }) => (spec.rules[0].http.paths[0].backend = { resource: { kind: "Bucket" } }), API_INGRESS),
    `${API_INGRESS}: ${backend}.name is absent.`,
  ),
  defect(
    "an Ingress leads to a port that the Service does not have",
    "ingress-enforce-backends",
    edit(INGRESS, ({ spec }) => (spec.rules[0].http.paths[0].backend.service.port = { number: 3000 }), API_INGRESS),
    `${API_INGRESS}: ${backend}.port is 3000. Name a port of the Service maestroverse-server.`,
  ),
  defect(
    "the Service's port is called otherwise than the Ingresses call it",
    "ingress-enforce-backends",
    edit(SERVICE, ({ spec }) => (spec.ports[0].name = "web")),
    `${API_INGRESS}: ${backend}.port is http.`,
    `maestroverse-server-exempt-ingress: ${backend}.port is http.`,
  ),
  defect(
    "the Service is open to the world",
    "service-enforce-type",
    edit(SERVICE, ({ spec }) => (spec.type = "LoadBalancer")),
    `${SERVICE_NAME}: spec.type is LoadBalancer. Set it to ClusterIP.`,
  ),
  defect(
    "the Service answers on an address of its own",
    "service-enforce-type",
    edit(SERVICE, ({ spec }) => (spec.externalIPs = ["203.0.113.7"])),
    `${SERVICE_NAME}: spec.externalIPs is ["203.0.113.7"]. Remove them`,
  ),
  defect(
    "the Service selects nothing",
    "service-enforce-targets",
    edit(SERVICE, ({ spec }) => (spec.selector = { app: "server" })),
    `${SERVICE_NAME}: spec.selector is {"app":"server"}. Select the pods of a workload of maestroverse.`,
  ),
  defect(
    "the Service has no selector",
    "service-enforce-targets",
    edit(SERVICE, ({ spec }) => delete spec.selector),
    `${SERVICE_NAME}: spec.selector is {}.`,
  ),
  defect(
    "the Service leads to a port that no pod has",
    "service-enforce-targets",
    edit(SERVICE, ({ spec }) => (spec.ports[0].targetPort = 8080)),
    `${SERVICE_NAME}: spec.ports[0].targetPort is 8080. Name a port of the containers of ${SERVER}.`,
  ),
  defect(
    "the Service leads to the port that it has itself",
    "service-enforce-targets",
    edit(SERVICE, ({ spec }) => delete spec.ports[0].targetPort),
    `${SERVICE_NAME}: spec.ports[0].targetPort is 80.`,
  ),
  defect(
    "the migration is in a namespace that is not this stack's",
    "pod-enforce-namespace",
    remove(NAMESPACE, "migrations-namespace"),
    "maestroverse-server-migrate: metadata.namespace is maestroverse-migrations. Name one of maestroverse.",
  ),
  ...["aws:ec2/instance:Instance", "kubernetes:apps/v1:DeploymentPatch", "kubernetes:helm.sh/v3:Release", "other:ops:Component"].map(
    (type) =>
      defect(
        `a ${type} is added that nobody looked at`,
        "stack-disallow-unreviewed-types",
        add(type, "another", {}),
        `another: its type is ${type}. Write rules for the type, or list it with a reason.`,
      ),
  ),
];
