import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { DatabaseRoles, type DatabaseRolesArgs, validateDatabaseRoles } from "../../components/database-roles";
import { authorityConfigMapName } from "../../components/lib/database-authority";
import { type DatabaseEndpoint, databaseSecretName } from "../../components/lib/database-credential";
import type { Overlap } from "../../components/lib/pod-secret";
import { PRIVILEGE_STEPS } from "../../components/lib/privileges";
import { HardenedNamespace } from "../../components/namespace";
import { isSecret, randomOf, type Recorder, reveal, startMocks } from "../helpers/mocks";

const of = (generation: number, overlap: Overlap = false) => ({ generation, rotatedOn: "2026-11-01", overlap });
const GENERATIONS = { migrator: of(1), app: of(1), backup: of(1) };
const PEM = readFileSync(join(__dirname, "..", "fixtures", "database-authority.pem"), "utf8");
const ENDPOINT = {
  host: "db.maestroverse.edu",
  port: 5432,
  databaseName: "maestroverse",
  sslMode: "verify-full",
  certificateAuthority: { pem: PEM },
  poolSizePerPod: 10,
} as const satisfies DatabaseEndpoint;
const login = (key: string, generation = 1) => ({ user: `maestro_${key}`, generation });
/** Names of the three Secrets. */
const NAMES = {
  app: databaseSecretName("app", login("app"), ENDPOINT),
  migrator: databaseSecretName("migrator", login("migrator"), ENDPOINT),
  backup: databaseSecretName("backup", login("backup"), ENDPOINT),
};
const CHAIN = [
  "schema",
  "public-schema",
  "public-database",
  "public-functions-default",
  "migrator-database",
  "app-database",
  "app-schema",
  "app-tables-default",
  "app-sequences",
  "app-sequences-default",
  "backup-database",
  "backup-schema",
  "backup-tables",
  "backup-tables-default",
  "backup-sequences",
  "backup-sequences-default",
];

async function register(settings: Partial<DatabaseRolesArgs> = {}, preview = false): Promise<{ mocks: Recorder; roles: DatabaseRoles }> {
  const mocks = await startMocks({ preview });
  const roles = await mocks.run(() => {
    const database = new DatabaseRoles("database", {
      ...ENDPOINT,
      maximumPods: 10,
      minReadySeconds: 10,
      terminationGraceSeconds: 45,
      generations: GENERATIONS,
      namespace: new HardenedNamespace("application", { namespaceName: "maestroverse", labels: {} }),
      migrationsNamespace: new HardenedNamespace("migrations", { namespaceName: "maestroverse-migrations", labels: {} }),
      labels: { environment: "test" },
      ...settings,
    });
    database.protectMigrationsTable(new k8s.batch.v1.Job("migrate", {}));
    return database;
  });
  return { mocks, roles };
}

/** Inputs of a resource as the provider sees them. */
const inputsOf = (mocks: Recorder, name: string) => reveal<Record<string, unknown>>(mocks.resource(name).inputs);

