/**
 * Runbook §4: what the host's Ingresses and the controller's ConfigMap say, for either controller: F5's NGINX Ingress Controller, and the
 * retired ingress-nginx for clusters that still run it.
 */
import { buildF5Annotations, buildF5ControllerConfig } from "./ingress-f5";
import { buildLegacyAnnotations, buildLegacyControllerConfig } from "./ingress-nginx-legacy";
import type { Hsts } from "./hsts";
import type { RateLimit } from "./rate-limit";

/** The controllers: F5's (5.4 or newer), and ingress-nginx (1.11 or newer), which was retired in March 2026. */
export const INGRESS_CONTROLLERS = ["f5", "ingress-nginx"] as const;
/** One of {@link INGRESS_CONTROLLERS}. */
export type IngressControllerKind = (typeof INGRESS_CONTROLLERS)[number];

/** Annotations of the Ingresses that make up the host. */
export interface IngressAnnotations {
  /** Of an Ingress with the certificate and no paths; undefined: there is none, and each of the others has the certificate. */
  readonly host: Readonly<Record<string, string>> | undefined;
  /** Of the Ingress for everything but the exempt paths: websocket, rate limit. */
  readonly api: Readonly<Record<string, string>>;
  /** Of the Ingress for the exempt paths. */
  readonly exempt: Readonly<Record<string, string>>;
}

/** Arguments of the builders. */
export interface IngressArgs {
  readonly apiHost: string;
  readonly rateLimit: RateLimit;
  readonly hsts: Hsts;
  /** cert-manager's ClusterIssuer; undefined: the certificate is provided by hand. */
  readonly clusterIssuer: string | undefined;
  /** How many replicas of the controller share the traffic. */
  readonly replicas: number;
  /** Service that speaks websocket. */
  readonly serviceName: string;
  /** ConfigMap with the response headers, `namespace/name`; ingress-nginx reads them there. */
  readonly headersConfigMap: string;
}

/** What the Ingresses ask of the controller. */
export function buildIngressAnnotations(kind: IngressControllerKind, args: IngressArgs): IngressAnnotations {
  return kind === "f5" ? buildF5Annotations(args) : buildLegacyAnnotations(args);
}

/** Data of the controller's ConfigMap. It holds for every host that the controller serves. */
export function buildControllerConfig(kind: IngressControllerKind, args: IngressArgs): Record<string, string> {
  return kind === "f5" ? buildF5ControllerConfig(args) : buildLegacyControllerConfig(args);
}
