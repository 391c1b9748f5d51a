/** `postgresql.Role`: a role, its attributes, settings and memberships. */
import { createHash } from "node:crypto";
import type { CheckFailure, Properties, ResourceHandler, ResourceState } from "../lib/contract";
import { UNKNOWN } from "../lib/contract";
import type { PostgresqlClient, Session } from "./client";
import { checkFields, diffFields, type Fields, observed, texts } from "./inputs";
import { asMemberOf, lockRole, roleOid } from "./membership";
import { identifier, literal, parseNames } from "./sql";

const FIELDS = {
  name: "text",
  password: "text",
  passwordWo: "text",
  passwordWoVersion: "text",
  encryptedPassword: "flag",
  validUntil: "text",
  connectionLimit: "number",
  superuser: "flag",
  createDatabase: "flag",
  createRole: "flag",
  inherit: "flag",
  login: "flag",
  bypassRowLevelSecurity: "flag",
  replication: "flag",
  roles: "set",
  searchPaths: "texts",
  statementTimeout: "number",
  idleInTransactionSessionTimeout: "number",
  assumeRole: "text",
  skipDropRole: "flag",
  skipReassignOwned: "flag",
} as const satisfies Fields;

/** The inputs that a role has in any case, and perhaps others. */
interface RoleInputs extends Properties {
  readonly name: string;
  readonly password?: string;
  readonly passwordWo?: string;
  readonly passwordWoVersion?: string;
}

const DEFAULTS = {
  encryptedPassword: true,
  validUntil: "infinity",
  connectionLimit: -1,
  superuser: false,
  createDatabase: false,
  createRole: false,
  inherit: true,
  login: false,
  bypassRowLevelSecurity: false,
  replication: false,
  skipDropRole: false,
  skipReassignOwned: false,
};

/** Attributes that are on or off: input, keyword (with NO before it: off), column of pg_roles. */
const FLAGS = [
  ["superuser", "SUPERUSER", "rolsuper"],
  ["createDatabase", "CREATEDB", "rolcreatedb"],
  ["createRole", "CREATEROLE", "rolcreaterole"],
  ["inherit", "INHERIT", "rolinherit"],
  ["login", "LOGIN", "rolcanlogin"],
  ["bypassRowLevelSecurity", "BYPASSRLS", "rolbypassrls"],
  ["replication", "REPLICATION", "rolreplication"],
] as const;

/** Settings that new sessions of the role start with: input, name. Milliseconds; 0: none. */
const TIMEOUTS = [
  ["statementTimeout", "statement_timeout"],
  ["idleInTransactionSessionTimeout", "idle_in_transaction_session_timeout"],
] as const;

