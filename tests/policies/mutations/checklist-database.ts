import type { EditableResource } from "../../helpers/policy-stack";
import { add, edit, type Mutation, remove } from "../mutation";

const ROLE = "postgresql:index/role:Role";
const GRANT = "postgresql:index/grant:Grant";
const DEFAULTS = "postgresql:index/defaultPrivileges:DefaultPrivileges";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const SERVER = "maestroverse-server-deployment";
const JOB = "kubernetes:batch/v1:Job";
const MIGRATE = "maestroverse-server-migrate";
const SECRET = "kubernetes:core/v1:Secret";
const BACKUP = "backup-cron-job";

/** Adds to what a grant gives. */
const give = (type: string, name: string, ...privileges: readonly string[]) =>
  edit(type, (inputs) => (inputs.privileges = [...(inputs.privileges as string[]), ...privileges]), name);
const grant = (role: string, inputs: object) =>
  add(GRANT, "another-grant", { role, database: "maestroverse", schema: "public", ...inputs });
/** Name of the Secret of a role's first generation. */
const secretName = (resources: readonly { name: string; inputs: { metadata: { name: string } } }[], role: string) =>
  resources.find(({ name }) => name === `database-${role}-g1-secret`)?.inputs.metadata.name ?? "";

/** The runtime's other login, as the program has it while a password is handed over, but for a defect. */
const handover = (inputs: object) => (resources: EditableResource[]) => {
  const app = resources.find(({ name, type }) => name === "database-app" && type === ROLE);
  const login = { ...(app?.inputs as object), name: "maestro_app_handover", roles: ["maestro_app"], assumeRole: "maestro_app" };
  return add(ROLE, "database-app-handover", { ...login, ...inputs })(resources);
};

