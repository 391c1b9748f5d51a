import {
  AppSecrets,
  type AppSecretsArgs,
  buildCurrentBundle,
  buildPendingBundle,
  buildPreviousBundle,
  validateAppSecrets,
} from "../../components/app-secrets";
import type { Overlap } from "../../components/lib/pod-secret";
import { buildSecretPolicy, buildSecretsKeyPolicy } from "../../components/lib/secrets-policies";
import { HardenedNamespace } from "../../components/namespace";
import { arnOf, isSecret, randomOf, type Recorder, reveal, startMocks, valueOf } from "../helpers/mocks";

const of = (generation: number, overlap: Overlap = false) => ({ generation, rotatedOn: "2026-11-01", overlap });
const FIRST = { MAESTROVERSE_PEPPER: of(1), JWT_SECRET: of(1), SESSION_SECRET: of(1), CSRF_SECRET: of(1) };
const ROLLING = { ...FIRST, JWT_SECRET: of(2, true) };
const RETIRED = { ...FIRST, JWT_SECRET: of(2) };

async function register(generations: AppSecretsArgs["generations"], preview = false): Promise<{ mocks: Recorder; secrets: AppSecrets }> {
  const mocks = await startMocks({ preview });
  const secrets = await mocks.run(
    () =>
      new AppSecrets("app-secrets", {
        secretsManagerName: "maestroverse/app-secrets",
        generations,
        dualVerification: ["JWT_SECRET"],
        accountId: "111122223333",
        secondRegion: "us-west-2",
        namespace: new HardenedNamespace("application", { namespaceName: "maestroverse", labels: {} }),
        labels: { environment: "test" },
      }),
  );
  return { mocks, secrets };
}

const inputsOf = (mocks: Recorder, name: string) => reveal<Record<string, unknown>>(mocks.resource(name).inputs);
/** Value that the mocks give a secret's generation. */
const value = (secret: string, generation: number) => randomOf(`app-secrets-${secret}-g${generation}`);
/** The four values, JWT_SECRET's in a generation. */
const bundle = (jwtGeneration: number) => ({
  MAESTROVERSE_PEPPER: value("maestroverse-pepper", 1),
  JWT_SECRET: value("jwt-secret", jwtGeneration),
  SESSION_SECRET: value("session-secret", 1),
  CSRF_SECRET: value("csrf-secret", 1),
});
const parsed = (mocks: Recorder, name: string) => JSON.parse(inputsOf(mocks, name)["secretString"] as string) as unknown;

const FIXED_CHILDREN = [
  "aws:kms/alias:Alias app-secrets-key-alias",
  "aws:kms/key:Key app-secrets-key",
  "aws:secretsmanager/secret:Secret app-secrets-bundle",
  "aws:secretsmanager/secretPolicy:SecretPolicy app-secrets-bundle-policy",
];
const VALUES_1 = ["csrf-secret", "jwt-secret", "maestroverse-pepper", "session-secret"].map(
  (name) => `random:index/randomBytes:RandomBytes app-secrets-${name}-g1`,
);
const namedBy = (current: string, all: string) => [
  `aws:secretsmanager/secretVersion:SecretVersion app-secrets-current-${current}`,
  `aws:secretsmanager/secretVersion:SecretVersion app-secrets-previous-${all}`,
  `kubernetes:core/v1:Secret app-secrets-pod-secret-${all}`,
];

describe("its children", () => {
  it("are four values, the bundle with its key and policy, its two versions, and the pods' Secret", async () => {
    const { mocks } = await register(FIRST);
    expect(mocks.childrenOf("app-secrets")).toEqual([...FIXED_CHILDREN, ...namedBy("1-1-1-1", "1-1-1-1"), ...VALUES_1].sort());
  });

  it("are the old value too during an overlap", async () => {
    const { mocks } = await register(ROLLING);
    const value2 = "random:index/randomBytes:RandomBytes app-secrets-jwt-secret-g2";
    expect(mocks.childrenOf("app-secrets")).toEqual([...FIXED_CHILDREN, ...namedBy("1-2-1-1", "1-2o-1-1"), ...VALUES_1, value2].sort());
  });

  it("lose the old value when it is retired, and keep the current version as it is", async () => {
    const { mocks } = await register(RETIRED);
    const values = VALUES_1.map((name) => name.replace("jwt-secret-g1", "jwt-secret-g2"));
    expect(mocks.childrenOf("app-secrets")).toEqual([...FIXED_CHILDREN, ...namedBy("1-2-1-1", "1-2-1-1"), ...values].sort());
  });

  it("have no orphan among them", async () => {
    const { mocks } = await register(ROLLING);
    const orphans = mocks.resources.filter(({ parent }) => parent === undefined).map(({ name }) => name);
    expect(orphans.sort()).toEqual(["app-secrets", "application"]);
  });
});

