/** `postgresql.Schema`: a schema and its owner. One that exists already is taken over. */
import type { Properties, ResourceHandler, ResourceState } from "../lib/contract";
import type { PostgresqlClient } from "./client";
import { checkFields, diffFields, type Fields } from "./inputs";
import { asMemberOf, databaseExists, databaseOwner, schemaOwner } from "./membership";
import { identifier } from "./sql";

const FIELDS = { name: "text", database: "text", owner: "text", ifNotExists: "flag", dropCascade: "flag" } as const satisfies Fields;
const DEFAULTS = { ifNotExists: true, dropCascade: false };

interface SchemaInputs extends Properties {
  readonly name: string;
  readonly database?: string;
  readonly owner?: string;
}

/** The handler. Its id is `database.schema`; a schema that is renamed keeps it, as the engine has it. */
export const schema: ResourceHandler<PostgresqlClient> = {
  inputs: Object.keys(FIELDS),
  required: ["name"],
  check: (_olds, news) => checkFields(FIELDS, DEFAULTS, news),
  diff: (olds, _oldOutputs, news) => diffFields(FIELDS, olds, news, ["database"]),

  async create({ client }, inputs) {
    const { name, owner, database, ifNotExists } = inputs as SchemaInputs;
    await client.transaction(
      async (session) => {
        const roles = [await databaseOwner(session), ...(owner === undefined ? [] : [owner])];
        await asMemberOf(session, roles, async () => {
          if ((await schemaOwner(session, name)) !== undefined) {
            if (owner !== undefined) await session.query(`ALTER SCHEMA ${identifier(name)} OWNER TO ${identifier(owner)}`);
            return;
          }
          const authorization = owner === undefined ? "" : ` AUTHORIZATION ${identifier(owner)}`;
          await session.query(`CREATE SCHEMA ${ifNotExists === false ? "" : "IF NOT EXISTS "}${identifier(name)}${authorization}`);
        });
      },
      { database },
    );
    return (await readSchema(client, name, database, inputs)) ?? gone(name);
  },

  async read({ client }, id, state, inputs) {
    // An import has nothing but the id.
    const [database, name] = state["name"] === undefined ? id.split(/\.(.*)/s) : [state["database"] as string, state["name"] as string];
    if (database !== undefined && !(await databaseExists(client, database))) return undefined;
    return readSchema(client, name ?? "", database, { name, database, ...DEFAULTS, ...inputs });
  },

  async update({ client }, _id, oldOutputs, _oldInputs, newInputs) {
    const [old, { name, owner, database }] = [oldOutputs as SchemaInputs, newInputs as SchemaInputs];
    await client.transaction(
      async (session) => {
        const quoted = identifier(name);
        if (old.name !== name) await session.query(`ALTER SCHEMA ${identifier(old.name)} RENAME TO ${quoted}`);
        if (owner !== undefined && owner !== old.owner) await session.query(`ALTER SCHEMA ${quoted} OWNER TO ${identifier(owner)}`);
      },
      { database },
    );
    return (await readSchema(client, name, database, newInputs)) ?? gone(name);
  },

  async delete({ client }, _id, state) {
    const { name, database, dropCascade } = state as SchemaInputs;
    if (database !== undefined && !(await databaseExists(client, database))) return;
    await client.transaction(
      async (session) => {
        const owner = await schemaOwner(session, name);
        if (owner === undefined) return;
        await asMemberOf(session, [owner], async () => {
          await session.query(`DROP SCHEMA ${identifier(name)} ${dropCascade === true ? "CASCADE" : "RESTRICT"}`);
        });
      },
      { database },
    );
  },
};

async function readSchema(
  client: PostgresqlClient,
  name: string,
  database = client.connection.database,
  inputs: Properties,
): Promise<ResourceState | undefined> {
  const owner = await client.transaction((session) => schemaOwner(session, name), { database });
  if (owner === undefined) return undefined;
  // Whose it is matters only to a program that says so.
  return {
    id: `${database}.${name}`,
    outputs: { ...inputs, name, database, owner },
    inputs: { ...inputs, ...(inputs["owner"] !== undefined && { owner }) },
  };
}

function gone(name: string): never {
  throw new Error(`schema ${JSON.stringify(name)} was dropped by somebody else meanwhile. Run again.`);
}
