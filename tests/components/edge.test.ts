import { Edge, type EdgeArgs } from "../../components/edge";
import { ComponentArgumentsError } from "../../components/lib/component-error";
import { buildControllerConfig, buildIngressAnnotations } from "../../components/lib/ingress-annotations";
import { buildLegacyHeaders } from "../../components/lib/ingress-nginx-legacy";
import { buildNginxConfig } from "../../components/lib/nginx-config";
import { buildWebAcl } from "../../components/lib/waf";
import { contentTag } from "../../components/lib/web-pod";
import { HardenedNamespace } from "../../components/namespace";
import { HSTS, RUNBOOK } from "../helpers/edge-settings";
import { arnOf, type Recorder, reveal, startMocks, valueOf } from "../helpers/mocks";

const LOAD_BALANCER = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/api/0123456789abcdef";
const SETTINGS: Omit<EdgeArgs, "namespace"> = {
  apiHost: "api.maestroverse.edu",
  rateLimit: { ...RUNBOOK, trustedProxies: ["10.20.0.0/20"] },
  hsts: HSTS,
  tls: { secretName: "maestroverse-api-tls", clusterIssuer: "letsencrypt" },
  ingressController: { kind: "f5", namespace: "nginx-ingress", configMap: "nginx-config", replicas: 2 },
  nginx: {
    listenAddress: "0.0.0.0",
    httpPort: 80,
    httpsPort: 443,
    upstream: "app.svc:80",
    certificateDirectory: "/etc/nginx/tls",
    replicas: 1,
    allowedFrom: [],
  },
  waf: { enabled: true, evaluationWindowSeconds: 60, managedRules: "count", resourceArn: LOAD_BALANCER },
  labels: { environment: "test" },
};
const INGRESS = {
  ...SETTINGS,
  clusterIssuer: "letsencrypt",
  replicas: 2,
  serviceName: "maestroverse-server",
  headersConfigMap: `maestroverse/maestroverse-headers-${contentTag(buildLegacyHeaders(SETTINGS))}`,
};
const NGINX_CONFIG = buildNginxConfig({ ...SETTINGS, healthPath: "/health" });
const CHILDREN = [
  "aws:cloudwatch/logGroup:LogGroup edge-waf-log-group",
  "aws:wafv2/webAcl:WebAcl edge-web-acl",
  "aws:wafv2/webAclAssociation:WebAclAssociation edge-web-acl-association",
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration edge-waf-logging",
  "kubernetes:core/v1:ConfigMap edge-nginx-config",
  "kubernetes:core/v1:ConfigMapPatch edge-controller-config",
];

async function register(settings: Partial<EdgeArgs> = {}, preview = false): Promise<{ mocks: Recorder; edge: Edge }> {
  const mocks = await startMocks({ preview });
  const edge = await mocks.run(() => {
    const namespace = new HardenedNamespace("application", { namespaceName: "maestroverse", labels: {} });
    return new Edge("edge", { ...SETTINGS, namespace, ...settings });
  });
  return { mocks, edge };
}
/** Inputs of a resource as the provider sees them. */
const inputsOf = (mocks: Recorder, name: string) => reveal<Record<string, unknown>>(mocks.resource(name).inputs);

describe("its children", () => {
  it("are the controller's settings, the external nginx's configuration and the WebACL with its log and its association", async () => {
    const { mocks } = await register();
    expect(mocks.childrenOf("edge")).toEqual(CHILDREN);
    const orphans = mocks.resources.filter(({ parent }) => parent === undefined).map(({ name }) => name);
    expect(orphans.sort()).toEqual(["application", "edge"]);
  });

  it("protect no load balancer where there is none", async () => {
    const { mocks } = await register({ waf: { ...SETTINGS.waf, resourceArn: undefined } });
    expect(mocks.childrenOf("edge")).toEqual(CHILDREN.filter((child) => !child.endsWith("-association")));
  });

  it("have nothing of AWS where WAF is disabled", async () => {
    const { mocks, edge } = await register({ waf: { ...SETTINGS.waf, enabled: false } });
    expect(mocks.childrenOf("edge")).toEqual(CHILDREN.filter((child) => child.startsWith("kubernetes:")));
    expect(edge.webAclArn).toBeUndefined();
  });

  it("are none when an argument is wrong", async () => {
    await expect(register({ rateLimit: { ...SETTINGS.rateLimit, burst: -1 } })).rejects.toThrow(
      new ComponentArgumentsError("Edge", ["rateLimit.burst must be 0 to 10000, got -1. Change it."]),
    );
  });

  it("are with the retired controller its response headers too", async () => {
    const { mocks, edge } = await register({
      rateLimit: { ...SETTINGS.rateLimit, burst: 50 },
      ingressController: { ...SETTINGS.ingressController, kind: "ingress-nginx" },
    });
    expect(mocks.childrenOf("edge")).toEqual([...CHILDREN, "kubernetes:core/v1:ConfigMap edge-headers"].sort());
    expect(inputsOf(mocks, "edge-headers")).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: INGRESS.headersConfigMap.split("/")[1], namespace: "maestroverse", labels: { environment: "test" } },
      data: buildLegacyHeaders(SETTINGS),
      immutable: true,
    });
    expect(edge.ingressAnnotations).toEqual(
      buildIngressAnnotations("ingress-nginx", { ...INGRESS, rateLimit: { ...SETTINGS.rateLimit, burst: 50 } }),
    );
  });
});