describe("its children", () => {
  it("are three roles with a password, a salt and a Secret each, the schema, and the chain of privileges", async () => {
    const { mocks } = await register();
    expect(mocks.childrenOf("database")).toEqual(
      [
        ...["app", "backup", "migrator"].flatMap((key) => [
          `kubernetes:core/v1:Secret database-${key}-g1-secret`,
          `postgresql:index/role:Role database-${key}`,
          `random:index/randomBytes:RandomBytes database-${key}-g1-salt`,
          `random:index/randomPassword:RandomPassword database-${key}-g1-password`,
        ]),
        "kubernetes:core/v1:ConfigMap database-authority",
        "kubernetes:core/v1:ConfigMap database-migrations-authority",
        "postgresql:index/schema:Schema database-schema",
        ...PRIVILEGE_STEPS.map(({ key, on }) =>
          on === "existing"
            ? `postgresql:index/grant:Grant database-${key}`
            : `postgresql:index/defaultPrivileges:DefaultPrivileges database-${key}`,
        ),
        "postgresql:index/grant:Grant database-app-migrations-table",
      ].sort(),
    );
    const orphans = mocks.resources.filter(({ parent }) => parent === undefined).map(({ name }) => name);
    expect(orphans.sort()).toEqual(["application", "database", "migrate", "migrations"]);
  });

  it("exist after one another where they change privileges, so that no two change one row of the catalogue at once", async () => {
    const { mocks } = await register();
    const roles = ["database-app", "database-backup", "database-migrator"];
    expect(CHAIN.map((key) => mocks.resource(`database-${key}`).dependsOn)).toEqual([
      roles,
      ...CHAIN.slice(0, -1).map((key) => [`database-${key}`]),
    ]);
    expect(mocks.resource("database-app-migrations-table").dependsOn).toEqual([`database-${CHAIN.at(-1)}`, "migrate"]);
  });

  it("go before their replacement comes, since the provider deletes by revoking everything", async () => {
    const { mocks } = await register();
    expect(CHAIN.slice(1).map((key) => mocks.resource(`database-${key}`).options.deleteBeforeReplace)).toEqual(
      CHAIN.slice(1).map(() => true),
    );
  });

  it("leave the schema and its rows when the stack is destroyed", async () => {
    const { mocks } = await register();
    expect(
      mocks.resources
        .filter(({ options }) => options.retainOnDelete)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["database-app-migrations-table", "database-schema"]);
  });
});

describe("the roles", () => {
  const plain = {
    login: true,
    superuser: false,
    createDatabase: false,
    createRole: false,
    replication: false,
    bypassRowLevelSecurity: false,
    inherit: true,
    idleInTransactionSessionTimeout: 60_000,
    searchPaths: ["public"],
  };

  it("have no power but to log in, and limits", async () => {
    const { mocks } = await register();
    const role = (key: string) => {
      const { password, ...rest } = inputsOf(mocks, `database-${key}`);
      expect(password).toMatch(/^SCRAM-SHA-256\$4096:[^$]+\$[^:]+:.+$/);
      return rest;
    };
    expect(role("migrator")).toEqual({ ...plain, name: "maestro_migrator", connectionLimit: 2 });
    expect(role("app")).toEqual({ ...plain, name: "maestro_app", connectionLimit: 160, statementTimeout: 30_000 });
    expect(role("backup")).toEqual({ ...plain, name: "maestro_backup", connectionLimit: 3 });
  });

  it("are sent to the server with a verifier that is a secret to the engine, never with the password", async () => {
    const { mocks } = await register();
    for (const key of ["migrator", "app", "backup"]) {
      const { inputs } = mocks.resource(`database-${key}`);
      expect([key, isSecret(inputs["password"])]).toEqual([key, true]);
      expect(JSON.stringify(inputs)).not.toContain(randomOf(`database-${key}-g1-password`));
    }
  });

  it("have passwords of 40 characters that need no quoting in a URL", async () => {
    const { mocks } = await register();
    expect(mocks.resourcesOf("random:index/randomPassword:RandomPassword").map(({ inputs }) => inputs)).toEqual(
      [1, 2, 3].map(() => ({ length: 40, special: true, overrideSpecial: "-_.~" })),
    );
  });

  it("go in an order in which the administrator owns the migrator's tables by the time that the other two lose their rights on them", async () => {
    const { mocks } = await register();
    expect(["app", "backup", "migrator"].map((key) => mocks.resource(`database-${key}`).dependsOn)).toEqual([
      ["database-app-g1-password", "database-app-g1-salt"],
      ["database-backup-g1-password", "database-backup-g1-salt"],
      ["database-app", "database-backup", "database-migrator-g1-password", "database-migrator-g1-salt"],
    ]);
  });
});