it("makes each value of 64 random bytes", async () => {
  const { mocks } = await register(FIRST);
  expect(mocks.resourcesOf("random:index/randomBytes:RandomBytes").map(({ inputs }) => inputs)).toEqual(
    [1, 2, 3, 4].map(() => ({ length: 64 })),
  );
});

describe("the bundle", () => {
  it("is encrypted by a key of its own that turns every year, can be brought back for 30 days, and is copied to the second region", async () => {
    const { mocks } = await register(ROLLING);
    expect(inputsOf(mocks, "app-secrets-bundle")).toEqual({
      name: "maestroverse/app-secrets",
      description: "Maestroverse application secrets (runbook section 3)",
      kmsKeyId: arnOf("app-secrets-key"),
      recoveryWindowInDays: 30,
      replicas: [{ region: "us-west-2" }],
      tags: {
        MAESTROVERSE_PEPPER: "generation 1 of 2026-11-01",
        JWT_SECRET: "generation 2 of 2026-11-01",
        SESSION_SECRET: "generation 1 of 2026-11-01",
        CSRF_SECRET: "generation 1 of 2026-11-01",
      },
    });
    expect(inputsOf(mocks, "app-secrets-key")).toMatchObject({ enableKeyRotation: true, deletionWindowInDays: 30 });
    expect(inputsOf(mocks, "app-secrets-bundle-policy")).toMatchObject({ secretArn: arnOf("app-secrets-bundle"), blockPublicPolicy: true });
  });

  it("has the four current values in AWSCURRENT and none in AWSPREVIOUS outside an overlap", async () => {
    const { mocks } = await register(RETIRED);
    expect(parsed(mocks, "app-secrets-current-1-2-1-1")).toEqual(bundle(2));
    expect(parsed(mocks, "app-secrets-previous-1-2-1-1")).toEqual({});
  });

  it("has the four values from before in AWSPREVIOUS during an overlap", async () => {
    const { mocks } = await register(ROLLING);
    expect(parsed(mocks, "app-secrets-current-1-2-1-1")).toEqual(bundle(2));
    expect(parsed(mocks, "app-secrets-previous-1-2o-1-1")).toEqual(bundle(1));
  });

  it("takes AWSPREVIOUS after AWSCURRENT has moved, and loses versions by their labels alone", async () => {
    const { mocks } = await register(ROLLING);
    const versions = mocks.resourcesOf("aws:secretsmanager/secretVersion:SecretVersion");
    const current = "app-secrets-current-1-2-1-1";
    const previous = "app-secrets-previous-1-2o-1-1";
    const found = versions.map(({ name, inputs, dependsOn, options }) => ({
      name,
      stages: inputs["versionStages"] as unknown,
      waitsFor: dependsOn.filter((other) => other === current || other === previous),
      retained: options.retainOnDelete,
    }));
    expect(found).toEqual([
      { name: current, stages: ["AWSCURRENT"], waitsFor: [], retained: true },
      { name: previous, stages: ["AWSPREVIOUS"], waitsFor: [current], retained: true },
    ]);
  });
});

