/** Runbook §3: secrets' age, where they are kept, and that the old ones are refused. */
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
} from "@aws-sdk/client-secrets-manager";
import { appSecretName } from "../../../components/app-secrets";
import { kebab } from "../../../components/lib/generations";
import { ROLE_NAMES, type RoleKey } from "../../../components/lib/privileges";
import type { TimelineEvidence } from "../evidence";
import { judge, type Probe, type ProbeContext, undetermined } from "../probe";
import { fingerprint, podKeys } from "../who-am-i";

const DAY_MILLISECONDS = 24 * 3600 * 1000;
const TODO = "Rotate it: npm run ops -- rotate --stack <stack> --secret <name> (docs/runbook/3-secrets.md).";

/** A credential that is rotated, as its Secret in the cluster says. */
interface Rotated {
  readonly name: string;
  readonly generation: number;
  readonly rotatedOn: string;
}

interface SecretObject {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

/** The secrets and database roles with the day of their rotation: what the cluster holds, not what the settings say. */
async function rotatedCredentials({ settings, systems }: ProbeContext): Promise<Rotated[]> {
  const cluster = await systems.cluster();
  const annotations = async (namespace: string, name: string) =>
    (await cluster.get<SecretObject>(`/api/v1/namespaces/${namespace}/secrets/${name}`)).metadata.annotations ?? {};
  const rotated = (name: string, of: Readonly<Record<string, string>>, suffix = ""): Rotated => ({
    name,
    generation: Number(of[`maestroverse.edu/generation${suffix}`]),
    rotatedOn: of[`maestroverse.edu/rotated-on${suffix}`] ?? "",
  });
  const { generations } = settings.secrets;
  const bundled = await annotations(settings.cluster.namespace, appSecretName(generations));
  const roles = (Object.keys(ROLE_NAMES) as RoleKey[]).map(async (key) => {
    const { namespace, name } = systems.secretOfRole(key);
    return rotated(ROLE_NAMES[key], await annotations(namespace, name));
  });
  return [...Object.keys(generations).map((name) => rotated(name, bundled, `.${kebab(name)}`)), ...(await Promise.all(roles))];
}

const age: Probe = {
  line: "RB-3.1",
  name: "secrets-age",
  title: "No secret and no database password is older than the settings allow",
  needs: ["cluster"],
  async run(context) {
    const { settings, now } = context;
    const limit = settings.secrets.rotateEveryDays;
    const rotated = (await rotatedCredentials(context)).map((each) => ({
      ...each,
      days: Math.floor((now.getTime() - Date.parse(`${each.rotatedOn}T00:00:00Z`)) / DAY_MILLISECONDS),
    }));
    const due = (rotatedOn: string) => new Date(Date.parse(`${rotatedOn}T00:00:00Z`) + limit * DAY_MILLISECONDS).toISOString();
    const dated = rotated.filter(({ days }) => !Number.isNaN(days));
    const timeline: TimelineEvidence = {
      kind: "timeline",
      title: `Rotations, and when the next is due (every ${limit} days)`,
      now: now.toISOString(),
      lanes: dated.map(({ name, generation, rotatedOn, days }) => ({
        label: name,
        events: [
          { at: `${rotatedOn}T00:00:00Z`, label: `generation ${generation}`, mark: "good" },
          { at: due(rotatedOn), label: "next one due", mark: days > limit ? "bad" : "plain" },
        ],
      })),
    };
    const oldest = Math.max(...dated.map(({ days }) => days));
    return judge(
      [
        ...rotated.filter(({ days }) => Number.isNaN(days)).map(({ name }) => `${name} has no day of its rotation`),
        ...dated.filter(({ days }) => days > limit).map(({ name, days }) => `${name} is ${days} days old, ${limit} are allowed`),
      ],
      `${rotated.length} credentials, the oldest rotated ${oldest} days ago of ${limit}`,
      TODO,
      timeline,
    );
  },
};

/** A version's bundle by its label; undefined: no version has it, or the secret is to be deleted and tells nobody. Values go nowhere. */
async function bundle({ systems }: ProbeContext, stage: string): Promise<Record<string, string> | undefined> {
  const [client, { names }] = await Promise.all([systems.secretsManager(), systems.outputs()]);
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: names.secretsManagerSecret, VersionStage: stage }));
    return JSON.parse(SecretString ?? "{}") as Record<string, string>;
  } catch (error) {
    if (error instanceof ResourceNotFoundException || error instanceof InvalidRequestException) return undefined;
    throw error;
  }
}

