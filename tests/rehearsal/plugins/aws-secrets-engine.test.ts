/** Which values the labels give, asked of moto's Secrets Manager; it does not prove that AWS itself moves labels as moto does. */
import { SecretsManager } from "@aws-sdk/client-secrets-manager";

import { type Moto, startMoto } from "../../helpers/moto";
import { PluginStack } from "../../helpers/plugin-stack";
import { oneVersion, REGION, rotation, type RotationStep, SECOND_REGION } from "./programs/aws";

jest.setTimeout(240_000);

const PROGRAMS = require.resolve("./programs/aws");
const SECRET = "app/secrets";
const [OLD, NEW] = ["old-jwt-secret", "new-jwt-secret"];

let moto: Moto;
let client: SecretsManager;
const stacks: PluginStack[] = [];
beforeAll(async () => {
  moto = await startMoto();
  client = new SecretsManager(moto.client(REGION));
});
afterAll(async () => {
  stacks.forEach((stack) => stack.remove());
  await moto?.stop();
});

function newStack(): PluginStack {
  const stack = PluginStack.create({ packages: ["aws"], stackName: "test-aws" });
  stacks.push(stack);
  return stack;
}

/** What each label gives, and how many versions have one. */
async function labels(): Promise<{ current: unknown; previous: unknown; versions: number }> {
  const at = async (VersionStage: string) =>
    JSON.parse((await client.getSecretValue({ SecretId: SECRET, VersionStage })).SecretString ?? "") as unknown;
  const { Versions = [] } = await client.listSecretVersionIds({ SecretId: SECRET });
  const versions = Versions.filter(({ VersionStages = [] }) => VersionStages.length > 0).length;
  return { current: await at("AWSCURRENT"), previous: await at("AWSPREVIOUS"), versions };
}

