import { holdsAgeIdentity } from "../../../components/lib/age-recipient";
import { findObject, isRehearsal, objectNamespace, POD_TYPES, podReferences, podTemplate } from "../../lib/kubernetes";
import { known, list, mapping, text, UNKNOWN } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const PROVIDER = "pulumi:providers:postgresql";
/** Administrators that every server, or RDS, comes with. */
const ADMINS = ["postgres", "rdsadmin"];
/** Variables that hold such a credential, whatever their value. */
const ADMIN_VARIABLE =
  /ADMIN_?(USER|PASSWORD|KEY|TOKEN|SECRET|URL)|^(POSTGRES_PASSWORD|DD_API_KEY|DD_APP_KEY|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|PULUMI_.+|KUBECONFIG)$/;

/** No pod has a credential that administers the database, the cloud account or Datadog, or what opens an encrypted dump. */
export const disallowPodAdminCredentials: StackRule = {
  name: "pod-disallow-admin-credentials",
  description:
    "No pod has a credential that administers the database, the cloud account or Datadog, or an identity that opens encrypted dumps.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Give the pod a database role of its own, and an IAM role by a projected token.",
  page: "runbook/2-database.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    const admins = new Set([...ADMINS, ...stack.ofType(PROVIDER).flatMap(({ properties }) => text(properties, "username") ?? [])]);
    for (const resource of stack.ofType(...POD_TYPES)) {
      const pod = podTemplate(resource);
      const look = (field: string, name: string, value: unknown, fix: string) => {
        // The rehearsal's AWS is on the loopback and takes any key.
        if (isRehearsal(resource) && name.startsWith("AWS_")) return;
        if (name === "PGUSER" && admins.has(String(value))) report(resource, { field, found: `${name}=${String(value)}`, fix });
        else if (holdsAgeIdentity(String(value))) report(resource, { field, found: `${name}, an identity of age`, fix });
        else if (ADMIN_VARIABLE.test(name)) report(resource, { field, found: name, fix });
      };
      for (const { path, container } of pod.containers)
        for (const [index, variable] of list(container, "env").entries())
          look(`${path}.env[${index}]`, text(variable, "name") ?? "", text(variable, "value"), "Remove it.");
      for (const { kind, name, field } of podReferences(pod)) {
        if (kind !== "Secret" && kind !== "ConfigMap") continue;
        const object = findObject(stack.ofType(`kubernetes:core/v1:${kind}`), name, objectNamespace(resource));
        // What a first preview does not know, a provider generates; an administrator's credential comes from the settings, which it knows.
        const data = known(() => ({ ...decoded(kind, mapping(object?.properties, "data")), ...mapping(object?.properties, "stringData") }));
        if (data === UNKNOWN) continue;
        for (const [key, value] of Object.entries(data)) look(field, key, value, `Name a ${kind} without it.`);
      }
    }
  },
};

/** A Secret's `data` is base64, a ConfigMap's is plain. */
function decoded(kind: string, data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const read = (value: unknown) => (kind === "Secret" ? Buffer.from(String(value), "base64").toString() : value);
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, read(value)]));
}