const stored: Probe = {
  line: "RB-3.1",
  name: "secrets-stored",
  title: "The pods' secrets are those of AWSCURRENT in Secrets Manager",
  needs: ["aws", "cluster"],
  async run(context) {
    const { settings, systems } = context;
    const { generations } = settings.secrets;
    const [current, pods] = await Promise.all([
      bundle(context, "AWSCURRENT"),
      systems.secret(settings.cluster.namespace, appSecretName(generations)),
    ]);
    const names = Object.keys(generations);
    const others = names.filter((name) => current?.[name] === undefined || current[name] !== pods[name]);
    return judge(
      others.map((name) => `${name} of the pods is not that of AWSCURRENT`),
      `${names.length} secrets of the pods are those of AWSCURRENT`,
      "pulumi up brings both to the generations of the settings; if somebody wrote into Secrets Manager, find out who (docs/runbook/3-secrets.md).",
    );
  },
};

const labels: Probe = {
  line: "RB-3.1",
  name: "secrets-revoked",
  title: "Secrets Manager holds no old values outside an overlap",
  needs: ["aws"],
  async run(context) {
    const [client, { names }] = await Promise.all([context.systems.secretsManager(), context.systems.outputs()]);
    const [previous, { VersionIdsToStages = {}, DeletedDate }] = await Promise.all([
      bundle(context, "AWSPREVIOUS"),
      client.send(new DescribeSecretCommand({ SecretId: names.secretsManagerSecret })),
    ]);
    const overlaps = Object.entries(context.settings.secrets.generations).filter(([, { overlap }]) => overlap !== false);
    const old = Object.keys(previous ?? {});
    const stages = Object.values(VersionIdsToStages).flat();
    const hasNext = overlaps.some(([, { overlap }]) => overlap === "next");
    const hasOld = overlaps.some(([, { overlap }]) => overlap === true);
    const unknown = stages.filter((stage) => !["AWSCURRENT", "AWSPREVIOUS", ...(hasNext ? ["AWSPENDING"] : [])].includes(stage));
    return judge(
      [
        ...(DeletedDate === undefined ? [] : [`the secret is marked for deletion since ${DeletedDate.toISOString()}`]),
        ...(!hasOld && old.length > 0 ? [`AWSPREVIOUS still holds ${old.join(", ")}, and there is no overlap`] : []),
        ...unknown.map((stage) => `a version is kept by the label ${stage}, which is not ours`),
      ],
      overlaps.length === 0
        ? "AWSPREVIOUS holds no old value"
        : `an overlap of ${overlaps.map(([name]) => name).join(", ")}: ${[...(hasOld ? ["AWSPREVIOUS"] : []), ...(hasNext ? ["AWSPENDING"] : [])].join(" and ")} may hold values`,
      "Retire the old generation: overlap: false in the settings, then pulumi up (docs/runbook/3-secrets.md).",
      {
        kind: "table",
        title: "Versions",
        columns: ["Version", "Labels"],
        rows: Object.entries(VersionIdsToStages).map(([id, each]) => [id, each.join(", ")]),
      },
    );
  },
};

const accepted: Probe = {
  line: "RB-3.1",
  name: "secrets-in-use",
  title: "The application signs with the current secrets, and accepts old ones only in an overlap",
  needs: ["edge", "aws", "cluster"],
  async run(context) {
    const [current, pods] = await Promise.all([bundle(context, "AWSCURRENT"), podKeys(context)]);
    if (pods === undefined)
      return undetermined(
        "the application does not tell which keys it uses",
        "/api/whoami should answer with their fingerprints: docs/runbook/3-secrets.md.",
      );
    const { keys } = pods;
    const { generations } = context.settings.secrets;
    const problems = Object.entries(generations).flatMap(([name, { overlap }]) => {
      const uses = keys.map((each) => each[name]);
      const value = current?.[name];
      return [
        ...(value === undefined || uses.some((use) => use?.current !== fingerprint(value))
          ? [`${name}: signed with another value than AWSCURRENT's`]
          : []),
        ...(overlap === false && uses.some((use) => use?.rolling !== undefined)
          ? [`${name}: an old value is still accepted, and there is no overlap`]
          : []),
      ];
    });
    return judge(
      problems,
      `${Object.keys(generations).length} secrets in use on ${pods.of} are the current ones; ${Object.values(generations).some(({ overlap }) => overlap !== false) ? "old ones are accepted in their overlap" : "no old one is accepted"}`,
      "kubectl rollout restart deploy/maestroverse-server; a pod with an old Secret stays until it is replaced (docs/runbook/3-secrets.md).",
      {
        kind: "table",
        title: "Keys in use, by their fingerprints",
        columns: ["Secret", "Signs with", "Still accepts"],
        rows: Object.keys(generations).map((name) => [
          name,
          [...new Set(keys.map((each) => each[name]?.current ?? "?"))].join(", "),
          [...new Set(keys.map((each) => each[name]?.rolling ?? "nothing old"))].join(", "),
        ]),
      },
    );
  },
};

export const secretsProbes: readonly Probe[] = [age, stored, labels, accepted];
