/** `postgresql.DefaultPrivileges`: what a role gets on objects that another one will create; the list is complete. */
import type { ResourceHandler, ResourceState } from "../lib/contract";
import type { PostgresqlClient, Session } from "./client";
import { checkFields, checkWord, diffFields, type Fields, texts } from "./inputs";
import { asMemberOf, lockRole, roleOid } from "./membership";
import { CATALOGUE_LETTERS, type PrivilegesInputs, requireAllowed, targetExists, withGranted } from "./privileges";
import { identifier } from "./sql";

const FIELDS = {
  role: "text",
  database: "text",
  owner: "text",
  schema: "text",
  objectType: "text",
  privileges: "set",
  withGrantOption: "flag",
} as const satisfies Fields;

const OBJECT_TYPES = ["table", "sequence", "function", "routine", "type", "schema"];

interface DefaultPrivilegesInputs extends PrivilegesInputs {
  /** Role that will create the objects. */
  readonly owner: string;
}

/** The handler. A replacement comes before the old one goes, which revokes: a program must ask for deleteBeforeReplace. */
export const defaultPrivileges: ResourceHandler<PostgresqlClient> = {
  inputs: Object.keys(FIELDS),
  required: ["role", "database", "owner", "objectType", "privileges"],
  check: (_olds, news) => {
    const outcome = checkFields(FIELDS, { withGrantOption: false }, news);
    return { ...outcome, failures: [...outcome.failures, ...checkWord("objectType", news["objectType"], OBJECT_TYPES)] };
  },
  diff: (olds, _oldOutputs, news) =>
    diffFields(
      FIELDS,
      olds,
      news,
      Object.keys(FIELDS).filter((name) => name !== "privileges"),
    ),

  create: ({ client }, inputs) => set(client, inputs as DefaultPrivilegesInputs),
  update: ({ client }, _id, _oldOutputs, _oldInputs, newInputs) => set(client, newInputs as DefaultPrivilegesInputs),
  read: ({ client }, _id, _state, inputs) => readDefaultPrivileges(client, inputs as DefaultPrivilegesInputs),

  async delete({ client }, _id, state) {
    const inputs = state as DefaultPrivilegesInputs;
    if (!(await targetExists(client, inputs))) return;
    await client.transaction(
      async (session) => {
        if ((await roleOid(session, inputs.owner)) === undefined) return;
        await change(session, inputs, [revokeStatement(inputs)]);
      },
      { database: inputs.database },
    );
  },
};

async function set(client: PostgresqlClient, inputs: DefaultPrivilegesInputs): Promise<ResourceState> {
  if (inputs.objectType === "schema" && inputs.schema !== undefined)
    throw new Error("schema: must not be set for object type schema. Leave it out.");
  if (inputs.withGrantOption === true && inputs.role.toLowerCase() === "public")
    throw new Error("withGrantOption: must not be true for role public. Leave it out.");
  requireAllowed(inputs);
  const statements = [revokeStatement(inputs), ...(inputs.privileges.length === 0 ? [] : [grantStatement(inputs)])];
  await client.transaction((session) => change(session, inputs, statements), { database: inputs.database });
  const state = await readDefaultPrivileges(client, inputs);
  if (state === undefined) throw new Error(`role ${JSON.stringify(inputs.role)} or its privileges are gone meanwhile. Run again.`);
  return state;
}

async function change(session: Session, { owner }: DefaultPrivilegesInputs, statements: readonly string[]): Promise<void> {
  await lockRole(session, owner);
  await asMemberOf(session, [owner], async () => {
    for (const statement of statements) await session.query(statement);
  });
}

function alter({ owner, schema }: DefaultPrivilegesInputs): string {
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(owner)}${schema === undefined ? "" : ` IN SCHEMA ${identifier(schema)}`}`;
}

function revokeStatement(inputs: DefaultPrivilegesInputs): string {
  return `${alter(inputs)} REVOKE ALL ON ${inputs.objectType.toUpperCase()}S FROM ${identifier(inputs.role)}`;
}

function grantStatement(inputs: DefaultPrivilegesInputs): string {
  const option = inputs.withGrantOption === true ? " WITH GRANT OPTION" : "";
  return `${alter(inputs)} GRANT ${inputs.privileges.join(",")} ON ${inputs.objectType.toUpperCase()}S TO ${identifier(inputs.role)}${option}`;
}

/** No privileges where some are wanted: gone, as with the official plugin. What PostgreSQL grants without saying so is not looked at. */
async function readDefaultPrivileges(client: PostgresqlClient, inputs: DefaultPrivilegesInputs): Promise<ResourceState | undefined> {
  if (inputs.role === undefined)
    throw new Error("DefaultPrivileges cannot be imported. Let the program create them: they are set as they are.");
  if (!(await targetExists(client, inputs))) return undefined;
  const { role, database, owner, schema, objectType } = inputs;
  const rows = await client.transaction(
    async (session) =>
      session.query<{ privilege: string }>(
        `SELECT DISTINCT entry.privilege_type AS privilege
           FROM pg_default_acl, aclexplode(defaclacl) AS entry
          WHERE defaclobjtype = $1 AND entry.grantee = $2 AND pg_get_userbyid(entry.grantor) = $3
            AND defaclnamespace = coalesce((SELECT oid FROM pg_namespace WHERE nspname = $4), 0)`,
        [CATALOGUE_LETTERS[objectType], await roleOid(session, role), owner, schema ?? null],
      ),
    { database },
  );
  const granted = rows.map(({ privilege }) => privilege);
  if (granted.length === 0 && texts(inputs.privileges).length > 0) return undefined;
  const found = withGranted(inputs, granted);
  return { id: [role, database, schema ?? "noschema", owner, objectType].join("_"), outputs: found, inputs: found };
}