describe("a next value, before it signs", () => {
  const NEXT = { ...FIRST, JWT_SECRET: of(1, "next" as const) };

  it("is in AWSPENDING beside the others, and pods accept it", async () => {
    const { mocks, secrets } = await register(NEXT);
    expect(parsed(mocks, "app-secrets-current-1-1-1-1")).toEqual(bundle(1));
    expect(parsed(mocks, "app-secrets-previous-1-1n-1-1")).toEqual({});
    expect(parsed(mocks, "app-secrets-pending")).toEqual(bundle(2));
    expect(inputsOf(mocks, "app-secrets-pod-secret-1-1n-1-1")).toMatchObject({
      stringData: { ...bundle(1), JWT_SECRET_ROLLING: value("jwt-secret", 2) },
    });
    expect(secrets.podSecret.secretName).toBe("maestroverse-app-secrets-1-1n-1-1");
  });

  it("gives its label back before another one takes it, and is stored before pods have it", async () => {
    const { mocks } = await register(NEXT);
    const { options, dependsOn, inputs } = mocks.resource("app-secrets-pending");
    expect([inputs["versionStages"], options.retainOnDelete, options.deleteBeforeReplace]).toEqual([["AWSPENDING"], false, true]);
    expect(dependsOn).toContain("app-secrets-current-1-1-1-1");
    expect(mocks.resource("app-secrets-pod-secret-1-1n-1-1").dependsOn).toContain("app-secrets-pending");
  });

  it("needs an application that accepts two", async () => {
    await expect(register({ ...FIRST, CSRF_SECRET: of(1, "next") })).rejects.toThrow(
      "generations.CSRF_SECRET.overlap must be false, got next: the application does not read CSRF_SECRET_ROLLING.",
    );
  });
});

describe("the pods' Secret", () => {
  it("has each secret by name, and the old value of a rolling one, under a name that says which", async () => {
    const { mocks, secrets } = await register(ROLLING);
    expect(inputsOf(mocks, "app-secrets-pod-secret-1-2o-1-1")).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: "maestroverse-app-secrets-1-2o-1-1",
        namespace: "maestroverse",
        labels: { environment: "test" },
        annotations: {
          "maestroverse.edu/generation.maestroverse-pepper": "1",
          "maestroverse.edu/rotated-on.maestroverse-pepper": "2026-11-01",
          "maestroverse.edu/generation.jwt-secret": "2",
          "maestroverse.edu/rotated-on.jwt-secret": "2026-11-01",
          "maestroverse.edu/generation.session-secret": "1",
          "maestroverse.edu/rotated-on.session-secret": "2026-11-01",
          "maestroverse.edu/generation.csrf-secret": "1",
          "maestroverse.edu/rotated-on.csrf-secret": "2026-11-01",
        },
      },
      immutable: true,
      type: "Opaque",
      stringData: { ...bundle(2), JWT_SECRET_ROLLING: value("jwt-secret", 1) },
    });
    expect(secrets.podSecret.secretName).toBe("maestroverse-app-secrets-1-2o-1-1");
  });

  it("has a name that a preview knows", async () => {
    const { mocks } = await register(FIRST, true);
    expect(mocks.resource("app-secrets-pod-secret-1-1-1-1").inputs["metadata"]).toMatchObject({ name: "maestroverse-app-secrets-1-1-1-1" });
  });

  it("is made after Secrets Manager has the values", async () => {
    const { mocks } = await register(FIRST);
    expect(mocks.resource("app-secrets-pod-secret-1-1-1-1").dependsOn).toContain("app-secrets-current-1-1-1-1");
  });
});

it("keeps every value secret, and exports none", async () => {
  const { mocks, secrets } = await register(ROLLING);
  const versions = mocks
    .resourcesOf("aws:secretsmanager/secretVersion:SecretVersion")
    .map(({ inputs }) => isSecret(inputs["secretString"]));
  expect(versions).toEqual([true, true]);
  expect(isSecret(mocks.resource("app-secrets-pod-secret-1-2o-1-1").inputs["stringData"])).toBe(true);
  expect(await valueOf(secrets.secretArn)).toBe(arnOf("app-secrets-bundle"));
  expect(secrets.generationsByName).toEqual({ MAESTROVERSE_PEPPER: 1, JWT_SECRET: 2, SESSION_SECRET: 1, CSRF_SECRET: 1 });
});

