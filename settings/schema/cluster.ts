/** The Kubernetes cluster: which one, and what of it is used. */
import { z } from "zod";
import { INGRESS_CONTROLLERS } from "../../components/lib/ingress-annotations";
import { cidr, dnsLabel, integer, matching, unique } from "./values";

export const cluster = z.strictObject({
  /** kubeconfig context: pins the stack to its cluster. */
  context: matching(/^\S+$/, "the name of a kubeconfig context"),
  /** Namespace of the application, its backups and its edge. */
  namespace: dnsLabel(),
  /** Namespace of the migration Job alone, so that no other pod can mount the migrator's credential. */
  migrationsNamespace: dnsLabel(),
  ingressController: z.strictObject({
    /** F5's NGINX Ingress Controller, or the retired ingress-nginx, which expresses few rate limits. */
    kind: z.enum(INGRESS_CONTROLLERS, INGRESS_CONTROLLERS.join(" or ")),
    /** Namespace in which it runs. */
    namespace: dnsLabel(),
    /** Its ConfigMap, which holds the real-client-IP settings. */
    configMap: dnsLabel(),
    /** IngressClass that it serves. */
    ingressClass: dnsLabel(),
    /** How many replicas run: the rate limit is per replica. */
    replicas: integer(1, 20, "replicas"),
  }),
  /** Address blocks in which pods may reach the database, on `database.port`. */
  databaseCidrs: unique(cidr(), 1, 10, "address blocks of the database"),
});
