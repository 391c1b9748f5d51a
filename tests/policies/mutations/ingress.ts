import { edit, type Mutation } from "../mutation";

const INGRESS = "kubernetes:networking.k8s.io/v1:Ingress";
const MASTER = "maestroverse-server-host-ingress";

/** Defects of Ingresses. */
export const INGRESS_MUTATIONS: readonly Mutation[] = [
  {
    defect: "the Ingress redirects with 308",
    transform: edit(INGRESS, ({ metadata }) => (metadata.annotations["nginx.org/http-redirect-code"] = "308"), MASTER),
    caughtBy: ["ingress-enforce-https"],
    says: [`${MASTER}: metadata.annotations["nginx.org/http-redirect-code"] is 308. Set it to "301".`],
  },
  {
    defect: "the Ingress does not redirect",
    transform: edit(INGRESS, ({ metadata }) => delete metadata.annotations["nginx.org/ssl-redirect"], MASTER),
    caughtBy: ["ingress-enforce-https"],
    says: [`${MASTER}: metadata.annotations["nginx.org/ssl-redirect"] is absent. Set it to "true".`],
  },
  {
    defect: "the Ingress has no certificate",
    transform: edit(INGRESS, ({ spec }) => delete spec.tls, MASTER),
    caughtBy: ["ingress-enforce-https"],
    says: [`${MASTER}: spec.tls is []. Add an entry with the host api.`],
  },
  {
    defect: "the certificate's entry names no Secret",
    transform: edit(INGRESS, ({ spec }) => delete spec.tls[0].secretName, MASTER),
    caughtBy: ["ingress-enforce-https"],
    says: [`${MASTER}: spec.tls is []. Add an entry with the host api.`],
  },
  {
    defect: "the Ingress has no rules",
    transform: edit(INGRESS, ({ spec }) => (spec.rules = []), MASTER),
    caughtBy: ["ingress-enforce-https"],
    says: [`${MASTER}: spec.rules is []. Name the host`],
  },
];