describe("the Secrets", () => {
  const ca = "%2Fetc%2Fmaestroverse%2Fdatabase-authority%2Fca.pem";
  const query = `schema=public&sslmode=require&sslmode=verify-full&sslaccept=strict&sslcert=${ca}&sslrootcert=${ca}&options=-c%20lock_timeout%3D10000`;

  it("hold each role's credential in the namespace of the pods that use it, immutable, with the generation and its day", async () => {
    const { mocks } = await register();
    const expected = (name: string, namespace: string, stringData: Record<string, string>) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name,
        namespace,
        labels: { environment: "test" },
        annotations: { "maestroverse.edu/generation": "1", "maestroverse.edu/rotated-on": "2026-11-01" },
      },
      immutable: true,
      type: "Opaque",
      stringData,
    });
    const url = (key: string) =>
      `postgresql://maestro_${key}:${encodeURIComponent(randomOf(`database-${key}-g1-password`))}@db.maestroverse.edu:5432/maestroverse?${query}`;
    expect(inputsOf(mocks, "database-app-g1-secret")).toEqual(
      expected(NAMES.app, "maestroverse", { DATABASE_URL: `${url("app")}&connection_limit=10&pool_timeout=10` }),
    );
    expect(inputsOf(mocks, "database-migrator-g1-secret")).toEqual(
      expected(NAMES.migrator, "maestroverse-migrations", { DATABASE_URL: url("migrator") }),
    );
    expect(inputsOf(mocks, "database-backup-g1-secret")).toEqual(
      expected(NAMES.backup, "maestroverse", {
        PGHOST: "db.maestroverse.edu",
        PGPORT: "5432",
        PGDATABASE: "maestroverse",
        PGUSER: "maestro_backup",
        PGPASSWORD: randomOf("database-backup-g1-password"),
        PGSSLMODE: "verify-full",
        PGSSLROOTCERT: "/etc/maestroverse/database-authority/ca.pem",
      }),
    );
  });

  it("are secrets to the engine", async () => {
    const { mocks } = await register();
    expect(mocks.resourcesOf("kubernetes:core/v1:Secret").map(({ inputs }) => isSecret(inputs["stringData"]))).toEqual([true, true, true]);
  });

  it("exist only after the last privilege: a pod with a credential can do its work", async () => {
    const { mocks } = await register();
    for (const { name, dependsOn } of mocks.resourcesOf("kubernetes:core/v1:Secret"))
      expect([name, dependsOn.includes("database-backup-sequences-default")]).toEqual([name, true]);
  });

  it("have names that a preview knows", async () => {
    const { mocks, roles } = await register({}, true);
    expect([roles.appSecret, roles.migratorSecret, roles.backupSecret].map(({ secretName }) => secretName)).toEqual([
      NAMES.app,
      NAMES.migrator,
      NAMES.backup,
    ]);
    expect(mocks.resource("database-app-g1-secret").inputs["metadata"]).toMatchObject({ name: NAMES.app });
  });

  it("have names that hold the generation and a tag of everything else but the password", () => {
    expect(NAMES.app).toMatch(/^maestroverse-database-app-g1-[0-9a-f]{10}$/);
    expect(databaseSecretName("app", login("app", 2), ENDPOINT)).toBe(NAMES.app.replace("-g1-", "-g2-"));
    const changes: Partial<DatabaseEndpoint>[] = [
      { host: "db2.maestroverse.edu" },
      { port: 5433 },
      { databaseName: "maestroverse_drill" },
      { sslMode: "disable" },
      { certificateAuthority: { imageFile: "/etc/ssl/certs/rds.pem" } },
      { poolSizePerPod: 11 },
    ];
    const changed = (key: "app" | "migrator" | "backup") =>
      changes.map((change) => databaseSecretName(key, login(key), { ...ENDPOINT, ...change }) !== NAMES[key]);
    expect(changed("app")).toEqual([true, true, true, true, true, true]);
    // Only the application has a pool: nobody else's pods roll for its size.
    expect(changed("migrator")).toEqual([true, true, true, true, true, false]);
    expect(changed("backup")).toEqual([true, true, true, true, true, false]);
  });
});