it("puts the variables that hold a version's values by name", () => {
  const mixed = { A: of(3, true), B: of(2) };
  expect([buildCurrentBundle(mixed), buildPreviousBundle(mixed), buildPreviousBundle({ A: of(3), B: of(2) })]).toEqual([
    { A: "A", B: "B" },
    { A: "A_ROLLING", B: "B" },
    {},
  ]);
  const before = { A: of(3, "next" as const), B: of(2) };
  expect([buildCurrentBundle(before), buildPreviousBundle(before), buildPendingBundle(before), buildPendingBundle(mixed)]).toEqual([
    { A: "A", B: "B" },
    {},
    { A: "A_ROLLING", B: "B" },
    {},
  ]);
});

describe("the policies", () => {
  interface Statement {
    readonly Sid: string;
    readonly Effect: string;
    readonly Action: string | string[];
    readonly Condition?: unknown;
  }
  const statements = (policy: string) => (JSON.parse(policy) as { Statement: Statement[] }).Statement;

  it("let nobody of another account, and nobody without TLS, near the bundle", () => {
    expect(
      statements(buildSecretPolicy("111122223333")).map(({ Sid, Effect, Action, Condition }) => [Sid, Effect, Action, Condition]),
    ).toEqual([
      ["DenyOtherAccounts", "Deny", "secretsmanager:*", { StringNotEquals: { "aws:PrincipalAccount": "111122223333" } }],
      ["DenyPlainHttp", "Deny", "secretsmanager:*", { Bool: { "aws:SecureTransport": "false" } }],
    ]);
  });

  it("let the key decrypt through Secrets Manager only, and its administrators change its policy", () => {
    const [administer, use] = statements(buildSecretsKeyPolicy("111122223333")) as [Statement, Statement];
    const using = /^kms:(\*|Decrypt|Encrypt|ReEncrypt|GenerateData|CreateGrant|Sign)/;
    expect((administer.Action as string[]).filter((action) => using.test(action))).toEqual([]);
    expect(administer.Action).toContain("kms:PutKeyPolicy");
    expect(use.Condition).toEqual({ StringLike: { "kms:ViaService": "secretsmanager.*.amazonaws.com" } });
  });
});

describe("wrong arguments", () => {
  const good = {
    secretsManagerName: "maestroverse/app-secrets",
    generations: ROLLING,
    dualVerification: ["JWT_SECRET"],
    accountId: "111122223333",
  };

  it("are none here", () => {
    expect(validateAppSecrets(good)).toEqual([]);
  });

  it("are all reported at once", () => {
    const generations = { JWT_SECRET: of(1, true), SESSION_SECRET: of(2, true) };
    expect(validateAppSecrets({ secretsManagerName: "a b", generations, dualVerification: ["JWT_SECRET"], accountId: "1" })).toEqual([
      "generations.JWT_SECRET.overlap must be false for generation 1, got true: there is none before it. Set it to false.",
      "generations.SESSION_SECRET.overlap must be false, got true: the application does not read SESSION_SECRET_ROLLING. Set it to false, or add SESSION_SECRET to dualVerification once the application does.",
      'secretsManagerName must be 1 to 512 letters, digits and /_+=.@-, got "a b". Give a name such as maestroverse/app-secrets.',
      'accountId must be 12 digits, got "1". Give the AWS account\'s number as a string.',
    ]);
  });

  it("are an empty set of secrets, and one whose Secret would have too long a name", () => {
    expect(validateAppSecrets({ ...good, generations: {}, dualVerification: [] })).toEqual([
      "generations must name at least one secret, got none. Name the secrets.",
    ]);
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`SECRET_${index}`, of(9999)]));
    expect(validateAppSecrets({ ...good, generations: many, dualVerification: [] })).toEqual([
      "generations make the Secret's name 64 characters long, 63 at most. Rotate fewer secrets.",
    ]);
  });

  it("create nothing", async () => {
    await expect(register({ ...FIRST, CSRF_SECRET: of(2, true) })).rejects.toThrow(
      "AppSecrets: 1 problem in its arguments; nothing was created:\n  - generations.CSRF_SECRET.overlap must be false",
    );
  });
});
