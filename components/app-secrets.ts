/**
 * Runbook §3: the application's rotated secrets. This program makes the values; AWS Secrets Manager holds them for whoever reads them, and pods
 * get the same values, from the same program, as an immutable Kubernetes Secret that is named by generation. It is made after the bundle: no pod
 * ever has a value that Secrets Manager does not. Nothing goes from there to the pods: a value put there by hand reaches none of them.
 *
 * A rotation is three changes of settings, each with a rollout: `overlap: next` makes generation n+1, which pods accept and do not sign with
 * (`AWSPENDING`, `NAME_ROLLING`); then it is the current one, and the old one is accepted (`overlap: true`: `AWSPREVIOUS`, `NAME_ROLLING`);
 * then the old one is gone (`overlap: false`). So at no time does a pod sign what another one refuses (docs/adr/0013).
 */
import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { HardenedNamespace } from "./namespace";
import { ADOPTED_GENERATION, adoptedCurrent, adoptedValue, type AdoptedVersion } from "./lib/adopted-secrets";
import { refuse } from "./lib/component-error";
import {
  currentTag,
  generationAnnotations,
  generationsTag,
  kebab,
  rollingVariable,
  secretValues,
  validateGenerations,
} from "./lib/generations";
import type { PodSecret, SecretGeneration } from "./lib/pod-secret";
import { buildSecretPolicy, buildSecretsKeyPolicy } from "./lib/secrets-policies";

/** Random bytes of each secret: what `openssl rand -base64 64` of the runbook makes. */
const SECRET_BYTES = 64;
/** Days in which a deleted bundle, or its key, can be brought back; AWS's maximum for both. */
const RECOVERY_WINDOW_DAYS = 30;

/** Arguments of {@link AppSecrets}. */
export interface AppSecretsArgs {
  /** AWS Secrets Manager's name of the bundle, for example `maestroverse/app-secrets`. */
  readonly secretsManagerName: string;
  /** Generation of each secret by its environment variable's name. */
  readonly generations: Readonly<Record<string, SecretGeneration>>;
  /** Secrets for which the application reads `NAME_ROLLING` as well. */
  readonly dualVerification: readonly string[];
  /** The version of the bundle whose values are generation 1 of each secret, as they are. @default none: generation 1 is made like any other */
  readonly adopted?: AdoptedVersion | undefined;
  /** Account whose principals alone may read the bundle, 12 digits. */
  readonly accountId: string;
  /** Region of the replica. */
  readonly secondRegion: string;
  /** Namespace of the application's pods. */
  readonly namespace: HardenedNamespace;
  readonly labels: Readonly<Record<string, string>>;
}

/** The four secrets. @see docs/runbook/3-secrets.md */
export class AppSecrets extends pulumi.ComponentResource {
  /** Environment of the pods: each secret by name, `NAME_ROLLING` beside it: the next value, or the old one. */
  readonly podSecret: PodSecret;
  /** ARN of the Secrets Manager secret. */
  readonly secretArn: pulumi.Output<string>;
  /** Current generation of each secret. */
  readonly generationsByName: Readonly<Record<string, number>>;

  /** @throws ComponentArgumentsError with every problem of the arguments, before any resource exists */
  constructor(name: string, args: AppSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("maestroverse:ops:AppSecrets", name, {}, opts);
    refuse("AppSecrets", validateAppSecrets(args));
    const bundle = this.bundle(name, args);
    const values = this.values(name, args, bundle);
    const stored = this.versions(name, args, bundle, values);

    this.podSecret = this.makePodSecret(name, args, values, stored);
    this.secretArn = bundle.arn;
    this.generationsByName = Object.fromEntries(Object.entries(args.generations).map(([secret, { generation }]) => [secret, generation]));
    this.registerOutputs({ secretArn: this.secretArn, generationsByName: this.generationsByName });
  }

