/**
 * Which values AWSCURRENT, AWSPREVIOUS and AWSPENDING give through rotations, asked of moto's Secrets Manager, with each new SecretVersion put as the
 * official provider puts it. It does not prove that AWS itself moves labels as moto does.
 */
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ListSecretVersionIdsCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { AppSecrets } from "../../components/app-secrets";
import type { Overlap } from "../../components/lib/pod-secret";
import { HardenedNamespace } from "../../components/namespace";
import { randomOf, reveal, startMocks } from "../helpers/mocks";
import { ACCOUNT, type Moto, startMoto } from "../helpers/moto";

const SECRET = "maestroverse/app-secrets";
const of = (generation: number, overlap: Overlap = false) => ({ generation, rotatedOn: "2026-11-01", overlap });
/** `JWT_SECRET` and `SESSION_SECRET` as the mocks make them. */
const pair = (jwt: number, session: number) => ({
  JWT_SECRET: randomOf(`app-secrets-jwt-secret-g${jwt}`),
  SESSION_SECRET: randomOf(`app-secrets-session-secret-g${session}`),
});

let moto: Moto;
let client: SecretsManagerClient;
beforeAll(async () => {
  moto = await startMoto();
  client = new SecretsManagerClient(moto.client("us-east-1"));
  await client.send(new CreateSecretCommand({ Name: SECRET }));
}, 120_000);
afterAll(async () => {
  client.destroy();
  await moto.stop();
});

/** Versions in the state by logical name; `id` where the program's end ends it too. */
let state: Record<string, { readonly SecretString: string; readonly id: string | undefined; readonly label: string }> = {};

/**
 * `pulumi up`: puts the versions that the state does not know; of those that the program has no more, takes the label off, unless they are
 * retained: those it forgets.
 */
async function up(jwt: ReturnType<typeof of>, session: ReturnType<typeof of>): Promise<void> {
  const mocks = await startMocks();
  await mocks.run(() => {
    const namespace = new HardenedNamespace("application", { namespaceName: "maestroverse", labels: {} });
    const generations = { JWT_SECRET: jwt, SESSION_SECRET: session };
    const args = { secretsManagerName: SECRET, accountId: ACCOUNT, secondRegion: "us-west-2", namespace, labels: {} };
    new AppSecrets("app-secrets", { ...args, generations, dualVerification: ["JWT_SECRET"] });
  });
  const versions = mocks.resourcesOf("aws:secretsmanager/secretVersion:SecretVersion");
  const before = state;
  state = {};
  const end = async (name: string) => {
    const { id, label } = before[name] ?? {};
    if (id !== undefined)
      await client.send(new UpdateSecretVersionStageCommand({ SecretId: SECRET, VersionStage: label, RemoveFromVersionId: id }));
  };
  for (const { name, inputs, options } of versions) {
    const { secretString: SecretString, versionStages } = reveal<{ secretString: string; versionStages: string[] }>(inputs);
    const known = before[name];
    if (known?.SecretString === SecretString) state[name] = known;
    else {
      if (options.deleteBeforeReplace === true) await end(name);
      const put = new PutSecretValueCommand({ SecretId: SECRET, SecretString, VersionStages: versionStages });
      const { VersionId } = await client.send(put);
      state[name] = { SecretString, label: versionStages[0] ?? "", id: options.retainOnDelete === true ? undefined : VersionId };
    }
  }
  for (const name of Object.keys(before)) if (state[name] === undefined) await end(name);
}

/** What each label gives, and how many versions have one. */
async function labels(): Promise<{ current: unknown; previous: unknown; pending: unknown; versions: number }> {
  const at = async (VersionStage: string) => {
    const found = await client.send(new GetSecretValueCommand({ SecretId: SECRET, VersionStage })).catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    });
    return found === undefined ? undefined : (JSON.parse(found.SecretString as string) as unknown);
  };
  const { Versions = [] } = await client.send(new ListSecretVersionIdsCommand({ SecretId: SECRET }));
  const versions = Versions.filter(({ VersionStages = [] }) => VersionStages.length > 0).length;
  return { current: await at("AWSCURRENT"), previous: await at("AWSPREVIOUS"), pending: await at("AWSPENDING"), versions };
}

// One story, in order: each step starts where the one before ended.
it.each([
  ["the first deployment has no old value", of(1), of(1), pair(1, 1), {}],
  ["a deployment without change moves nothing", of(1), of(1), pair(1, 1), {}],
  ["a rotation with overlap keeps the old value in AWSPREVIOUS", of(2, true), of(1), pair(2, 1), pair(1, 1)],
  ["another secret's rotation in between keeps that overlap, and not its own old value", of(2, true), of(2), pair(2, 2), pair(1, 2)],
  ["retiring takes AWSPREVIOUS off the old value", of(2), of(2), pair(2, 2), {}],
  ["a rotation without overlap leaves no label on the old value", of(2), of(3), pair(2, 3), {}],
  ["a rotation begins again", of(3, true), of(3), pair(3, 3), pair(2, 3)],
  ["and is rolled back", of(2), of(3), pair(2, 3), {}],
  ["a next value waits in AWSPENDING, and moves nothing", of(2, "next"), of(3), pair(2, 3), {}, pair(3, 3)],
  ["another secret's rotation meanwhile is in AWSPENDING too", of(2, "next"), of(4), pair(2, 4), {}, pair(3, 4)],
  ["the publication takes AWSPENDING off", of(3, true), of(4), pair(3, 4), pair(2, 4)],
  ["on the way back the new value waits again, and the old one is current", of(2, "next"), of(4), pair(2, 4), {}, pair(3, 4)],
  ["at its end the new value has no label", of(2), of(4), pair(2, 4), {}],
])("%s", async (_step, jwt, session, current, previous, ...[pending]: unknown[]) => {
  await up(jwt, session);
  expect(await labels()).toEqual({ current, previous, pending, versions: pending === undefined ? 2 : 3 });
});
