/**
 * Which values AWSCURRENT and AWSPREVIOUS give through rotations, asked of moto's Secrets Manager, with each new SecretVersion put as the
 * official provider puts it. It does not prove that AWS itself moves labels as moto does.
 */
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { AppSecrets } from "../../components/app-secrets";
import { HardenedNamespace } from "../../components/namespace";
import { randomOf, reveal, startMocks } from "../helpers/mocks";
import { ACCOUNT, type Moto, startMoto } from "../helpers/moto";

const SECRET = "maestroverse/app-secrets";
const of = (generation: number, overlap = false) => ({ generation, rotatedOn: "2026-11-01", overlap });
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

/** Logical names in the state. */
let state: string[] = [];

/** `pulumi up`: puts the versions that the state does not know; forgets, and does not delete, those that the program has no more. */
async function up(jwt: ReturnType<typeof of>, session: ReturnType<typeof of>): Promise<void> {
  const mocks = await startMocks();
  await mocks.run(() => {
    const namespace = new HardenedNamespace("application", { namespaceName: "maestroverse", labels: {} });
    const generations = { JWT_SECRET: jwt, SESSION_SECRET: session };
    const args = { secretsManagerName: SECRET, accountId: ACCOUNT, secondRegion: "us-west-2", namespace, labels: {} };
    new AppSecrets("app-secrets", { ...args, generations, dualVerification: ["JWT_SECRET"] });
  });
  const versions = mocks.resourcesOf("aws:secretsmanager/secretVersion:SecretVersion");
  for (const { inputs } of versions.filter(({ name }) => !state.includes(name))) {
    const { secretString: SecretString, versionStages: VersionStages } = reveal<{ secretString: string; versionStages: string[] }>(inputs);
    await client.send(new PutSecretValueCommand({ SecretId: SECRET, SecretString, VersionStages }));
  }
  state = versions.map(({ name }) => name);
}

/** What each label gives, and how many versions have one. */
async function labels(): Promise<{ current: unknown; previous: unknown; versions: number }> {
  const at = async (VersionStage: string) => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: SECRET, VersionStage }));
    return JSON.parse(SecretString as string) as unknown;
  };
  const { Versions = [] } = await client.send(new ListSecretVersionIdsCommand({ SecretId: SECRET }));
  const versions = Versions.filter(({ VersionStages = [] }) => VersionStages.length > 0).length;
  return { current: await at("AWSCURRENT"), previous: await at("AWSPREVIOUS"), versions };
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
])("%s", async (_step, jwt, session, current, previous) => {
  await up(jwt, session);
  expect(await labels()).toEqual({ current, previous, versions: 2 });
});