  /** Every value that exists, by environment variable. Two generations are two resources: changing one's keepers would destroy the old value. */
  private values(name: string, args: AppSecretsArgs, bundle: aws.secretsmanager.Secret): Record<string, pulumi.Output<string>> {
    const { adopted: version, secretsManagerName } = args;
    const valueOf = (secret: string, generation: number) => {
      const logicalName = `${name}-${kebab(secret)}-g${generation}`;
      return version !== undefined && generation === ADOPTED_GENERATION
        ? adoptedValue(logicalName, secret, { secretsManagerName, version, bundle, parent: this })
        : new random.RandomBytes(logicalName, { length: SECRET_BYTES }, { parent: this }).base64;
    };
    return Object.fromEntries(
      secretValues(args.generations).map(({ secret, generation, variable }) => [variable, valueOf(secret, generation)]),
    );
  }

  /** The secret in Secrets Manager, still without a value, its key and its policy. */
  private bundle(name: string, args: AppSecretsArgs): aws.secretsmanager.Secret {
    const parent = { parent: this };
    const key = new aws.kms.Key(
      `${name}-key`,
      {
        description: `Encrypts ${args.secretsManagerName}`,
        enableKeyRotation: true,
        deletionWindowInDays: RECOVERY_WINDOW_DAYS,
        policy: buildSecretsKeyPolicy(args.accountId),
      },
      parent,
    );
    new aws.kms.Alias(`${name}-key-alias`, { name: "alias/maestroverse-app-secrets", targetKeyId: key.keyId }, parent);
    const secret = new aws.secretsmanager.Secret(
      `${name}-bundle`,
      {
        name: args.secretsManagerName,
        description: "Maestroverse application secrets (runbook section 3)",
        kmsKeyId: key.arn,
        recoveryWindowInDays: RECOVERY_WINDOW_DAYS,
        // A key of one region cannot be used in another. There the account's own aws/secretsmanager key encrypts it, which serves Secrets
        // Manager alone, like the key above, and outlives this stack.
        replicas: [{ region: args.secondRegion }],
        tags: Object.fromEntries(
          Object.entries(args.generations).map(([each, { generation, rotatedOn }]) => [each, `generation ${generation} of ${rotatedOn}`]),
        ),
      },
      parent,
    );
    new aws.secretsmanager.SecretPolicy(
      `${name}-bundle-policy`,
      { secretArn: secret.arn, blockPublicPolicy: true, policy: buildSecretPolicy(args.accountId) },
      parent,
    );
    return secret;
  }

  /**
   * Who has AWSCURRENT, and who AWSPREVIOUS: never left to chance. AWS moves AWSPREVIOUS to the version that AWSCURRENT leaves. A version of
   * ours takes it from there: in an overlap one that holds the old values, otherwise an empty one, so that the old values have no label and
   * AWS deletes them. Versions go by losing their labels, never by a delete, which would trust labels that the state remembers. But for the
   * next values: nothing takes `AWSPENDING` from them, so that label is taken off.
   *
   * @returns the last one, after which Secrets Manager has every value that pods get
   */
  private versions(
    name: string,
    args: AppSecretsArgs,
    secret: aws.secretsmanager.Secret,
    values: Readonly<Record<string, pulumi.Output<string>>>,
  ): aws.secretsmanager.SecretVersion {
    const version = (
      label: string,
      tag: string,
      stage: string,
      variables: Readonly<Record<string, string>>,
      more: pulumi.CustomResourceOptions,
    ) =>
      new aws.secretsmanager.SecretVersion(
        [name, label, ...(tag === "" ? [] : [tag])].join("-"),
        {
          secretId: secret.id,
          secretString: bundleText(Object.entries(variables).map(([each, variable]) => [each, values[variable]])),
          versionStages: [stage],
        },
        { parent: this, ...more },
      );
    const { adopted, secretsManagerName, generations } = args;
    const current =
      adopted !== undefined && Object.values(generations).every(({ generation }) => generation === ADOPTED_GENERATION)
        ? adoptedCurrent(`${name}-current-${currentTag(generations)}`, {
            secretsManagerName,
            version: adopted,
            bundle: secret,
            parent: this,
          })
        : version("current", currentTag(generations), "AWSCURRENT", buildCurrentBundle(generations), { retainOnDelete: true });
    version("previous", generationsTag(args.generations), "AWSPREVIOUS", buildPreviousBundle(args.generations), {
      retainOnDelete: true,
      dependsOn: [current],
    });
    const next = buildPendingBundle(args.generations);
    if (Object.keys(next).length === 0) return current;
    // One name and one at a time: a new version would take the label away before the old one gives it back, which AWS refuses.
    return version("pending", "", "AWSPENDING", next, { deleteBeforeReplace: true, dependsOn: [current] });
  }