describe("a password that is handed over", () => {
  const app = (generation: number, overlap: Overlap) => ({ generations: { ...GENERATIONS, app: of(generation, overlap) } });

  it("is the other login's first, whose Secret the pods get, while maestro_app keeps its own", async () => {
    const [before, { mocks, roles }] = [await register(), await register(app(1, "next"))];
    const [old, role, other] = [
      inputsOf(before.mocks, "database-app"),
      inputsOf(mocks, "database-app"),
      inputsOf(mocks, "database-app-handover"),
    ];
    expect(role).toEqual(old);
    expect({ ...other, password: "" }).toEqual({
      ...role,
      name: "maestro_app_handover",
      roles: ["maestro_app"],
      assumeRole: "maestro_app",
      password: "",
    });
    expect(other["password"]).not.toBe(role["password"]);
    const { stringData } = inputsOf(mocks, "database-app-g2-secret") as { stringData: { DATABASE_URL: string } };
    const { username, password } = new URL(stringData.DATABASE_URL);
    expect([username, decodeURIComponent(password)]).toEqual(["maestro_app_handover", randomOf("database-app-g2-password")]);
    const login = { user: "maestro_app_handover", generation: 2 };
    expect(roles.appSecret.secretName).toBe(databaseSecretName("app", login, ENDPOINT));
    expect(mocks.childrenOf("database").filter((name) => name.includes("app-g"))).toEqual([
      "kubernetes:core/v1:Secret database-app-g2-secret",
      ...[1, 2].map((generation) => `random:index/randomBytes:RandomBytes database-app-g${generation}-salt`),
      ...[1, 2].map((generation) => `random:index/randomPassword:RandomPassword database-app-g${generation}-password`),
    ]);
  });

  it("is maestro_app's then, while the other login keeps it for the pods that go; both exist before the pods' Secret", async () => {
    const [{ mocks, roles }, after] = [await register(app(2, true)), await register(app(2, false))];
    expect(inputsOf(mocks, "database-app")["password"]).toBe(inputsOf(mocks, "database-app-handover")["password"]);
    // The last step takes the other login away, and rolls no pod.
    expect(roles.appSecret.secretName).toBe(after.roles.appSecret.secretName);
    const rest = mocks.childrenOf("database").filter((name) => name !== "postgresql:index/role:Role database-app-handover");
    expect(after.mocks.childrenOf("database")).toEqual(rest);
    expect(mocks.resource("database-app-handover").dependsOn).toEqual([
      "database-app-g2-password",
      "database-app-g2-salt",
      `database-${CHAIN.at(-1)}`,
    ]);
    expect(mocks.resource("database-app-g2-secret").dependsOn).toContain("database-app-handover");
  });
});

it("gives a rotated role another password, salt and Secret, and leaves the others alone", async () => {
  const names = async (generations: DatabaseRolesArgs["generations"]) => (await register({ generations })).mocks.childrenOf("database");
  const before = await names(GENERATIONS);
  const after = await names({ ...GENERATIONS, app: of(2) });
  expect(after.filter((name) => !before.includes(name))).toEqual([
    "kubernetes:core/v1:Secret database-app-g2-secret",
    "random:index/randomBytes:RandomBytes database-app-g2-salt",
    "random:index/randomPassword:RandomPassword database-app-g2-password",
  ]);
  expect(before.filter((name) => !after.includes(name))).toEqual([
    "kubernetes:core/v1:Secret database-app-g1-secret",
    "random:index/randomBytes:RandomBytes database-app-g1-salt",
    "random:index/randomPassword:RandomPassword database-app-g1-password",
  ]);
});

