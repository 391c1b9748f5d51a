import { add, defect, edit, type Mutation } from "../mutation";

const ROLE = "postgresql:index/role:Role";
const GRANT = "postgresql:index/grant:Grant";
const PASSWORD = "random:index/randomPassword:RandomPassword";
const BYTES = "random:index/randomBytes:RandomBytes";
const POWERS = ["superuser", "createDatabase", "createRole", "replication", "bypassRowLevelSecurity"];

/** Defects of PostgreSQL's roles and grants, and of what their passwords are made of. */
export const POSTGRESQL_MUTATIONS: readonly Mutation[] = [
  ...POWERS.map((field) =>
    defect(
      `a role's ${field} is on`,
      "role-disallow-powers",
      edit(ROLE, (inputs) => (inputs[field] = true), "database-backup"),
      `database-backup: ${field} is true. Set it to false.`,
    ),
  ),
  defect(
    "a role says nothing of its powers",
    "role-disallow-powers",
    edit(ROLE, (inputs) => delete inputs.superuser, "database-app"),
    "database-app: superuser is absent.",
  ),
  ...["connectionLimit", "idleInTransactionSessionTimeout", "statementTimeout"].map((field) =>
    defect(
      `the server's role has no ${field}`,
      "role-configure-limits",
      edit(ROLE, (inputs) => delete inputs[field], "database-app"),
      `database-app: ${field} is absent. Set it to a number above 0.`,
    ),
  ),
  defect(
    "the dump's role opens as many connections as it likes",
    "role-configure-limits",
    edit(ROLE, (inputs) => (inputs.connectionLimit = -1), "database-backup"),
    "database-backup: connectionLimit is -1.",
  ),
  {
    ...defect(
      "a role's password is sent in clear",
      "role-enforce-verifier",
      edit(ROLE, (inputs) => (inputs.password = "correct horse battery staple"), "database-app"),
      'database-app: password is "no SCRAM verifier". Pass it through scramVerifier.',
    ),
    deployed: true,
  },
  defect(
    "a role's password is sent as MD5, already at the first preview",
    "role-enforce-verifier",
    edit(ROLE, (inputs) => (inputs.password = "md5d8578edf8458ce06fbc5bb76a58c5ca4"), "database-migrator"),
    'database-migrator: password is "no SCRAM verifier".',
  ),
  defect(
    "a role that logs in has no password",
    "role-enforce-verifier",
    edit(ROLE, (inputs) => delete inputs.password, "database-backup"),
    "database-backup: password is absent.",
  ),
  defect(
    "two grants take turns",
    "grant-disallow-duplicates",
    add(GRANT, "again", { database: "maestroverse", objectType: "database", privileges: ["CONNECT"], role: "maestro_backup" }),
    "again: role is maestro_backup. Join it with database-backup-database.",
  ),
  defect(
    "a password is short",
    "password-enforce-length",
    edit(PASSWORD, (inputs) => (inputs.length = 23), "database-app-g1-password"),
    "database-app-g1-password: length is 23. Set it to 24 or more.",
  ),
  defect(
    "a secret is short",
    "random-enforce-length",
    add(BYTES, "webhook-secret-g1", { length: 31 }),
    "webhook-secret-g1: length is 31. Set it to 32 or more.",
  ),
  defect(
    "a salt is short",
    "random-enforce-length",
    edit(BYTES, (inputs) => (inputs.length = 15), "database-app-g1-salt"),
    "database-app-g1-salt: length is 15. Set it to 16 or more.",
  ),
  defect(
    "a rotation destroys the old secret",
    "random-enforce-generation",
    edit(BYTES, (inputs) => (inputs.keepers = { generation: "2" }), "app-secrets-jwt-secret-g1"),
    "app-secrets-jwt-secret-g1: keepers is set. Remove them",
  ),
  defect(
    "a secret is of no generation",
    "random-enforce-generation",
    add(BYTES, "webhook-secret", { length: 64 }),
    "webhook-secret: name is webhook-secret. End it with -g and the generation's number.",
  ),
  defect(
    "a secret is shown in clear",
    "random-disallow-plain",
    add("random:index/randomString:RandomString", "webhook-secret-g1", { length: 64 }),
    "webhook-secret-g1: type is RandomString. Use RandomPassword or RandomBytes.",
  ),
];
