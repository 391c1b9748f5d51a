/** `postgresql.Grant`: the privileges that a role has on objects; the list is complete. */
import { crc32 } from "node:zlib";
import { type CheckFailure, type Properties, type ResourceHandler, type ResourceState, UNKNOWN } from "../lib/contract";
import type { PostgresqlClient, Session } from "./client";
import { checkFields, checkWord, diffFields, type Fields, texts } from "./inputs";
import { asMemberOf, lockDatabase, lockRole, ownersIn, roleOid } from "./membership";
import {
  CATALOGUE_LETTERS,
  checkSchema,
  type PrivilegesInputs,
  requireAllowed,
  samePrivileges,
  targetExists,
  withGranted,
} from "./privileges";
import { identifier } from "./sql";

const FIELDS = {
  role: "text",
  database: "text",
  schema: "text",
  objectType: "text",
  objects: "set",
  privileges: "set",
  withGrantOption: "flag",
} as const satisfies Fields;

/** Object types whose objects can be named; `function` and its like with their arguments, for example `add(integer, integer)`. */
const RELATIONS = ["table", "sequence"];
const ROUTINES = ["function", "procedure", "routine"];
const OBJECT_TYPES = ["database", "schema", ...RELATIONS, ...ROUTINES];

interface GrantInputs extends PrivilegesInputs {
  readonly objects?: readonly string[];
}

/** The handler. */
export const grant: ResourceHandler<PostgresqlClient> = {
  inputs: Object.keys(FIELDS),
  required: ["role", "database", "objectType", "privileges"],
  check: (_olds, news) => {
    const outcome = checkFields(FIELDS, { withGrantOption: false }, news);
    return {
      ...outcome,
      failures: [...outcome.failures, ...checkWord("objectType", news["objectType"], OBJECT_TYPES), ...checkRoutines(news)],
    };
  },
  diff: (olds, _oldOutputs, news) =>
    diffFields(
      FIELDS,
      olds,
      news,
      Object.keys(FIELDS).filter((name) => name !== "privileges"),
    ),
  deleteBeforeReplace: true,

  create: ({ client }, inputs) => set(client, inputs as GrantInputs, texts(inputs["privileges"])),
  update: ({ client }, _id, oldOutputs, _oldInputs, newInputs) => set(client, newInputs as GrantInputs, texts(oldOutputs["privileges"])),
  read: ({ client }, _id, _state, inputs) => readGrant(client, inputs as GrantInputs),

  async delete({ client }, _id, state) {
    const inputs = state as GrantInputs;
    if (!(await targetExists(client, inputs))) return;
    await client.transaction(
      async (session) => {
        await lock(session, inputs);
        await asMemberOf(session, await rolesToJoin(session, inputs), async () => {
          await session.query(revokeStatement(inputs, inputs.privileges));
        });
      },
      { database: inputs.database },
    );
  },
};