describe("the certificates that the server's is checked against", () => {
  it("are a ConfigMap in each namespace with a client, immutable and named by content", async () => {
    const { mocks, roles } = await register();
    const name = authorityConfigMapName(PEM);
    expect(mocks.resourcesOf("kubernetes:core/v1:ConfigMap").map(({ inputs }) => inputs)).toEqual(
      ["maestroverse", "maestroverse-migrations"].map((namespace) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace, labels: { environment: "test" } },
        data: { "ca.pem": PEM },
        immutable: true,
      })),
    );
    expect([roles.appSecret, roles.backupSecret, roles.migratorSecret].map(({ authority }) => authority?.configMapName)).toEqual([
      name,
      name,
      name,
    ]);
    expect(authorityConfigMapName(`${PEM}\n`)).not.toBe(name);
  });

  it("are not mounted where the image has them", async () => {
    const { mocks, roles } = await register({ certificateAuthority: { imageFile: "/etc/ssl/certs/rds.pem" } });
    expect(mocks.resourcesOf("kubernetes:core/v1:ConfigMap")).toEqual([]);
    expect(roles.appSecret.authority).toBeUndefined();
    expect(inputsOf(mocks, "database-backup-g1-secret")["stringData"]).toMatchObject({ PGSSLROOTCERT: "/etc/ssl/certs/rds.pem" });
  });
});

describe("wrong arguments", () => {
  const good = {
    ...ENDPOINT,
    host: "db.example.com",
    maximumPods: 10,
    minReadySeconds: 10,
    terminationGraceSeconds: 45,
    generations: GENERATIONS,
    namespace: { namespaceName: "a" },
    migrationsNamespace: { namespaceName: "b" },
  };

  it("are none here", () => {
    expect(validateDatabaseRoles(good)).toEqual([]);
    expect(validateDatabaseRoles({ ...good, host: "127.0.0.1", sslMode: "disable" })).toEqual([]);
  });

  it("are all reported at once", () => {
    expect(
      validateDatabaseRoles({
        host: "db.example.com:5432",
        port: 70_000,
        databaseName: "Maestro",
        sslMode: "disable",
        poolSizePerPod: 0,
        maximumPods: 1.5,
        minReadySeconds: 0,
        terminationGraceSeconds: 0,
        generations: { migrator: of(0, "next"), app: of(1, true), backup: { ...of(1), rotatedOn: "yesterday" } },
        namespace: { namespaceName: "same" },
        migrationsNamespace: { namespaceName: "same" },
      }),
    ).toEqual([
      'host must be a host name or an IPv4 address, got "db.example.com:5432". Give it without port.',
      "port must be a whole number from 1 to 65535, got 70000. PostgreSQL's own is 5432.",
      'databaseName must be a PostgreSQL identifier in lower case, got "Maestro". Give the database\'s name.',
      "sslMode must be verify-full for a host that is not on the loopback, got disable for db.example.com:5432. Set it to verify-full.",
      "poolSizePerPod must be a whole number from 1 to 1000, got 0. Give the connections of one pod.",
      "maximumPods must be a whole number from 1 to 1000, got 1.5. Give the autoscaler's maximum.",
      "minReadySeconds must be a whole number from 1 to 3600, got 0. Give the Deployment's.",
      "terminationGraceSeconds must be a whole number from 1 to 3600, got 0. Give the pods' grace period.",
      "migrationsNamespace must be another namespace than namespace, got same for both: pods of one namespace can mount each other's Secrets. Give the migrations a namespace of their own.",
      "generations.migrator.generation must be a whole number from 1, got 0. Start at 1.",
      "generations.migrator.overlap must be false, got next: a PostgreSQL role has one password, and only that of pods which serve is handed over. Set it to false.",
      "generations.app.overlap must be false or next for generation 1, got true: there is none before it. Set it to false.",
      'generations.backup.rotatedOn must be a calendar date YYYY-MM-DD (UTC), got "yesterday". Give the day of the rotation.',
    ]);
  });

  it("create nothing", async () => {
    const mocks = await startMocks();
    const create = mocks.run(() => {
      const namespace = new HardenedNamespace("room", { namespaceName: "room", labels: {} });
      new DatabaseRoles("database", { ...good, labels: {}, namespace, migrationsNamespace: namespace });
    });
    await expect(create).rejects.toThrow(
      "DatabaseRoles: 1 problem in its arguments; nothing was created:\n  - migrationsNamespace must be",
    );
    expect(mocks.childrenOf("database")).toEqual([]);
  });
});
