/**
 * What was deployed by hand is taken over, on the rehearsal: real API server, real PostgreSQL, moto and the Datadog intake, by the real engine. It does
 * not prove that the official plugins read and change what they import as the stand-ins do.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import type { AdoptRecord } from "../../ops/adopt/adopt";
import { rehearsalDirectory } from "../../rehearsal/lib/directory";
import { loadSettings } from "../../rehearsal/rehearse";
import { TSX } from "../../toolchain/plugins";
import { loadExeca } from "../../toolchain/run";
import {
  administrator,
  awsSettings,
  datadog,
  deployByHand,
  type DeployedByHand,
  HAND_REPLICAS,
  handTablesOver,
  kubectl,
  type Place,
} from "../helpers/deployed-by-hand";
import { KEEP_TIMEOUT, takeRehearsalForTests } from "../helpers/kept-rehearsal";

const ROOT = resolve(__dirname, "..", "..");
const NAMESPACE = "maestroverse";
const KINDS = "deploy,svc,ingress,pvc,cronjob";

let place: Place;
let made: DeployedByHand;
let folder: string;
let settingsFile: string;
let giveBack: () => void;
const printed: string[] = [];

/** Runs `npm run ops -- <args>`. */
async function ops(...args: string[]): Promise<{ readonly code: number; readonly output: string }> {
  const { execa } = await loadExeca();
  const { exitCode = -1, all } = await execa(process.execPath, [...TSX, join(ROOT, "ops", "main.ts"), ...args], {
    cwd: ROOT,
    reject: false,
    all: true,
  });
  printed.push(all);
  return { code: exitCode, output: all };
}

const adopt = (...args: string[]) => ops("adopt", "--stack", "rehearsal", "--settings-file", settingsFile, ...args);

/** UIDs of the objects that were made by hand, by kind and name. */
async function uids(): Promise<Record<string, string>> {
  const list = JSON.parse(await kubectl(place, ["get", KINDS, "-n", NAMESPACE, "-o", "json"])) as {
    items: { kind: string; metadata: { name: string; uid: string } }[];
  };
  return Object.fromEntries(list.items.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.uid]));
}

async function oids(): Promise<unknown[]> {
  const client = await administrator(place);
  const { rows } = await client.query<{ oid: number; rolname: string }>(
    "SELECT oid, rolname FROM pg_roles WHERE rolname LIKE 'maestro%' ORDER BY rolname",
  );
  await client.end();
  return rows;
}

/** What each label of the bundle is on, and the values of AWSCURRENT. */
async function bundle(): Promise<{ current: string | undefined; previous: string | undefined; values: unknown }> {
  const client = new SecretsManager(awsSettings(place));
  const SecretId = place.settings.secrets.secretsManagerName;
  const { VersionIdsToStages = {} } = await client.describeSecret({ SecretId });
  const holder = (label: string) => Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes(label));
  const { SecretString = "" } = await client.getSecretValue({ SecretId });
  return { current: holder("AWSCURRENT"), previous: holder("AWSPREVIOUS"), values: JSON.parse(SecretString) };
}

/** The Secret of the Deployment's pods, decoded. */
async function podValues(tag: string): Promise<Record<string, string>> {
  const text = await kubectl(place, ["get", "secret", `maestroverse-app-secrets-${tag}`, "-n", NAMESPACE, "-o", "json"]);
  const { data } = JSON.parse(text) as { data: Record<string, string> };
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, Buffer.from(value, "base64").toString("utf8")]));
}

const deployment = async () =>
  JSON.parse(await kubectl(place, ["get", "deploy", "maestroverse-server", "-n", NAMESPACE, "-o", "json"])) as {
    metadata: { resourceVersion: string };
    spec: { replicas: number; template: { spec: { containers: { image: string; env?: unknown }[] } } };
    status: { availableReplicas?: number };
  };