/** The handler. A role that is renamed keeps its id, as the engine has it. */
export const role: ResourceHandler<PostgresqlClient> = {
  inputs: Object.keys(FIELDS),
  required: ["name"],
  secrets: ["password", "passwordWo"],
  check: (_olds, news) => {
    const outcome = checkFields(FIELDS, DEFAULTS, news, { connectionLimit: -1, statementTimeout: 0, idleInTransactionSessionTimeout: 0 });
    return { ...outcome, failures: [...outcome.failures, ...checkPasswords(news), ...checkSearchPaths(news)] };
  },
  // A write-only password is set when its version changes, and only then.
  diff: (olds, _oldOutputs, news) => diffFields(FIELDS, olds, news).filter(({ path }) => path !== "passwordWo"),
  preview: withoutWriteOnly,

  async create({ client }, inputs) {
    const wanted = inputs as RoleInputs;
    const name = identifier(wanted.name);
    return client.transaction(
      async (session) => {
        const options = [
          ...passwordOption(wanted),
          validUntil(wanted),
          connectionLimit(wanted),
          ...FLAGS.map((flag) => keyword(flag, wanted)),
        ];
        await session.query(`CREATE ROLE ${name} WITH ${options.join(" ")}`);
        await setMemberships(session, wanted);
        await setSettings(session, {}, wanted);
        return (await readRole(client, session, wanted.name, inputs)) as ResourceState;
      },
      { secrets: passwords(wanted) },
    );
  },

  read({ client }, id, state, inputs) {
    const name = typeof state["name"] === "string" ? state["name"] : id;
    return client.transaction((session) => readRole(client, session, name, { ...DEFAULTS, ...inputs }));
  },

  async update({ client }, _id, oldOutputs, _oldInputs, newInputs) {
    const [old, wanted] = [oldOutputs as RoleInputs, newInputs as RoleInputs];
    const renamed = old.name !== wanted.name;
    const name = identifier(wanted.name);
    return client.transaction(
      async (session) => {
        await lockRole(session, old.name);
        if (renamed) await session.query(`ALTER ROLE ${identifier(old.name)} RENAME TO ${name}`);
        const changed = (input: string) => old[input] !== wanted[input];
        const options = [
          // The name is part of an MD5 password: PostgreSQL forgets it.
          ...(changed("password") || changed("passwordWoVersion") || renamed ? passwordOption(wanted, "PASSWORD NULL") : []),
          ...(changed("validUntil") ? [validUntil(wanted)] : []),
          ...(changed("connectionLimit") ? [connectionLimit(wanted)] : []),
          ...FLAGS.filter(([input]) => changed(input)).map((flag) => keyword(flag, wanted)),
        ];
        if (options.length > 0) await session.query(`ALTER ROLE ${name} WITH ${options.join(" ")}`);
        await setMemberships(session, wanted);
        await setSettings(session, old, wanted);
        return (await readRole(client, session, wanted.name, newInputs)) as ResourceState;
      },
      { secrets: passwords(wanted) },
    );
  },

  /** What the role owns in the provider's database goes to the administrator, its privileges there go with it. */
  async delete({ client }, _id, state) {
    const { name, skipDropRole, skipReassignOwned } = state as RoleInputs &
      Record<"skipDropRole" | "skipReassignOwned", boolean | undefined>;
    const quoted = identifier(name);
    await client.transaction(async (session) => {
      if ((await roleOid(session, name)) === undefined) return;
      await lockRole(session, name);
      if (skipReassignOwned !== true)
        await asMemberOf(session, [name], async () => {
          await session.query(`REASSIGN OWNED BY ${quoted} TO ${identifier(client.connection.username)}`);
          await session.query(`DROP OWNED BY ${quoted}`);
        });
      if (skipDropRole !== true) await session.query(`DROP ROLE ${quoted}`);
    });
  },
};

function checkPasswords({ password, passwordWo, passwordWoVersion }: Properties): CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (password !== undefined && (passwordWo !== undefined || passwordWoVersion !== undefined))
    failures.push({ property: "password", reason: "must not stand beside passwordWo and passwordWoVersion. Give one of them." });
  if ((passwordWo === undefined) !== (passwordWoVersion === undefined))
    failures.push({ property: "passwordWo", reason: "needs passwordWoVersion, and that needs passwordWo. Give both or neither." });
  return failures;
}

function checkSearchPaths({ searchPaths }: Properties): CheckFailure[] {
  if (searchPaths === UNKNOWN || !texts(searchPaths).some((path) => typeof path === "string" && path.includes(", "))) return [];
  return [{ property: "searchPaths", reason: 'must hold no name with ", " in it. Rename the schema.' }];
}

function passwords({ password, passwordWo }: RoleInputs): string[] {
  return [password, passwordWo].filter((each) => each !== undefined);
}

function passwordOption(inputs: RoleInputs, none?: string): string[] {
  const [password] = passwords(inputs);
  if (password === undefined || password === "") return none === undefined ? [] : [none];
  return [`${inputs["encryptedPassword"] === false ? "UNENCRYPTED" : "ENCRYPTED"} PASSWORD ${literal(password)}`];
}

const validUntil = (inputs: RoleInputs) => `VALID UNTIL ${literal(inputs["validUntil"] as string)}`;
const connectionLimit = (inputs: RoleInputs) => `CONNECTION LIMIT ${inputs["connectionLimit"] as number}`;
const keyword = ([input, word]: (typeof FLAGS)[number], inputs: RoleInputs) => (inputs[input] === true ? word : `NO${word}`);

/** Memberships are complete: any other one is taken away. */
async function setMemberships(session: Session, { name, roles }: RoleInputs): Promise<void> {
  const quoted = identifier(name);
  const held = await session.query<{ role: string }>(
    "SELECT DISTINCT pg_get_userbyid(roleid) AS role FROM pg_auth_members WHERE pg_get_userbyid(member) = $1",
    [name],
  );
  for (const each of held) await session.query(`REVOKE ${identifier(each.role)} FROM ${quoted}`);
  for (const each of texts(roles)) await session.query(`GRANT ${identifier(each)} TO ${quoted}`);
}

