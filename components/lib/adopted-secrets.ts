/**
 * Values that Secrets Manager had before this program (`ops adopt`): generation 1 of each secret is the value in one version of the bundle. That
 * version is imported and never written: nobody is logged out, and every password hash stays good. The first rotation of a secret replaces its value.
 */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** The generation that the values of before count as. */
export const ADOPTED_GENERATION = 1;
/** Text of a version that is never written: the imported one's comes in its place. */
const NO_VALUES = "{}";

/** Which version, of which bundle. */
export interface AdoptedVersion {
  /** Secrets Manager's id of the version that held the values. */
  readonly versionId: string;
  /**
   * Whether it is imported already at preview, which asks AWS. Otherwise a preview of a stack that does not have it yet shows it as one to create; a
   * deployment imports it always, and fails where it does not exist.
   */
  readonly importedAtPreview: boolean;
}

/** The import's id: by the bundle's name, which is known before its ARN is. */
function adoptedVersionId(secretsManagerName: string, { versionId }: Pick<AdoptedVersion, "versionId">): string {
  return `${secretsManagerName}|${versionId}`;
}

/** Options of a resource that is that version. */
function optionsOf(secretsManagerName: string, version: AdoptedVersion, ignoreChanges: readonly string[]): pulumi.CustomResourceOptions {
  const isAsked = version.importedAtPreview || !pulumi.runtime.isDryRun();
  return {
    ...(isAsked ? { import: adoptedVersionId(secretsManagerName, version) } : {}),
    ignoreChanges: [...ignoreChanges],
    additionalSecretOutputs: ["secretString"],
    // It was there before this program. Without a label AWS deletes it.
    retainOnDelete: true,
  };
}

/** What an adopted resource needs. */
export interface AdoptedArgs {
  /** Secrets Manager's name of the bundle. */
  readonly secretsManagerName: string;
  readonly version: AdoptedVersion;
  /** The bundle; after it. */
  readonly bundle: aws.secretsmanager.Secret;
  readonly parent: pulumi.Resource;
}

/** A text that is unknown until the bundle exists, so that nobody takes it for values. */
const placeholder = (bundle: aws.secretsmanager.Secret) => pulumi.secret(bundle.arn.apply(() => NO_VALUES));

/**
 * The value of one secret in that version. A resource for each secret: it goes when its secret's generation 1 does.
 *
 * @throws Error at deployment, by its key and without a value, where the version has none
 */
export function adoptedValue(name: string, secret: string, args: AdoptedArgs): pulumi.Output<string> {
  const { secretsManagerName, version, bundle, parent } = args;
  const held = new aws.secretsmanager.SecretVersion(
    name,
    { secretId: secretsManagerName, secretString: placeholder(bundle) },
    // Labels come and go with rotations.
    { parent, dependsOn: [bundle], ...optionsOf(secretsManagerName, version, ["secretString", "versionStages"]) },
  );
  // Where it is to be created, at preview, its ARN is unknown, and so is the value then.
  return pulumi.secret(pulumi.all([held.secretArn, held.secretString]).apply(([, text]) => valueIn(text, secret, version.versionId)));
}

/** That version as the one with AWSCURRENT, for as long as every current value is in it. */
export function adoptedCurrent(name: string, args: AdoptedArgs): aws.secretsmanager.SecretVersion {
  const { secretsManagerName, version, bundle, parent } = args;
  return new aws.secretsmanager.SecretVersion(
    name,
    { secretId: secretsManagerName, secretString: placeholder(bundle), versionStages: ["AWSCURRENT"] },
    { parent, dependsOn: [bundle], ...optionsOf(secretsManagerName, version, ["secretString"]) },
  );
}

/** One key of a bundle's text. @throws Error that never quotes the text */
export function valueIn(text: string | undefined, secret: string, versionId: string): string {
  const value = readBundle(text)?.[secret];
  if (typeof value === "string" && value !== "") return value;
  throw new Error(
    `version ${versionId} of the secret has no ${secret}. Name a version that has it in secrets.adopted.versionId, as ops adopt does.`,
  );
}

/** A bundle's text as an object; undefined: it is none. A parser's own error would quote the text. */
export function readBundle(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const bundle: unknown = JSON.parse(text ?? "");
    return typeof bundle === "object" && bundle !== null && !Array.isArray(bundle) ? (bundle as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