beforeAll(async () => {
  giveBack = await takeRehearsalForTests();
  folder = mkdtempSync(join(tmpdir(), "adopt-"));
  settingsFile = join(folder, "Pulumi.rehearsal.yaml");
  writeFileSync(settingsFile, readFileSync(join(ROOT, "Pulumi.rehearsal.yaml")));
  await ops("rehearse", "down");
  writeFileSync(join(process.env["MAESTROVERSE_TEST_RUN"] ?? folder, "rehearsal"), "");
  const servers = await ops("rehearse", "--servers");
  if (servers.code !== 0) throw new Error(servers.output);
  place = { directory: rehearsalDirectory(), settings: await loadSettings() };
  made = await deployByHand(place, { "app.kubernetes.io/name": "maestroverse-server" });
  await handTablesOver(place);
}, KEEP_TIMEOUT);

afterAll(async () => {
  await ops("rehearse", "down");
  rmSync(folder, { recursive: true, force: true });
  giveBack();
}, 120_000);

/** What becomes of what exists: fate, type without its package, and id. */
const told = ({ rows }: Pick<AdoptRecord, "rows">) => rows.map(({ fate, type, id }) => `${fate}: ${type.split(":").at(-1)} ${id}`).sort();
const readRecord = () => JSON.parse(readFileSync(join(folder, "record.json"), "utf8")) as AdoptRecord;

const EXPECTED = () =>
  [
    "changed: Bucket maestroverse-rehearsal-backups",
    "changed: CronJob maestroverse/maestroverse-backup",
    "changed: Deployment maestroverse/maestroverse-server",
    "changed: Ingress maestroverse/maestroverse-api",
    `changed: Monitor ${made.monitorId}`,
    "changed: Namespace maestroverse",
    "changed: PersistentVolumeClaim maestroverse/maestroverse-backups",
    "changed: Role maestro_app",
    "changed: Role maestro_backup",
    "changed: Role maestro_migrator",
    "changed: Role maestroverse-backup",
    "changed: Service maestroverse/maestroverse-server",
    `changed: SyntheticsTest ${made.testId}`,
    "kept: BucketObjectLockConfiguration maestroverse-rehearsal-backups",
    "kept: BucketVersioning maestroverse-rehearsal-backups",
  ].sort();

it("a dry run finds what exists and what becomes of it, and changes nothing", async () => {
  const before = [await deployment(), await bundle(), readFileSync(settingsFile, "utf8")];
  const { code, output } = await adopt("--dry-run", "--json", join(folder, "record.json"));
  expect({ code, why: code === 0 ? "" : output }).toEqual({ code: 0, why: "" });
  const record = readRecord();
  expect(told(record).filter((line) => !line.includes(" Secret "))).toEqual(EXPECTED());
  expect(record.leftAlone).toEqual(["Service maestroverse/maestroverse-debug"]);
  expect(record.secrets).toMatchObject({ versionId: made.versionId, previousVersionId: made.previousVersionId, problems: [] });
  expect(record.changes).toEqual({});
  expect([await deployment(), await bundle(), readFileSync(settingsFile, "utf8")]).toEqual(before);
}, 240_000);

it("refuses what somebody else made, by name, and changes nothing", async () => {
  await kubectl(place, ["annotate", "ingress/maestroverse-api", "-n", NAMESPACE, "meta.helm.sh/release-name=api"]);
  const { code, output } = await adopt("--yes", "--json", join(folder, "record.json"));
  await kubectl(place, ["annotate", "ingress/maestroverse-api", "-n", NAMESPACE, "meta.helm.sh/release-name-"]);
  expect(code).toBe(2);
  expect(output).toContain("Helm made it (release api); if it is yours: --take maestroverse-server-ingress");
  expect(output).toContain("rehearsal: nothing was changed.\n  - 1 of what exists cannot be taken over as it is: see REFUSED above");
  expect((await bundle()).previous).toBe(made.previousVersionId);
}, 240_000);