async function setSettings(session: Session, old: Properties, wanted: RoleInputs): Promise<void> {
  const alter = `ALTER ROLE ${identifier(wanted.name)}`;
  const paths = texts(wanted["searchPaths"]).map(identifier);
  await session.query(`${alter} SET search_path TO ${paths.length === 0 ? "DEFAULT" : paths.join(", ")}`);
  for (const [input, setting] of TIMEOUTS) {
    const milliseconds = (wanted[input] as number | undefined) ?? 0;
    if (milliseconds === (old[input] ?? 0)) continue;
    await session.query(milliseconds === 0 ? `${alter} RESET ${setting}` : `${alter} SET ${setting} TO ${milliseconds}`);
  }
  const assumed = (wanted["assumeRole"] as string | undefined) ?? "";
  if (assumed !== (old["assumeRole"] ?? ""))
    await session.query(assumed === "" ? `${alter} RESET ROLE` : `${alter} SET ROLE TO ${identifier(assumed)}`);
}

interface RoleRow extends Record<string, unknown> {
  readonly name: string;
  readonly limit: number;
  readonly until: string;
  readonly config: readonly string[] | null;
  readonly roles: readonly string[];
}

/** In the transaction of a change: what cannot be read back is not made either, or the engine would not know of it. */
async function readRole(client: PostgresqlClient, session: Session, name: string, inputs: Properties): Promise<ResourceState | undefined> {
  const [row] = await session.query<RoleRow>(
    `SELECT rolname AS name, rolconnlimit AS limit, coalesce(rolvaliduntil::text, 'infinity') AS until, rolconfig AS config,
            ${FLAGS.map(([, , column]) => column).join(", ")},
            ARRAY(SELECT DISTINCT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = pg_roles.oid ORDER BY 1) AS roles
       FROM pg_roles WHERE rolname = $1`,
    [name],
  );
  if (row === undefined) return undefined;
  const found = observed(FIELDS, inputs, { ...fromRow(row), ...(await storedPassword(client, session, row, inputs)) });
  return { id: name, outputs: withoutWriteOnly(found), inputs: found };
}

function fromRow(row: RoleRow): Properties {
  const setting = (name: string) => row.config?.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
  const timeouts = TIMEOUTS.map(([input, name]): [string, unknown] => {
    const value = setting(name);
    if (value === undefined) return [input, undefined];
    if (/^\d+$/.test(value)) return [input, Number(value)];
    throw new Error(
      `role ${JSON.stringify(row.name)} has ${name} = ${value}, and only milliseconds can be compared. ` +
        `Somebody set it by hand: ALTER ROLE ${identifier(row.name)} RESET ${name}, then run again.`,
    );
  });
  return {
    name: row.name,
    connectionLimit: row.limit,
    validUntil: row.until,
    roles: row.roles,
    searchPaths: parseNames(setting("search_path") ?? ""),
    assumeRole: setting("role"),
    ...Object.fromEntries(timeouts),
    ...Object.fromEntries(FLAGS.map(([input, , column]) => [input, row[column]])),
  };
}

/** The password as the catalogue has it, which only a superuser may read: nothing to compare otherwise. */
async function storedPassword(client: PostgresqlClient, session: Session, row: RoleRow, { password }: Properties): Promise<Properties> {
  if (typeof password !== "string" || row["rolcanlogin"] !== true || !client.connection.superuser) return {};
  const [me] = await session.query<{ super: boolean }>("SELECT rolsuper AS super FROM pg_roles WHERE rolname = current_user");
  if (me?.super !== true)
    throw new Error(
      `${client.connection.username} is no superuser, so no role's password can be compared with the catalogue. ` +
        "Set superuser: false in the provider's settings.",
    );
  const [stored] = await session.query<{ text: string }>("SELECT coalesce(passwd, '') AS text FROM pg_shadow WHERE usename = $1", [
    row.name,
  ]);
  return samePassword(password, stored?.text ?? "", row.name) ? {} : { password: stored?.text };
}

/** A password in clear text cannot be told from another one when the server has a SCRAM verifier: the official plugin does not try either. */
function samePassword(password: string, stored: string, name: string): boolean {
  if (/^(md5|SCRAM-SHA-256)/.test(password)) return password === stored;
  if (stored.startsWith("md5"))
    return (
      stored ===
      `md5${createHash("md5")
        .update(password + name)
        .digest("hex")}`
    );
  return stored.startsWith("SCRAM-SHA-256");
}

function withoutWriteOnly({ passwordWo: _passwordWo, ...outputs }: Properties): Properties {
  return outputs;
}