/** Defects of runbook §2: roles, privileges, and who has which credential. */
export const DATABASE_MUTATIONS: readonly Mutation[] = [
  {
    defect: "there is no role for the dump",
    transform: remove(ROLE, "database-backup"),
    caughtBy: ["role-enforce-presence"],
    says: ["stack: role maestro_backup is absent. Create it."],
  },
  {
    defect: "the runtime role's search path is PostgreSQL's own",
    transform: edit(ROLE, (inputs) => delete inputs.searchPaths, "database-app"),
    caughtBy: ["role-enforce-presence"],
    says: ["database-app: searchPaths is []. Set it to public alone"],
  },
  {
    defect: "the migrator cannot log in",
    transform: edit(ROLE, (inputs) => (inputs.login = false), "database-migrator"),
    caughtBy: ["role-enforce-presence"],
    says: ["database-migrator: login is false. Set it to true."],
  },
  {
    defect: "there is a role more",
    transform: (resources) => {
      const app = resources.find(({ name, type }) => name === "database-app" && type === ROLE);
      return add(ROLE, "database-reports", { ...(app?.inputs as object), name: "reports" })(resources);
    },
    caughtBy: ["role-enforce-presence"],
    says: ["database-reports: name is reports. Remove it"],
  },
  {
    defect: "the runtime's other login works as itself",
    transform: handover({ assumeRole: undefined }),
    caughtBy: ["role-enforce-presence"],
    says: ["database-app-handover: assumeRole is absent. Set it to maestro_app."],
  },
  {
    defect: "the runtime's other login works as the migrator",
    transform: handover({ assumeRole: "maestro_migrator", roles: ["maestro_migrator", "maestro_app"] }),
    caughtBy: ["role-disallow-strangers", "role-enforce-presence"],
    says: [
      'database-app-handover: roles is ["maestro_migrator"]. Remove them',
      "database-app-handover: assumeRole is maestro_migrator. Set it to maestro_app.",
    ],
  },
  {
    defect: "the runtime's other login looks for tables elsewhere, and without an end",
    transform: handover({ searchPaths: ["public", "staging"], statementTimeout: 0 }),
    caughtBy: ["role-configure-limits", "role-enforce-presence"],
    says: ['database-app-handover: searchPaths is ["public","staging"]. Set it to public alone'],
  },
  {
    defect: "the runtime's other login is given rights of its own",
    transform: (resources) =>
      grant("maestro_app_handover", { objectType: "table", privileges: ["SELECT"], objects: ["User"] })(handover({})(resources)),
    caughtBy: ["role-disallow-strangers"],
    says: ["another-grant: role is maestro_app_handover. Remove it"],
  },
  {
    defect: "the runtime's role works as the migrator from its login on",
    transform: edit(ROLE, (inputs) => (inputs.assumeRole = "maestro_migrator"), "database-app"),
    caughtBy: ["role-enforce-presence"],
    says: ["database-app: assumeRole is maestro_migrator. Remove it."],
  },
  {
    defect: "the server logs in as the other login, which does not exist",
    deployed: true,
    transform: edit(
      SECRET,
      ({ stringData }) => (stringData.DATABASE_URL = (stringData.DATABASE_URL as string).replace("maestro_app", "maestro_app_handover")),
      "database-app-g1-secret",
    ),
    caughtBy: ["pod-enforce-role"],
    says: ['envFrom[2].secretRef.name is "a credential of maestro_app_handover". Name the Secret of maestro_app.'],
  },
  {
    defect: "the runtime role may empty tables at once",
    transform: give(DEFAULTS, "database-app-tables-default", "TRUNCATE"),
    caughtBy: ["grant-enforce-runtime"],
    says: ["database-app-tables-default: privileges is TRUNCATE. Leave maestro_app SELECT, INSERT, UPDATE, DELETE on a table."],
  },
  {
    defect: "the runtime role may create in the schema",
    transform: give(GRANT, "database-app-schema", "CREATE"),
    caughtBy: ["grant-enforce-runtime"],
    says: ["database-app-schema: privileges is CREATE. Leave maestro_app USAGE on a schema."],
  },
  {
    defect: "the runtime role has everything on the database",
    transform: edit(GRANT, (inputs) => (inputs.privileges = ["ALL"]), "database-app-database"),
    caughtBy: ["grant-enforce-runtime"],
    says: ["database-app-database: privileges is ALL. Leave maestro_app CONNECT on a database.", "grants of maestro_app on a database is"],
  },
  {
    defect: "the runtime role cannot delete rows of later tables",
    transform: edit(DEFAULTS, (inputs) => (inputs.privileges = ["SELECT", "INSERT", "UPDATE"]), "database-app-tables-default"),
    caughtBy: ["grant-enforce-runtime"],
    says: ["database-app-tables-default: default privileges of maestro_app on a table is", "Give maestro_app DELETE."],
  },
  {
    defect: "the runtime role has nothing on later sequences",
    transform: remove(DEFAULTS, "database-app-sequences-default"),
    caughtBy: ["grant-enforce-runtime"],
    says: ["stack: default privileges of maestro_app on a sequence is absent. Give maestro_app USAGE, SELECT."],
  },
  {
    defect: "the dump may write",
    transform: give(GRANT, "database-backup-tables", "INSERT"),
    caughtBy: ["grant-enforce-backup"],
    says: ["database-backup-tables: privileges is INSERT. Leave maestro_backup SELECT on a table."],
  },
  {
    defect: "the dump cannot read the next migration's tables",
    transform: remove(DEFAULTS, "database-backup-tables-default"),
    caughtBy: ["grant-enforce-backup"],
    says: ["stack: default privileges of maestro_backup on a table is absent. Give maestro_backup SELECT."],
  },
  {
    defect: "nothing is revoked from PUBLIC on the database",
    transform: remove(GRANT, "database-public-database"),
    caughtBy: ["grant-enforce-public"],
    says: ["stack: grants of public on a database is absent. Revoke everything from public on it."],
  },
  {
    defect: "the migrator may create schemas",
    transform: give(GRANT, "database-migrator-database", "CREATE"),
    caughtBy: ["grant-enforce-migrator"],
    says: ["database-migrator-database: privileges is CREATE. Leave maestro_migrator CONNECT on a database."],
  },
  {
    defect: "the schema belongs to the runtime role",
    transform: edit("postgresql:index/schema:Schema", (inputs) => (inputs.owner = "maestro_app")),
    caughtBy: ["owner-enforce-migrator"],
    says: ["database-schema: owner is maestro_app. Set it to maestro_migrator."],
  },
  {
    defect: "the runtime role writes the record of migrations",
    transform: give(GRANT, "database-app-migrations-table", "SELECT", "INSERT"),
    caughtBy: ["table-disallow-migrations"],
    says: ['database-app-migrations-table: privileges is ["SELECT","INSERT"]. Leave maestro_app nothing on _prisma_migrations.'],
  },
  {
    defect: "the record of migrations is not taken from the runtime role",
    transform: remove(GRANT, "database-app-migrations-table"),
    caughtBy: ["table-disallow-migrations"],
    says: ["stack: grant of maestro_app on _prisma_migrations is absent. Add one without privileges."],
  },
  {
    defect: "a grant on all tables gives the record of migrations back",
    transform: grant("maestro_app", { objectType: "table", privileges: ["SELECT"] }),
    caughtBy: ["table-disallow-migrations"],
    says: ["another-grant: objects is []. Leave maestro_app nothing on _prisma_migrations."],
  },
  {
    defect: "the server logs in as the role of the dump",
    transform: (resources) =>
      edit(
        DEPLOYMENT,
        ({ spec }) => (spec.template.spec.containers[0].envFrom[2].secretRef.name = secretName(resources, "backup")),
        SERVER,
      )(resources),
    caughtBy: ["pod-enforce-role"],
    says: [`${SERVER}: spec.template.spec.containers[0].envFrom[2].secretRef.name is "a credential of maestro_backup".`],
  },
  {
    defect: "the server has no credential of the database",
    transform: edit(DEPLOYMENT, ({ spec }) => spec.template.spec.containers[0].envFrom.splice(2, 1), SERVER),
    caughtBy: ["pod-enforce-role"],
    says: [`${SERVER}: spec.template.spec DATABASE_URL is absent. Take it from the Secret of maestro_app.`],
  },
  {
    defect: "the runtime's Secret holds another role's URL",
    deployed: true,
    transform: edit(
      SECRET,
      ({ stringData }) => (stringData.DATABASE_URL = (stringData.DATABASE_URL as string).replace("maestro_app", "maestro_admin")),
      "database-app-g1-secret",
    ),
    caughtBy: ["pod-enforce-role"],
    says: ['envFrom[2].secretRef.name is "a credential of maestro_admin". Name the Secret of maestro_app.'],
  },
  {
    defect: "the runtime's Secret holds the migrator's URL",
    deployed: true,
    transform: edit(
      SECRET,
      ({ stringData }) => (stringData.DATABASE_URL = (stringData.DATABASE_URL as string).replace("maestro_app", "maestro_migrator")),
      "database-app-g1-secret",
    ),
    caughtBy: ["namespace-enforce-migrations", "pod-disallow-migrator", "pod-enforce-role"],
    says: [
      `${SERVER}: spec.template.spec.containers[0].envFrom[2].secretRef.name is maestroverse-database-app-g1-`,
      "is for migrations only.",
    ],
  },
  {
    defect: "the nightly dump has the migrator's credential too",
    transform: (resources) =>
      edit(
        "kubernetes:batch/v1:CronJob",
        ({ spec }) =>
          spec.jobTemplate.spec.template.spec.volumes.push({ name: "more", secret: { secretName: secretName(resources, "migrator") } }),
        BACKUP,
      )(resources),
    caughtBy: ["pod-disallow-migrator", "pod-enforce-references"],
    says: [`${BACKUP}: spec.jobTemplate.spec.template.spec.volumes[4].secret.secretName is maestroverse-database-migrator-g1-`],
  },
  {
    defect: "the migrator's Secret lies beside the server",
    transform: edit(SECRET, ({ metadata }) => (metadata.namespace = "maestroverse"), "database-migrator-g1-secret"),
    caughtBy: ["namespace-enforce-migrations", "pod-enforce-references"],
    says: [`${SERVER}: metadata.namespace is maestroverse. Choose another: it could mount the Secret of maestro_migrator.`],
  },
  {
    defect: "the dump moves in with the migrations",
    transform: edit("kubernetes:batch/v1:CronJob", ({ metadata }) => (metadata.namespace = "maestroverse-migrations"), BACKUP),
    caughtBy: ["namespace-enforce-migrations", "pod-enforce-references", "pod-missing-network-policy"],
    says: [`${BACKUP}: metadata.namespace is maestroverse-migrations. Choose another`],
  },
  {
    defect: "nothing migrates",
    transform: remove(JOB, MIGRATE),
    caughtBy: ["job-enforce-migration"],
    says: ["UNDETERMINED: job-enforce-migration could not be evaluated: the stack has no kubernetes:batch/v1:Job to look at"],
  },
  {
    defect: "the migrations are of another image",
    transform: edit(
      JOB,
      ({ spec }) => (spec.template.spec.containers[0].image = "registry.example.com/maestroverse/server:0000000"),
      MIGRATE,
    ),
    caughtBy: ["job-enforce-migration"],
    says: [
      `${MIGRATE}: spec.template.spec.containers[0].image is registry.example.com/maestroverse/server:0000000.`,
      "the image that serves.",
    ],
  },
  {
    defect: "the migrations reset the database",
    transform: edit(JOB, ({ spec }) => (spec.template.spec.containers[0].command = ["npx", "prisma", "migrate", "reset"]), MIGRATE),
    caughtBy: ["job-enforce-migration"],
    says: [`${MIGRATE}: spec.template.spec.containers[0].command is "npx prisma migrate reset". Set it to npm run db:migrate`],
  },
  {
    defect: "the migrations have no credential",
    transform: edit(JOB, ({ spec }) => delete spec.template.spec.containers[0].envFrom, MIGRATE),
    caughtBy: ["job-enforce-migration"],
    says: [`${MIGRATE}: spec.template.spec.containers[0].envFrom is`, "Take DATABASE_URL from the Secret of maestro_migrator."],
  },
  {
    defect: "the runtime role belongs to the migrator",
    transform: edit(ROLE, (inputs) => (inputs.roles = ["maestro_migrator"]), "database-app"),
    caughtBy: ["role-disallow-strangers"],
    says: ['database-app: roles is ["maestro_migrator"]. Remove them'],
  },
  {
    defect: "the dump is made a member of a role that reads everything",
    transform: add("postgresql:index/grantRole:GrantRole", "membership", { role: "maestro_backup", grantRole: "pg_read_all_data" }),
    caughtBy: ["role-disallow-strangers"],
    says: ["membership: grantRole is pg_read_all_data. Remove the membership."],
  },
  {
    defect: "somebody else gets rights",
    transform: grant("analyst", { objectType: "table", privileges: ["SELECT"] }),
    caughtBy: ["role-disallow-strangers"],
    says: ["another-grant: role is analyst. Remove it"],
  },
  {
    defect: "the runtime role may give its rights away",
    transform: edit(GRANT, (inputs) => (inputs.withGrantOption = true), "database-app-sequences"),
    caughtBy: ["grant-enforce-runtime"],
    says: ["database-app-sequences: withGrantOption is true. Remove it"],
  },
  {
    defect: "PUBLIC may create in the schema",
    transform: give(GRANT, "database-public-schema", "CREATE"),
    caughtBy: ["grant-enforce-public"],
    says: ["database-public-schema: privileges is CREATE. Leave public nothing on a schema."],
  },
  {
    defect: "default privileges are for what the administrator creates",
    transform: edit(DEFAULTS, (inputs) => (inputs.owner = "maestro_admin"), "database-app-tables-default"),
    caughtBy: ["owner-enforce-migrator"],
    says: ["database-app-tables-default: owner is maestro_admin. Set it to maestro_migrator."],
  },
];
