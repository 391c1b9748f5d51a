/** The application's secrets as Secrets Manager has them: which version, since when, and whether it has what the program needs. No value leaves this file. */
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { isMap, isScalar, parseDocument } from "yaml";
import { readBundle } from "../../components/lib/adopted-secrets";
import { SECRET_NAMES, type Settings } from "../../config";
import { PROJECT } from "../engine";
import type { SecretName } from "../rotate/generations";
import { editGenerations } from "../rotate/settings-file";

/** The version with AWSCURRENT. */
export interface ExistingSecrets {
  readonly versionId: string;
  /** Day on which it was made (UTC). */
  readonly madeOn: string;
  /** Why it cannot be taken over, each with what to do; empty: it can. */
  readonly problems: readonly string[];
  /** The version with AWSPREVIOUS, whose values end with the adoption. */
  readonly previousVersionId: string | undefined;
}

/** @returns undefined: there is no such secret, or it never had a value */
export async function findExistingSecrets(client: SecretsManagerClient, secretsManagerName: string): Promise<ExistingSecrets | undefined> {
  const { DescribeSecretCommand, GetSecretValueCommand, ResourceNotFoundException } = await import("@aws-sdk/client-secrets-manager");
  try {
    const found = await client.send(new GetSecretValueCommand({ SecretId: secretsManagerName, VersionStage: "AWSCURRENT" }));
    const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: secretsManagerName }));
    const previousVersionId = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes("AWSPREVIOUS"));
    return {
      versionId: found.VersionId ?? "",
      madeOn: (found.CreatedDate ?? new Date()).toISOString().slice(0, 10),
      problems: problemsOf(secretsManagerName, readBundle(found.SecretString)),
      previousVersionId,
    };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** What is missing, and what a rotation would leave out. Names only. */
function problemsOf(name: string, bundle: Readonly<Record<string, unknown>> | undefined): string[] {
  if (bundle === undefined)
    return [`${name} is no JSON object. Put the four values into one, by their names: ${SECRET_NAMES.join(", ")} (docs/adopting.md).`];
  const missing = SECRET_NAMES.filter((each) => typeof bundle[each] !== "string" || bundle[each] === "");
  const others = Object.keys(bundle).filter((each) => !(SECRET_NAMES as readonly string[]).includes(each));
  return [
    ...(missing.length === 0
      ? []
      : [
          `${name} has no ${missing.join(", ")}; it has ${Object.keys(bundle).sort().join(", ") || "nothing"}. ` +
            `Put a version with these keys, and the very values that the application uses (docs/adopting.md).`,
        ]),
    ...(others.length === 0
      ? []
      : [
          `${name} has ${others.sort().join(", ")} too, which the first rotation would leave out. ` +
            "Move what is still read to a secret of its own, and put a version without it (docs/adopting.md).",
        ]),
  ];
}

/**
 * A stack's settings that keep these values: the version's id before `generations`, and in those the day since which the values are current. Comments and
 * order stay.
 *
 * @throws Error when the file does not have secrets.generations as a mapping
 */
export function keepExistingSecrets(text: string, settings: Settings, { versionId, madeOn }: ExistingSecrets): string {
  const generations = Object.entries(settings.secrets.generations).map(([name, each]) => [name, { ...each, rotatedOn: madeOn }]);
  const dated = editGenerations(
    text,
    Object.fromEntries(generations) as Record<SecretName, Settings["secrets"]["generations"][SecretName]>,
  );
  const secrets = parseDocument(dated).getIn(["config", `${PROJECT}:secrets`], true);
  const key = isMap(secrets)
    ? secrets.items.map((pair) => pair.key).find((each) => isScalar(each) && each.value === "generations")
    : undefined;
  if (!isScalar(key) || key.range == null) throw new Error("secrets.generations is not in the settings file as a mapping.");
  const line = dated.lastIndexOf("\n", key.range[0]) + 1;
  const indent = " ".repeat(key.range[0] - line);
  // Before the comment that belongs to the generations.
  const lines = dated.slice(0, line).split("\n");
  let at = lines.length - 1;
  while (at > 0 && /^\s*#/.test(lines[at - 1] ?? "")) at--;
  const added = [
    `${indent}# The values of before this program: this version in Secrets Manager has generation 1 of each secret, until it is rotated.`,
    `${indent}adopted: { versionId: ${JSON.stringify(versionId)} }`,
  ];
  return [...lines.slice(0, at), ...added, ...lines.slice(at)].join("\n") + dated.slice(line);
}
