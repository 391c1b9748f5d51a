/** Secrets that Secrets Manager had before this program: kept as they are, from their version, until each is rotated. */
import { AppSecrets, type AppSecretsArgs } from "../../components/app-secrets";
import { readBundle, valueIn } from "../../components/lib/adopted-secrets";
import type { Overlap } from "../../components/lib/pod-secret";
import { HardenedNamespace } from "../../components/namespace";
import { ADOPTED, isSecret, randomOf, type Recorder, reveal, startMocks } from "../helpers/mocks";

const VERSION_ID = "0d6c1f7e-4e6b-4a53-9f6d-1b2c3d4e5f60";
const IMPORT_ID = `maestroverse/app-secrets|${VERSION_ID}`;
const VERSION = "aws:secretsmanager/secretVersion:SecretVersion";

const of = (generation: number, overlap: Overlap = false) => ({ generation, rotatedOn: "2026-11-01", overlap });
const FIRST = { MAESTROVERSE_PEPPER: of(1), JWT_SECRET: of(1), SESSION_SECRET: of(1), CSRF_SECRET: of(1) };

async function register(
  generations: AppSecretsArgs["generations"],
  { preview = false, importedAtPreview = false }: { preview?: boolean; importedAtPreview?: boolean } = {},
): Promise<Recorder> {
  const mocks = await startMocks({ preview, first: preview });
  await mocks.run(
    () =>
      new AppSecrets("app-secrets", {
        secretsManagerName: "maestroverse/app-secrets",
        generations,
        adopted: { versionId: VERSION_ID, importedAtPreview },
        dualVerification: ["JWT_SECRET"],
        accountId: "111122223333",
        secondRegion: "us-west-2",
        namespace: new HardenedNamespace("application", { namespaceName: "maestroverse", labels: {} }),
        labels: {},
      }),
  );
  return mocks;
}

const versions = (mocks: Recorder) =>
  mocks.resourcesOf(VERSION).map(({ name, inputs, options }) => ({
    name,
    stages: inputs["versionStages"] as unknown,
    importId: options.importId,
    ignores: options.ignoreChanges,
    retained: options.retainOnDelete,
  }));
const podValues = (mocks: Recorder, tag: string) =>
  reveal<Record<string, string>>(mocks.resource(`app-secrets-pod-secret-${tag}`).inputs["stringData"]);

const held = (name: string) => ({
  name: `app-secrets-${name}-g1`,
  stages: undefined,
  importId: IMPORT_ID,
  ignores: ["secretString", "versionStages"],
  retained: true,
});

describe("before any rotation", () => {
  it("is the version itself that is AWSCURRENT: none is written beside it, and no value is made", async () => {
    const mocks = await register(FIRST);
    expect(versions(mocks)).toEqual([
      held("maestroverse-pepper"),
      held("jwt-secret"),
      held("session-secret"),
      held("csrf-secret"),
      { name: "app-secrets-current-1-1-1-1", stages: ["AWSCURRENT"], importId: IMPORT_ID, ignores: ["secretString"], retained: true },
      { name: "app-secrets-previous-1-1-1-1", stages: ["AWSPREVIOUS"], importId: "", ignores: [], retained: true },
    ]);
    expect(mocks.resourcesOf("random:index/randomBytes:RandomBytes")).toEqual([]);
  });

  it("gives pods the very values of the version, as a secret", async () => {
    const mocks = await register(FIRST);
    expect(podValues(mocks, "1-1-1-1")).toEqual(ADOPTED);
    expect(isSecret(mocks.resource("app-secrets-pod-secret-1-1-1-1").inputs["stringData"])).toBe(true);
  });

  it("comes after the bundle, which is taken over first", async () => {
    const mocks = await register(FIRST);
    expect(mocks.resource("app-secrets-jwt-secret-g1").dependsOn).toEqual(["app-secrets-bundle"]);
    expect(mocks.resource("app-secrets-current-1-1-1-1").dependsOn).toEqual(["app-secrets-bundle"]);
  });
});

describe("in a rotation of one secret", () => {
  it("the old value is accepted from its version, and the others go on from there into a version of this program's", async () => {
    const mocks = await register({ ...FIRST, JWT_SECRET: of(2, true) });
    const made = randomOf("app-secrets-jwt-secret-g2");
    expect(podValues(mocks, "1-2o-1-1")).toEqual({ ...ADOPTED, JWT_SECRET: made, JWT_SECRET_ROLLING: ADOPTED["JWT_SECRET"] });
    const text = (name: string) => JSON.parse(reveal<string>(mocks.resource(name).inputs["secretString"])) as unknown;
    expect(text("app-secrets-current-1-2-1-1")).toEqual({ ...ADOPTED, JWT_SECRET: made });
    expect(text("app-secrets-previous-1-2o-1-1")).toEqual(ADOPTED);
    expect(versions(mocks).filter(({ importId }) => importId !== "")).toEqual(
      ["maestroverse-pepper", "jwt-secret", "session-secret", "csrf-secret"].map(held),
    );
  });

  it("the old value goes when it is retired, and the other three stay", async () => {
    const mocks = await register({ ...FIRST, JWT_SECRET: of(2) });
    expect(versions(mocks).filter(({ importId }) => importId !== "")).toEqual(
      ["maestroverse-pepper", "session-secret", "csrf-secret"].map(held),
    );
  });

  it("nothing is imported any more once each has been rotated", async () => {
    const mocks = await register(Object.fromEntries(Object.keys(FIRST).map((name) => [name, of(2)])));
    expect(versions(mocks).filter(({ importId }) => importId !== "")).toEqual([]);
  });
});

describe("a preview", () => {
  it("asks AWS for the version only when it is the adoption's own", async () => {
    const importIds = async (importedAtPreview: boolean) =>
      (await register(FIRST, { preview: true, importedAtPreview })).resourcesOf(VERSION).map(({ options }) => options.importId);
    expect(await importIds(false)).toEqual(["", "", "", "", "", ""]);
    expect(await importIds(true)).toEqual([IMPORT_ID, IMPORT_ID, IMPORT_ID, IMPORT_ID, IMPORT_ID, ""]);
  });
});

describe("a version without one of them", () => {
  const problem = `version ${VERSION_ID} of the secret has no JWT_SECRET. Name a version that has it in secrets.adopted.versionId, as ops adopt does.`;

  it.each([
    ["another key", '{"JWT":"canary-value"}'],
    ["an empty value", '{"JWT_SECRET":""}'],
    ["a value that is no text", '{"JWT_SECRET":{"canary":"value"}}'],
    ["no JSON", "canary-value"],
    ["a list", '["canary-value"]'],
  ])("is refused by the secret's name, without a value: %s", (_, text) => {
    expect(() => valueIn(text, "JWT_SECRET", VERSION_ID)).toThrow(new Error(problem));
  });

  it("of binary values is no bundle", () => {
    expect(readBundle(undefined)).toBeUndefined();
  });
});