describe("the controller's ConfigMap", () => {
  it("gets the keys that this component owns, and no others", async () => {
    const { mocks, edge } = await register();
    expect(inputsOf(mocks, "edge-controller-config")).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "nginx-config", namespace: "nginx-ingress" },
      data: buildControllerConfig("f5", INGRESS),
    });
    expect(await valueOf(edge.controllerConfig.urn)).toBe(mocks.resource("edge-controller-config").urn);
  });
});

describe("the external nginx's configuration", () => {
  it("is immutable, in the application's namespace, and named by what it says", async () => {
    const { mocks, edge } = await register();
    const name = `maestroverse-nginx-${contentTag(NGINX_CONFIG)}`;
    expect(inputsOf(mocks, "edge-nginx-config")).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name,
        namespace: "maestroverse",
        labels: { environment: "test" },
        annotations: { "maestroverse.edu/hsts-since": "2026-11-22" },
      },
      data: { "nginx.conf": NGINX_CONFIG },
      immutable: true,
    });
    expect(edge.nginxConfigMapName).toBe(name);
    expect(mocks.resource("edge-nginx-config").dependsOn).toEqual(["application-namespace"]);
  });

  it("has its name at preview already, and another one after any change", async () => {
    const { edge } = await register({}, true);
    const { edge: changed } = await register({ rateLimit: { ...SETTINGS.rateLimit, burst: 21 } }, true);
    expect(edge.nginxConfigMapName).toBe(`maestroverse-nginx-${contentTag(NGINX_CONFIG)}`);
    expect(changed.nginxConfigMapName).not.toBe(edge.nginxConfigMapName);
  });
});

describe("the WebACL", () => {
  it("is what the limit makes of it", async () => {
    const { mocks, edge } = await register();
    expect(inputsOf(mocks, "edge-web-acl")).toEqual(buildWebAcl(SETTINGS.apiHost, SETTINGS.rateLimit, SETTINGS.waf));
    expect(edge.webAclArn && (await valueOf(edge.webAclArn))).toBe(arnOf("edge-web-acl"));
  });

  it("logs for 90 days, without credentials and queries", async () => {
    const { mocks } = await register();
    expect(inputsOf(mocks, "edge-waf-log-group")).toEqual({ name: "aws-waf-logs-api-maestroverse-edu", retentionInDays: 90 });
    expect(inputsOf(mocks, "edge-waf-logging")).toEqual({
      resourceArn: arnOf("edge-web-acl"),
      logDestinationConfigs: [arnOf("edge-waf-log-group")],
      redactedFields: [...["authorization", "cookie", "x-csrf-token"].map((name) => ({ singleHeader: { name } })), { queryString: {} }],
    });
  });

  it("blocks nothing before it logs", async () => {
    const { mocks } = await register();
    expect(inputsOf(mocks, "edge-web-acl-association")).toEqual({ resourceArn: LOAD_BALANCER, webAclArn: arnOf("edge-web-acl") });
    expect(mocks.resource("edge-web-acl-association").dependsOn).toEqual(["edge-waf-logging", "edge-web-acl"]);
  });
});

it("hands the Ingresses annotations for the service that WebService makes", async () => {
  const { edge } = await register();
  expect(edge.ingressAnnotations).toEqual(buildIngressAnnotations("f5", INGRESS));
});