describe("taken over", () => {
  let before: { uids: Record<string, string>; oids: unknown[] };
  const available: number[] = [];

  beforeAll(async () => {
    before = { uids: await uids(), oids: await oids() };
    let isDone = false;
    const watch = (async () => {
      while (!isDone) available.push((await deployment()).status.availableReplicas ?? 0);
    })();
    const { code, output } = await adopt("--json", join(folder, "record.json"));
    isDone = true;
    await watch;
    if (code !== 0) throw new Error(output);
  }, 420_000);

  it("everything is what it was: the same objects, roles, monitors and buckets", async () => {
    expect(await uids()).toMatchObject(before.uids);
    expect(await oids()).toEqual(before.oids);
    expect(await datadog(place, `/api/v1/monitor/${made.monitorId}`)).toMatchObject({
      name: "[rehearsal] API errors (average of the last 5 minutes)",
      priority: 2,
    });
    expect(await datadog(place, `/api/v1/monitor/${made.otherMonitorId}`)).toMatchObject({ message: "errors @slack-ops" });
    const { Body } = await new S3(awsSettings(place)).getObject({
      Bucket: place.settings.backups.bucket,
      Key: "postgresql/maestroverse-by-hand.dump",
    });
    expect(await Body?.transformToString()).toBe("a dump of before");
    const { changes } = readRecord();
    expect(Object.keys(changes).filter((operation) => /replace|delete/.test(operation))).toEqual([]);
  });

  it("AWSCURRENT is on the very version, pods have its values, and the older ones have ended", async () => {
    const { current, previous, values } = await bundle();
    expect([current, values]).toEqual([made.versionId, made.values]);
    expect(previous).not.toBe(made.previousVersionId);
    expect(await podValues("1-1-1-1")).toEqual(made.values);
  });

  it("no pod was missing meanwhile, and nothing of the hand's settings is left in them", async () => {
    expect(Math.min(...available)).toBe(HAND_REPLICAS);
    const { spec } = await deployment();
    expect(spec.replicas).toBe(HAND_REPLICAS);
    expect(spec.template.spec.containers.map(({ image, env }) => [image, env])).toEqual([
      [`${place.settings.image.repository}:${place.settings.image.tag}`, undefined],
    ]);
  });

  it("people's accounts are there", async () => {
    const client = await administrator(place);
    const { rows } = await client.query(`SELECT "email", "passwordHash" FROM "User"`);
    await client.end();
    expect(rows).toEqual([{ email: "kept@maestroverse.edu", passwordHash: "kept" }]);
  });

  it("the next deployment changes nothing, and nothing is left to adopt", async () => {
    const { code, output } = await ops("up", "--stack", "rehearsal", "--settings-file", settingsFile);
    expect({ code, why: code === 0 ? "" : output }).toEqual({ code: 0, why: "" });
    expect(output).toContain("rehearsal: nothing to change.");
    const again = await adopt("--dry-run", "--json", join(folder, "record.json"));
    expect([again.code, readRecord().rows]).toEqual([3, []]);
  }, 240_000);

  it("a rotation of one secret goes on from the values: the old one is accepted, and the pepper stays", async () => {
    const text = readFileSync(settingsFile, "utf8");
    const today = new Date().toISOString().slice(0, 10);
    writeFileSync(
      settingsFile,
      text.replace(/JWT_SECRET: \{ generation: 1, .* \}/, `JWT_SECRET: { generation: 2, rotatedOn: "${today}", overlap: true }`),
    );
    const { code, output } = await ops("up", "--stack", "rehearsal", "--settings-file", settingsFile);
    expect({ code, why: code === 0 ? "" : output }).toEqual({ code: 0, why: "" });
    const { JWT_SECRET: now, ...others } = await podValues("1-2o-1-1");
    const { JWT_SECRET: old, ...kept } = made.values;
    expect(others).toEqual({ ...kept, JWT_SECRET_ROLLING: old });
    expect([now === old, now?.length]).toEqual([false, 88]);
    expect((await bundle()).values).toEqual({ ...kept, JWT_SECRET: now });
  }, 240_000);

  it("no value is in what was printed, in the records, the settings, the state or the logs", () => {
    const texts = [
      ["output", printed.join("\n")] as const,
      ...filesUnder(folder).map((file) => [file, readFileSync(file, "latin1")] as const),
      ...["state", "records", "logs"].flatMap((name) =>
        filesUnder(join(place.directory, name)).map((file) => [file, readFileSync(file, "latin1")] as const),
      ),
    ];
    const needles = Object.values(made.values).flatMap((value) => [value, Buffer.from(value).toString("base64")]);
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.filter(([, text]) => needles.some((needle) => text.includes(needle))).map(([name]) => name)).toEqual([]);
  });
});

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile());
}
