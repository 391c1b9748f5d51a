/** The Job that migrates the schema before the Deployment changes (runbook §1), in a namespace of its own (docs/adr/0004). */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { WebServiceArgs } from "../web-service";
import { awaiting } from "./awaiting";
import { contentTag } from "./content-tag";
import { TO_DNS, toDatabase } from "./network-policy";
import { partsOf } from "./pod-secret";
import { buildMigrationPod } from "./web-pod";

/** Name of the migration's pods, its ServiceAccount and its NetworkPolicy. */
const MIGRATION_NAME = "maestroverse-migrate";
/** Retries of a failed migration pod: none. A migration that failed half-way wants a person, not a second try. */
const MIGRATION_RETRIES = 0;

/** What the Job needs of the web service's arguments. */
export type MigrationJobArgs = Pick<
  WebServiceArgs,
  "image" | "migratorSecret" | "migrationDeadlineSeconds" | "migrationsNamespace" | "database" | "labels"
>;

/** Creates the Job, with the migrator's credential, and what it needs. */
export function createMigrationJob(parent: pulumi.Resource, name: string, args: MigrationJobArgs): k8s.batch.v1.Job {
  const namespace = args.migrationsNamespace.namespaceName;
  const selector = { "app.kubernetes.io/name": MIGRATION_NAME };
  const labels = { ...args.labels, ...selector };
  const inNamespace = { parent, dependsOn: [args.migrationsNamespace.namespace] };
  const serviceAccount = new k8s.core.v1.ServiceAccount(
    `${name}-migrate-service-account`,
    { metadata: { name: MIGRATION_NAME, namespace, labels }, automountServiceAccountToken: false },
    inNamespace,
  );
  const networkPolicy = new k8s.networking.v1.NetworkPolicy(
    `${name}-migrate-network-policy`,
    {
      metadata: { name: MIGRATION_NAME, namespace, labels },
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ["Ingress", "Egress"],
        ingress: [],
        egress: [TO_DNS, toDatabase(args.database)],
      },
    },
    inNamespace,
  );
  return new k8s.batch.v1.Job(
    `${name}-migrate`,
    {
      // A Job cannot be changed: another image or credential is another Job.
      metadata: { name: migrationJobName(args), namespace, labels },
      spec: {
        backoffLimit: MIGRATION_RETRIES,
        activeDeadlineSeconds: args.migrationDeadlineSeconds,
        template: buildMigrationPod({
          image: args.image,
          secretName: args.migratorSecret.secretName,
          authorityConfigMap: args.migratorSecret.authority?.configMapName,
          serviceAccountName: MIGRATION_NAME,
          labels,
        }),
      },
    },
    {
      parent,
      dependsOn: [serviceAccount, networkPolicy, ...partsOf(args.migratorSecret)],
      ...awaiting(args.migrationDeadlineSeconds),
    },
  );
}

/** Name of the Job: known at preview, and another one whenever what it runs changes. */
export function migrationJobName(args: Pick<WebServiceArgs, "image" | "migratorSecret" | "migrationDeadlineSeconds">): string {
  const { secretName, authority } = args.migratorSecret;
  return `${MIGRATION_NAME}-${contentTag([args.image, secretName, authority?.configMapName, args.migrationDeadlineSeconds])}`;
}
