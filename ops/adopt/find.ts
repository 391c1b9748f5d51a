/** Looks in every system for what a deployment would make. */
import type { Systems } from "../verify/systems";
import type { Candidate, Finder } from "./candidate";
import { awsFinders } from "./find-aws";
import { bucketFinders } from "./find-buckets";
import { DATADOG_TYPES, datadogFinder } from "./find-datadog";
import { databaseFinder, ROLE_TYPE } from "./find-database";
import { kubernetesFinder } from "./find-kubernetes";
import type { Imported, Row } from "./plan";

/** Logical name of the provider of the second region. */
const SECOND_REGION = "aws-second-region";

/** Choices of the operator, by logical name. */
export interface Choices {
  /** Things that are taken though somebody else seems to have made them. */
  readonly take: readonly string[];
  /** Ids of things that are called otherwise, or as several are. */
  readonly ids: Readonly<Record<string, string>>;
}

/** What was found. */
export interface Looked {
  /** What is imported. */
  readonly imports: readonly Imported[];
  /** What was found and is not taken. */
  readonly refused: readonly Row[];
}

/** @throws Error when a system does not answer, or a choice names nothing */
export async function findExisting(systems: Systems, candidates: readonly Candidate[], { take, ids }: Choices): Promise<Looked> {
  const { settings, aws } = systems.access;
  const regionOf = ({ provider }: Candidate) => (provider === SECOND_REGION ? settings.aws.secondRegion : settings.aws.region);
  const awsOf = (region?: string) => aws(region);
  const [cluster, datadog] = await Promise.all([systems.cluster(), systems.datadog()]);
  const kubernetes = kubernetesFinder(cluster);
  const held = datadogFinder(datadog);
  const finders: Readonly<Record<string, Finder>> = {
    ...awsFinders(awsOf, settings.environment, regionOf),
    ...bucketFinders(awsOf, settings.environment, settings.aws.endpoint !== undefined, regionOf),
    ...Object.fromEntries(DATADOG_TYPES.map((type) => [type, held])),
    [ROLE_TYPE]: databaseFinder(() => systems.administrator()),
  };
  const unknown = [...take, ...Object.keys(ids)].filter((name) => !candidates.some((each) => each.name === name));
  if (unknown.length > 0)
    throw new Error(
      `${unknown.join(", ")}: the program has no such resource, or it is the stack's already. Names are those of --json: "name" of each row.`,
    );

  const imports: Imported[] = [];
  const refused: Row[] = [];
  for (const candidate of candidates) {
    const { type, name } = candidate;
    const chosen = ids[name];
    const finder = finders[type] ?? (type.startsWith("kubernetes:") && !type.endsWith("Patch") ? kubernetes : undefined);
    const found = chosen === undefined ? await finder?.(candidate, candidates) : { id: chosen };
    if (found === undefined) continue;
    if ("several" in found)
      refused.push({ type, name, id: found.several.join(", "), fate: "unclear", fields: [], note: `choose: --id ${name}=ID` });
    else if (found.stranger !== undefined && !take.includes(name))
      refused.push({
        type,
        name,
        id: found.id,
        fate: "somebody else's",
        fields: [],
        note: `${found.stranger}; if it is yours: --take ${name}`,
      });
    else imports.push({ type, name, id: found.id });
  }
  return { imports, refused };
}
