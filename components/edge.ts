/**
 * Runbook §4: the edge: one rate-limit specification for F5's NGINX Ingress Controller, an external nginx and AWS WAF; and of §1 the redirect to
 * HTTPS and the security headers.
 */
import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { HardenedNamespace } from "./namespace";
import { refuse } from "./lib/component-error";
import { validateEdge } from "./lib/edge-arguments";
import type { Hsts } from "./lib/hsts";
import {
  buildControllerConfig,
  buildIngressAnnotations,
  type IngressAnnotations,
  type IngressArgs,
  type IngressControllerKind,
} from "./lib/ingress-annotations";
import { buildLegacyHeaders } from "./lib/ingress-nginx-legacy";
import { buildNginxConfig, type NginxConfigArgs } from "./lib/nginx-config";
import type { RateLimit } from "./lib/rate-limit";
import { buildWebAcl, REDACTED_HEADERS, WAF_LOG_RETENTION_DAYS, type WafArgs, wafLogGroupName } from "./lib/waf";
import { contentTag, HEALTH_PATH, SERVER_NAME } from "./lib/web-pod";

export { type IngressAnnotations, type IngressControllerKind, type RateLimit, validateEdge };

/** Key of the external nginx's configuration in its ConfigMap. */
const NGINX_CONFIG_KEY = "nginx.conf";

/** Annotation of that ConfigMap: the day since which the present stage of the HSTS ramp is sent. */
const HSTS_SINCE_ANNOTATION = "maestroverse.edu/hsts-since";

/** Arguments of {@link Edge}. */
export interface EdgeArgs {
  /** The API's public host: the only one that is answered. */
  readonly apiHost: string;
  readonly rateLimit: RateLimit;
  readonly hsts: Hsts;
  readonly tls: {
    /** Secret with the certificate. */
    readonly secretName: string;
    /** cert-manager's ClusterIssuer that fills it; absent: it is filled by hand. */
    readonly clusterIssuer?: string | undefined;
  };
  /** The Ingress controller as installed. */
  readonly ingressController: {
    /** `ingress-nginx` is retired and expresses few limits: the others are refused. */
    readonly kind: IngressControllerKind;
    readonly namespace: string;
    /** Its ConfigMap, of which this component owns some keys. */
    readonly configMap: string;
    /** How many replicas share the traffic; at most `rateLimit.requestsPerMinute`. */
    readonly replicas: number;
  };
  /** The external nginx. */
  readonly nginx: NginxConfigArgs["nginx"] & {
    /** Address blocks from which its requests reach the pods; empty: none from outside the cluster do. */
    readonly allowedFrom: readonly string[];
  };
  readonly waf: WafArgs & {
    readonly enabled: boolean;
    /** ARN of the load balancer that the WebACL protects; absent: none yet. */
    readonly resourceArn?: string | undefined;
  };
  readonly namespace: HardenedNamespace;
  readonly labels: Readonly<Record<string, string>>;
}

/** The edge. @see docs/runbook/4-edge.md */
export class Edge extends pulumi.ComponentResource {
  /** What the Ingresses of the host carry. */
  readonly ingressAnnotations: IngressAnnotations;
  /** What the controller must have before the Ingresses: their annotations name variables that it defines. */
  readonly controllerConfig: k8s.core.v1.ConfigMapPatch;
  /** Name of the ConfigMap with the external nginx's configuration (key `nginx.conf`), in the application's namespace. */
  readonly nginxConfigMapName: string;
  /** ARN of the WebACL; undefined when WAF is disabled. */
  readonly webAclArn: pulumi.Output<string> | undefined;

  /** @throws ComponentArgumentsError with every problem of the arguments, before any resource exists */
  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("maestroverse:ops:Edge", name, {}, opts);
    refuse("Edge", validateEdge(args));

    const { kind, namespace: controllerNamespace, configMap, replicas } = args.ingressController;
    const { namespaceName, namespace } = args.namespace;
    const headers = buildLegacyHeaders(args);
    const headersName = `maestroverse-headers-${contentTag(headers)}`;
    const ingress: IngressArgs = {
      ...args,
      clusterIssuer: args.tls.clusterIssuer,
      replicas,
      serviceName: SERVER_NAME,
      headersConfigMap: `${namespaceName}/${headersName}`,
    };
    this.controllerConfig = new k8s.core.v1.ConfigMapPatch(
      `${name}-controller-config`,
      {
        // Without force: a key that somebody else owns is a conflict to be settled by people.
        metadata: { name: configMap, namespace: controllerNamespace },
        data: buildControllerConfig(kind, ingress),
      },
      { parent: this },
    );
    if (kind === "ingress-nginx")
      new k8s.core.v1.ConfigMap(
        `${name}-headers`,
        { metadata: { name: headersName, namespace: namespaceName, labels: args.labels }, data: headers, immutable: true },
        { parent: this, dependsOn: [namespace] },
      );
    const nginxConfig = buildNginxConfig({ ...args, healthPath: HEALTH_PATH });
    // Named by content: what was deployed once is never changed.
    this.nginxConfigMapName = `maestroverse-nginx-${contentTag(nginxConfig)}`;
    new k8s.core.v1.ConfigMap(
      `${name}-nginx-config`,
      {
        metadata: {
          name: this.nginxConfigMapName,
          namespace: namespaceName,
          labels: args.labels,
          // A stage of the ramp is for a while: a policy asks how long.
          annotations: { [HSTS_SINCE_ANNOTATION]: args.hsts.ramp.at(-1)?.since ?? "" },
        },
        data: { [NGINX_CONFIG_KEY]: nginxConfig },
        immutable: true,
      },
      { parent: this, dependsOn: [namespace] },
    );
    this.ingressAnnotations = buildIngressAnnotations(kind, ingress);
    this.webAclArn = args.waf.enabled ? this.webAcl(name, args) : undefined;
    this.registerOutputs({ nginxConfigMapName: this.nginxConfigMapName, webAclArn: this.webAclArn });
  }

  /** The WebACL, its log and, where there is a load balancer, its association. */
  private webAcl(name: string, args: EdgeArgs): pulumi.Output<string> {
    const parent = { parent: this };
    const { resourceArn } = args.waf;
    const webAcl = new aws.wafv2.WebAcl(`${name}-web-acl`, buildWebAcl(args.apiHost, args.rateLimit, args.waf), parent);
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-waf-log-group`,
      { name: wafLogGroupName(args.apiHost), retentionInDays: WAF_LOG_RETENTION_DAYS },
      parent,
    );
    const logging = new aws.wafv2.WebAclLoggingConfiguration(
      `${name}-waf-logging`,
      {
        resourceArn: webAcl.arn,
        logDestinationConfigs: [logGroup.arn],
        redactedFields: [...REDACTED_HEADERS.map((header) => ({ singleHeader: { name: header } })), { queryString: {} }],
      },
      parent,
    );
    if (resourceArn !== undefined)
      new aws.wafv2.WebAclAssociation(
        `${name}-web-acl-association`,
        { resourceArn, webAclArn: webAcl.arn },
        // Nothing is blocked without a trace.
        { ...parent, dependsOn: [logging] },
      );
    return webAcl.arn;
  }
}
