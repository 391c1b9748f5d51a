/** What the Kubernetes mutations share. */
import type { EditableResource } from "../../helpers/policy-stack";
import { edit, type Transform } from "../mutation";

export const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
export const JOB = "kubernetes:batch/v1:Job";
export const CRON_JOB = "kubernetes:batch/v1:CronJob";
export const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
export const SECRET = "kubernetes:core/v1:Secret";
export const SERVICE = "kubernetes:core/v1:Service";
export const NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";

/** Logical name of the Deployment, and where its pods' spec and their container are. */
export const SERVER = "maestroverse-server-deployment";
export const POD = "spec.template.spec";
export const CONTAINER = `${POD}.containers[0]`;

type Inputs = EditableResource["inputs"];

/** Edits the pod of the Deployment: its spec, its first container, and its template. */
export const inPod = (change: (spec: Inputs, container: Inputs, template: Inputs) => void): Transform =>
  edit(DEPLOYMENT, ({ spec: { template } }) => change(template.spec, template.spec.containers[0], template));

/** Edits the pod of the nightly dump. */
export const inCronJob = (change: (spec: Inputs, container: Inputs) => void): Transform =>
  edit(CRON_JOB, ({ spec }) => change(spec.jobTemplate.spec.template.spec, spec.jobTemplate.spec.template.spec.containers[0]));

/** Adds an init container like the Deployment's container, but for one thing. */
export const withInitContainer = (change: (container: Inputs) => void): Transform =>
  inPod((spec, container) => {
    const init = structuredClone(container);
    change(init);
    spec.initContainers = [{ ...init, name: "prepare" }];
  });

/** Makes the Deployment's pods a second time, as another kind does, but for one thing. */
export const alsoAs =
  (type: string, change: (spec: Inputs) => void): Transform =>
  (resources) => {
    const { metadata, spec } = structuredClone(resources.find((each) => each.type === DEPLOYMENT)?.inputs);
    change(spec.template.spec);
    const inputs = type.endsWith(":Pod")
      ? { metadata: { ...metadata, ...spec.template.metadata }, spec: spec.template.spec }
      : { metadata, spec };
    return [...resources, { type, name: "another", urn: `urn:pulumi:test::maestroverse-ops::${type}::another`, inputs }];
  };