describe("a rotation by labels", () => {
  const FIRST = { currentTag: "g1", previousTag: "g1", current: { JWT: OLD }, previous: {} };
  const OVERLAP = { currentTag: "g2", previousTag: "g2-overlap", current: { JWT: NEW }, previous: { JWT: OLD } };
  const RETIRED = { ...OVERLAP, previousTag: "g2", previous: {} };
  const bind = (step: Omit<RotationStep, "endpoint">) => stack.bind(rotation({ endpoint: moto.endpoint, ...step }));
  const up = async (step: Omit<RotationStep, "endpoint">) => (await bind(step)).up();
  let stack: PluginStack;
  beforeAll(() => (stack = newStack()));

  it("begins without an old value, the values secret in outputs, on the screen and on the disk", async () => {
    const result = await up(FIRST);
    expect(result.summary.resourceChanges).toEqual({ create: 7 });
    expect(await labels()).toEqual({ current: { JWT: OLD }, previous: {}, versions: 2 });
    expect(result.outputs["value"]).toEqual({ value: JSON.stringify({ JWT: OLD }), secret: true });
    expect(result.outputs["secretArn"]?.value).toMatch(/^arn:aws:secretsmanager:us-east-1:111122223333:secret:app\/secrets-\w+$/);
    expect([stack.stateText().includes(OLD), result.stdout.includes(OLD), stack.stateText().includes("AWSCURRENT")]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("moves nothing without a change, nor on a refresh", async () => {
    expect((await up(FIRST)).summary.resourceChanges).toEqual({ same: 7 });
    expect((await (await bind(FIRST)).refresh()).summary.resourceChanges).toEqual({ same: 7 });
    expect(await labels()).toEqual({ current: { JWT: OLD }, previous: {}, versions: 2 });
  });

  it("keeps the old value in AWSPREVIOUS during an overlap", async () => {
    // The secret's tag says the generation.
    expect((await up(OVERLAP)).summary.resourceChanges).toEqual({ same: 4, update: 1, create: 2, delete: 2 });
    expect(await labels()).toEqual({ current: { JWT: NEW }, previous: { JWT: OLD }, versions: 2 });
    expect((await (await bind(OVERLAP)).refresh()).summary.resourceChanges).toEqual({ same: 7 });
  });

  it("gets labels back that somebody moved", async () => {
    const { VersionIdsToStages = {} } = await client.describeSecret({ SecretId: SECRET });
    const holder = (label: string) => Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes(label))?.[0];
    await client.updateSecretVersionStage({
      SecretId: SECRET,
      VersionStage: "AWSCURRENT",
      RemoveFromVersionId: holder("AWSCURRENT"),
      MoveToVersionId: holder("AWSPREVIOUS"),
    });
    expect(await labels()).toEqual({ current: { JWT: OLD }, previous: { JWT: NEW }, versions: 2 });
    expect((await (await bind(OVERLAP)).refresh()).summary.resourceChanges).toEqual({ same: 5, update: 2 });
    expect((await up(OVERLAP)).summary.resourceChanges).toEqual({ same: 5, update: 2 });
    expect(await labels()).toEqual({ current: { JWT: NEW }, previous: { JWT: OLD }, versions: 2 });
    expect((await (await bind(OVERLAP)).refresh()).summary.resourceChanges).toEqual({ same: 7 });
  });

  it("leaves no label on the old value once it is retired", async () => {
    expect((await up(RETIRED)).summary.resourceChanges).toEqual({ same: 6, create: 1, delete: 1 });
    expect(await labels()).toEqual({ current: { JWT: NEW }, previous: {}, versions: 2 });
    expect((await (await bind(RETIRED)).refresh()).summary.resourceChanges).toEqual({ same: 7 });
    expect([stack.stateText().includes(OLD), stack.stateText().includes(NEW)]).toEqual([false, false]);
  });

  it("takes replicas away and brings them back in place", async () => {
    const replicas = async () => (await client.describeSecret({ SecretId: SECRET })).ReplicationStatus?.map(({ Region }) => Region) ?? [];
    expect(await replicas()).toEqual([SECOND_REGION]);
    expect((await up({ ...RETIRED, replicas: ["eu-central-1"] })).summary.resourceChanges).toEqual({ same: 6, update: 1 });
    expect(await replicas()).toEqual(["eu-central-1"]);
    expect((await up(RETIRED)).summary.resourceChanges).toEqual({ same: 6, update: 1 });
    expect(await replicas()).toEqual([SECOND_REGION]);
  });

  it("finds a policy that somebody deleted", async () => {
    await client.deleteResourcePolicy({ SecretId: SECRET });
    expect((await (await bind(RETIRED)).refresh()).summary.resourceChanges).toEqual({ same: 6, delete: 1 });
    expect((await up(RETIRED)).summary.resourceChanges).toEqual({ same: 6, create: 1 });
    expect((await client.getResourcePolicy({ SecretId: SECRET })).ResourcePolicy).toContain("DenyOtherAccounts");
  });

  it("leaves the secret to be recovered for a month after destroy, and its name taken", async () => {
    expect((await (await bind(RETIRED)).destroy()).summary.resourceChanges).toEqual({ delete: 7 });
    const { DeletedDate, ReplicationStatus } = await client.describeSecret({ SecretId: SECRET });
    expect(Math.round(((DeletedDate?.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(30);
    expect(ReplicationStatus).toBeUndefined();
    const settings = { endpoint: moto.endpoint, ...FIRST };
    expect(await stack.failure("up", { file: PROGRAMS, name: "rotation", settings })).toContain(
      "secretsmanager CreateSecret: ResourceExists",
    );
  });
});

describe("a version", () => {
  const bind = (settings: { stages?: string[]; value?: string }) => stack.bind(oneVersion({ endpoint: moto.endpoint, ...settings }));
  const stages = async () =>
    Object.values((await client.describeSecret({ SecretId: "labels" })).VersionIdsToStages ?? {})
      .map((each) => [...each].sort())
      .filter((each) => each.length > 0);
  let stack: PluginStack;
  beforeAll(() => (stack = newStack()));

  it("is secret even when the program gives it in plain text", async () => {
    expect((await (await bind({ stages: ["AWSCURRENT", "blue"] })).up()).summary.resourceChanges).toEqual({ create: 4 });
    expect(stack.stateText()).not.toContain("plain-but-secret");
  });

  it("takes and loses labels in place, all but AWSCURRENT, which no version can lose", async () => {
    const result = await (await bind({ stages: ["green"] })).up();
    expect(result.summary.resourceChanges).toEqual({ same: 3, update: 1 });
    expect(await stages()).toEqual([["AWSCURRENT", "green"]]);
    expect((result.outputs["stages"]?.value as string[]).sort()).toEqual(["AWSCURRENT", "green"]);
  });

  it("does not mind its labels when the program names none, and keeps them", async () => {
    expect((await (await bind({})).up()).summary.resourceChanges).toEqual({ same: 4 });
    expect(await stages()).toEqual([["AWSCURRENT", "green"]]);
  });

  it("with another value is another version; a label that has moved on stops the deletion of the old one, as AWS has it", async () => {
    const settings = { endpoint: moto.endpoint, stages: ["AWSCURRENT", "green"], value: "another" };
    expect(await stack.failure("up", { file: PROGRAMS, name: "oneVersion", settings })).toMatch(
      /secretsmanager UpdateSecretVersionStage: InvalidParameterException: Version stage green not found in version/,
    );
    expect((await client.getSecretValue({ SecretId: "labels" })).SecretString).toBe("another");
  });

  it("leaves nothing after destroy of a secret without a recovery window", async () => {
    await client.updateSecretVersionStage({ SecretId: "labels", VersionStage: "green" }).catch(() => undefined);
    const { Versions = [] } = await client.listSecretVersionIds({ SecretId: "labels" });
    const old = Versions.find(({ VersionStages = [] }) => !VersionStages.includes("AWSCURRENT"))?.VersionId;
    await (await bind({})).refresh();
    expect(old).toBeDefined();
    await (await bind({})).destroy();
    await expect(client.describeSecret({ SecretId: "labels" })).rejects.toThrow("Secrets Manager can't find the specified secret.");
  });
});