  private makePodSecret(
    name: string,
    args: AppSecretsArgs,
    values: Readonly<Record<string, pulumi.Output<string>>>,
    stored: pulumi.Resource,
  ): PodSecret {
    const secretName = appSecretName(args.generations);
    const annotations = Object.entries(args.generations).map(([each, generation]) => generationAnnotations(generation, each));
    const secret = new k8s.core.v1.Secret(
      `${name}-pod-secret-${generationsTag(args.generations)}`,
      {
        metadata: {
          name: secretName,
          namespace: args.namespace.namespaceName,
          labels: args.labels,
          annotations: Object.assign({}, ...annotations) as Record<string, string>,
        },
        immutable: true,
        type: "Opaque",
        stringData: pulumi.secret({ ...values }),
      },
      { parent: this, dependsOn: [args.namespace.namespace, stored] },
    );
    return { secretName, secret };
  }
}

/** JSON of a bundle; a secret as a whole, names included. */
function bundleText(entries: readonly (readonly [string, pulumi.Output<string>])[]): pulumi.Output<string> {
  return pulumi.secret(pulumi.all(Object.fromEntries(entries)).apply((values) => JSON.stringify(values)));
}

/** Variable that holds each secret's value in the version AWSCURRENT. */
export function buildCurrentBundle(generations: AppSecretsArgs["generations"]): Record<string, string> {
  return Object.fromEntries(Object.keys(generations).map((name) => [name, name]));
}

/** Variable that holds each secret's value in the version AWSPREVIOUS: all of them in an overlap, as they were before it; else none. */
export function buildPreviousBundle(generations: AppSecretsArgs["generations"]): Record<string, string> {
  return otherBundle(generations, true);
}

/** Variable that holds each secret's value in the version AWSPENDING: all of them as they will be, where a next value exists; else none. */
export function buildPendingBundle(generations: AppSecretsArgs["generations"]): Record<string, string> {
  return otherBundle(generations, "next");
}

function otherBundle(generations: AppSecretsArgs["generations"], overlap: true | "next"): Record<string, string> {
  const entries = Object.entries(generations);
  if (!entries.some(([, each]) => each.overlap === overlap)) return {};
  return Object.fromEntries(entries.map(([name, each]) => [name, each.overlap === overlap ? rollingVariable(name) : name]));
}

/** Name of the pods' Secret: known at preview, another one whenever its content changes. */
export function appSecretName(generations: AppSecretsArgs["generations"]): string {
  return `maestroverse-app-secrets-${generationsTag(generations)}`;
}

/** Problems of the arguments, one line each; empty when there is none. */
export function validateAppSecrets(
  args: Pick<AppSecretsArgs, "secretsManagerName" | "generations" | "dualVerification" | "accountId">,
): string[] {
  const problems = validateGenerations(args.generations, args.dualVerification);
  if (Object.keys(args.generations).length === 0)
    problems.unshift("generations must name at least one secret, got none. Name the secrets.");
  if (!/^[\w/+=.@-]{1,512}$/.test(args.secretsManagerName))
    problems.push(
      `secretsManagerName must be 1 to 512 letters, digits and /_+=.@-, got ${JSON.stringify(args.secretsManagerName)}. Give a name such as maestroverse/app-secrets.`,
    );
  if (!/^\d{12}$/.test(args.accountId))
    problems.push(`accountId must be 12 digits, got ${JSON.stringify(args.accountId)}. Give the AWS account's number as a string.`);
  const tag = appSecretName(args.generations);
  if (tag.length > 63) problems.push(`generations make the Secret's name ${tag.length} characters long, 63 at most. Rotate fewer secrets.`);
  return problems;
}