/** Names of routines hold types, which cannot be quoted: nothing else may stand there. */
function checkRoutines({ objectType, objects }: Properties): CheckFailure[] {
  if (!ROUTINES.some((each) => each === objectType) || objects === UNKNOWN) return [];
  return texts(objects)
    .filter((name) => typeof name === "string" && !/^[^(]+(\([\w ,.[\]]*\))?$/.test(name))
    .map((name) => ({ property: "objects", reason: `must be names with or without their types, got ${JSON.stringify(name)}.` }));
}

/** Revokes before it grants, in one transaction: a privilege that is no longer wanted goes, and one that stays is never missing. */
async function set(client: PostgresqlClient, inputs: GrantInputs, before: readonly string[]): Promise<ResourceState> {
  requireArguments(inputs);
  requireAllowed(inputs);
  await client.transaction(
    async (session) => {
      await lock(session, inputs);
      await asMemberOf(session, await rolesToJoin(session, inputs), async () => {
        await session.query(revokeStatement(inputs, before));
        if (inputs.privileges.length > 0) await session.query(grantStatement(inputs));
      });
    },
    { database: inputs.database },
  );
  const state = await readGrant(client, inputs);
  if (state === undefined) throw new Error(`role ${JSON.stringify(inputs.role)} or what it was granted is gone meanwhile. Run again.`);
  return state;
}

/** Like a privilege, what does not fit together passes the preview and fails here. */
function requireArguments(inputs: GrantInputs): void {
  const { objectType, objects } = inputs;
  const [problem] = checkSchema(inputs, ["schema", ...RELATIONS, ...ROUTINES]);
  if (problem !== undefined) throw new Error(`${problem.property}: ${problem.reason}`);
  if (texts(objects).length > 0 && (objectType === "database" || objectType === "schema"))
    throw new Error(`objects: must be empty for object type ${objectType}. Leave it out.`);
}

async function lock(session: Session, { role, objectType, database }: GrantInputs): Promise<void> {
  await lockRole(session, role);
  if (objectType === "database") await lockDatabase(session, database);
}

async function rolesToJoin(session: Session, { objectType, schema }: GrantInputs): Promise<string[]> {
  return objectType === "database" || schema === undefined ? [] : ownersIn(session, schema, objectType !== "schema");
}

function target({ objectType, database, schema = "", objects }: GrantInputs): string {
  const kind = objectType.toUpperCase();
  if (objectType === "database") return `DATABASE ${identifier(database)}`;
  if (objectType === "schema") return `SCHEMA ${identifier(schema)}`;
  if (texts(objects).length === 0) return `ALL ${kind}S IN SCHEMA ${identifier(schema)}`;
  const name = (object: string) => {
    const parenthesis = ROUTINES.includes(objectType) ? object.indexOf("(") : -1;
    return parenthesis < 0 ? identifier(object) : `${identifier(object.slice(0, parenthesis))}${object.slice(parenthesis)}`;
  };
  return `${kind} ${texts(objects)
    .map((object) => `${identifier(schema)}.${name(object)}`)
    .join(",")}`;
}

function revokeStatement(inputs: GrantInputs, before: readonly string[]): string {
  // Of named objects only what was granted here: all would take the privileges on columns, too.
  const what = texts(inputs.objects).length > 0 && before.length > 0 ? before.join(",") : "ALL PRIVILEGES";
  return `REVOKE ${what} ON ${target(inputs)} FROM ${identifier(inputs.role)}`;
}

function grantStatement(inputs: GrantInputs): string {
  const option = inputs.withGrantOption === true ? " WITH GRANT OPTION" : "";
  return `GRANT ${inputs.privileges.join(",")} ON ${target(inputs)} TO ${identifier(inputs.role)}${option}`;
}

async function readGrant(client: PostgresqlClient, inputs: GrantInputs): Promise<ResourceState | undefined> {
  if (inputs.role === undefined)
    throw new Error("a Grant cannot be imported. Let the program create it: it grants what is granted already.");
  if (!(await targetExists(client, inputs))) return undefined;
  const granted = await client.transaction((session) => grantedNow(session, inputs), { database: inputs.database });
  const found = withGranted(inputs, granted);
  return { id: idOf(inputs), outputs: found, inputs: found };
}

/**
 * What the catalogue says; of many objects the privileges on the first that has others than the wanted ones. An object without an entry
 * (a NULL acl) counts as one on which nothing is granted, though PostgreSQL's defaults apply to it, and of relations only plain tables and
 * sequences are looked at: both as the official plugin does.
 */
async function grantedNow(
  session: Session,
  { role, database, schema, objectType, objects, privileges }: GrantInputs,
): Promise<readonly string[]> {
  const oid = await roleOid(session, role);
  const rows = (statement: string, ...values: unknown[]) => session.query<{ name: string; granted: string[] }>(statement, [oid, ...values]);
  const held = (acl: string) => `ARRAY(SELECT privilege_type FROM aclexplode(${acl}) WHERE grantee = $1) AS granted`;
  const found =
    objectType === "database"
      ? await rows(`SELECT datname AS name, ${held("datacl")} FROM pg_database WHERE datname = $2`, database)
      : objectType === "schema"
        ? await rows(`SELECT nspname AS name, ${held("nspacl")} FROM pg_namespace WHERE nspname = $2`, schema)
        : ROUTINES.includes(objectType)
          ? await rows(
              `SELECT proname AS name, ${held("proacl")} FROM pg_proc WHERE pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = $2)`,
              schema,
            )
          : await rows(
              `SELECT relname AS name, ${held("relacl")} FROM pg_class
                WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $2) AND relkind = $3 ORDER BY relname`,
              schema,
              CATALOGUE_LETTERS[objectType],
            );
  const named = new Set(texts(objects));
  const ours = found.filter(({ name }) => named.size === 0 || named.has(name));
  return ours.find(({ granted }) => !samePrivileges(objectType, granted, privileges))?.granted ?? privileges;
}

/** The official plugin's id: it orders names by their checksum, written as text. */
function idOf({ role, database, schema, objectType, objects }: GrantInputs): string {
  const checksum = (name: string) => String(crc32(name));
  const names = [...new Set(texts(objects))].sort((a, b) => (checksum(a) < checksum(b) ? -1 : 1));
  return [role, database, ...(objectType === "database" ? [] : [schema]), objectType, ...names].join("_");
}
