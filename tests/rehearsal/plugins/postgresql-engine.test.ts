import { randomBytes } from "node:crypto";
import type { Client } from "pg";
import { scramVerifier } from "../../../components/lib/scram";
import { pluginVersion } from "../../../toolchain/versions";
import { type DatabaseServer, startDatabaseServer } from "../../helpers/database-server";
import { PluginStack } from "../../helpers/plugin-stack";
import { ADMIN, READER_PASSWORD, shop, type ShopSettings } from "./programs/postgresql";

jest.setTimeout(180_000);

const PROGRAMS = require.resolve("./programs/postgresql");
/** Nothing listens there. */
const CLOSED_PORT = 1;

let server: DatabaseServer;
/** A superuser in the database of the program. */
let root: Client;
const stacks: PluginStack[] = [];

beforeAll(async () => {
  server = await startDatabaseServer();
  const postgres = await server.connect();
  await postgres.query(`CREATE ROLE ${ADMIN.username} LOGIN SUPERUSER PASSWORD '${ADMIN.password.replace("'", "''")}'`);
  await postgres.query(`CREATE DATABASE shop OWNER ${ADMIN.username}`);
  root = await server.connect({ database: "shop" });
});
afterAll(async () => {
  stacks.forEach((stack) => stack.remove());
  await server?.stop();
});

function newStack(stackName = "test-postgresql"): PluginStack {
  const stack = PluginStack.create({ packages: ["postgresql"], stackName });
  stacks.push(stack);
  return stack;
}

async function rows(statement: string): Promise<unknown[]> {
  return (await root.query({ text: statement, rowMode: "array" })).rows as unknown[];
}

/** Privileges of shop_app on each table. */
const onTables = () =>
  rows(
    `SELECT relname::text, array(SELECT privilege_type FROM aclexplode(relacl) WHERE grantee = 'shop_app'::regrole ORDER BY 1)
       FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'r' ORDER BY relname`,
  );
const logIn = async (user: string, password: string) => {
  const client = await server.connect({ user, password, database: "shop" });
  await client.end();
};

describe("a life of a stack", () => {
  let stack: PluginStack;
  const printed: string[] = [];
  beforeAll(() => (stack = newStack()));
  const settings = (others: Partial<ShopSettings> = {}): ShopSettings => ({ port: server.port, ...others });
  const up = async (others?: Partial<ShopSettings>) => {
    const result = await (await stack.bind(shop(settings(others)))).up();
    printed.push(result.stdout);
    return result.summary.resourceChanges;
  };
  const refresh = async (others?: Partial<ShopSettings>) => {
    const result = await (await stack.bind(shop(settings(others)))).refresh();
    printed.push(result.stdout);
    return result.summary.resourceChanges;
  };

  it("begins with a preview that contacts nothing", async () => {
    const preview = await (await stack.bind(shop({ port: CLOSED_PORT }))).preview();
    expect(preview.changeSummary).toEqual({ create: 11 });
    expect(preview.stdout).toContain(
      `This is a stand-in for the postgresql plugin ${pluginVersion("postgresql")}, good for rehearsals only.`,
    );
  });

  it("makes roles, schema and privileges, under the official plugin's ids", async () => {
    await root.query("CREATE TABLE public.other (id int)");
    expect(await up()).toEqual({ create: 11 });
    const exported = await (await stack.bind(shop(settings()))).exportStack();
    const { resources } = exported.deployment as { resources: { urn: string; id?: string }[] };
    expect(resources.flatMap(({ urn, id }) => (urn.includes("postgresql:index") && id !== undefined ? [id] : [])).sort()).toEqual(
      [
        'shop "reader"',
        'shop "reader"_shop_shop_schema',
        "public_shop_database",
        "shop.shop",
        "shop_app",
        "shop_app_shop_shop_schema",
        "shop_app_shop_shop_shop_owner_table",
        "shop_app_shop_shop_table",
        "shop_owner",
      ].sort(),
    );
    expect(await rows(`SELECT rolconnlimit, rolconfig FROM pg_roles WHERE rolname = 'shop_app'`)).toEqual([
      [5, ['search_path=shop, "$user"', "statement_timeout=1000"]],
    ]);
    expect(
      await rows(
        `SELECT pg_has_role('shop "reader"', 'pg_monitor', 'MEMBER'), nspowner::regrole::text FROM pg_namespace WHERE nspname = 'shop'`,
      ),
    ).toEqual([[true, "shop_owner"]]);
    await root.query("GRANT CONNECT ON DATABASE shop TO shop_app");
    await logIn("shop_app", "first password");
    await root.query(`GRANT CONNECT ON DATABASE shop TO "shop ""reader"""`);
    await logIn('shop "reader"', READER_PASSWORD);
  });

  it("changes nothing on a second run, nor on a refresh, also with tables made meanwhile", async () => {
    await root.query("SET ROLE shop_owner; CREATE TABLE shop.orders (id int); RESET ROLE; GRANT INSERT ON shop.orders TO shop_app");
    expect(await onTables()).toEqual([["orders", ["INSERT", "SELECT"]]]);
    expect(await up()).toEqual({ same: 11 });
    expect(await refresh()).toEqual({ same: 11 });
  });

  it("changes a role and a grant in place", async () => {
    expect(await up({ statementTimeout: 0, connectionLimit: 7, appPrivileges: ["SELECT", "DELETE"] })).toEqual({ same: 9, update: 2 });
    expect(await onTables()).toEqual([["orders", ["DELETE", "SELECT"]]]);
    expect(await rows(`SELECT rolconnlimit, rolconfig FROM pg_roles WHERE rolname = 'shop_app'`)).toEqual([
      [7, ['search_path=shop, "$user"']],
    ]);
  });

  it("sees by a refresh what somebody changed by hand, and puts it right", async () => {
    await root.query("ALTER ROLE shop_app CREATEDB CONNECTION LIMIT 99");
    await root.query("ALTER ROLE shop_owner SET statement_timeout TO 5");
    await root.query(`REVOKE pg_monitor FROM "shop ""reader"""`);
    await root.query("GRANT TRUNCATE ON shop.orders TO shop_app");
    await root.query("GRANT TEMPORARY ON DATABASE shop TO public");
    await root.query("ALTER SCHEMA shop OWNER TO CURRENT_USER");
    await root.query("ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT UPDATE ON TABLES TO shop_app");
    expect(await refresh()).toEqual({ same: 4, update: 7 });
    expect(await up()).toEqual({ same: 4, update: 7 });
    expect(
      await rows(
        `SELECT rolname::text, rolcreatedb, rolconnlimit, rolconfig FROM pg_roles WHERE rolname IN ('shop_app', 'shop_owner') ORDER BY 1`,
      ),
    ).toEqual([
      ["shop_app", false, 5, ['search_path=shop, "$user"', "statement_timeout=1000"]],
      ["shop_owner", false, -1, null],
    ]);
    expect(await onTables()).toEqual([["orders", ["INSERT", "SELECT"]]]);
    expect(
      await rows(
        `SELECT pg_has_role('shop "reader"', 'pg_monitor', 'MEMBER'), has_database_privilege('public', 'shop', 'TEMPORARY'), nspowner::regrole::text,
                (SELECT defaclacl::text FROM pg_default_acl) FROM pg_namespace WHERE nspname = 'shop'`,
      ),
    ).toEqual([[true, false, "shop_owner", "{shop_app=r/shop_owner}"]]);
    expect(await refresh()).toEqual({ same: 11 });
  });

  it("makes again what somebody dropped", async () => {
    await root.query("ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop REVOKE ALL ON TABLES FROM shop_app");
    await root.query(`DROP OWNED BY "shop ""reader"""; DROP ROLE "shop ""reader"""`);
    expect(await refresh()).toEqual({ same: 8, delete: 3 });
    expect(await up()).toEqual({ same: 8, create: 3 });
  });

  describe("a password", () => {
    const NEW = scramVerifier("second-password", randomBytes(16).toString("base64"));

    it("is rotated by a change of the role alone, and the old one is refused", async () => {
      expect(await up({ appPassword: NEW })).toEqual({ same: 10, update: 1 });
      await logIn("shop_app", "second-password");
      await expect(logIn("shop_app", "first password")).rejects.toThrow('password authentication failed for user "shop_app"');
    });

    it("that somebody set by hand is seen by a refresh, and put right", async () => {
      await root.query("ALTER ROLE shop_app PASSWORD 'by hand'");
      expect(await refresh({ appPassword: NEW })).toEqual({ same: 10, update: 1 });
      expect(await up({ appPassword: NEW })).toEqual({ same: 10, update: 1 });
      await logIn("shop_app", "second-password");
    });

    it("stands in the clear neither in the state file nor in what was printed", () => {
      const state = stack.stateText();
      expect(state).toContain("shop_app");
      const places = [state, ...printed].map((text) => text.replaceAll('\\"', '"'));
      const secrets = ["first password", "second-password", NEW, READER_PASSWORD, ADMIN.password, "SCRAM-SHA-256"];
      expect(secrets.filter((secret) => places.some((place) => place.includes(secret)))).toEqual([]);
    });
  });

  it("replaces a grant on something else, the old one first", async () => {
    expect(await up({ readerSchema: "public" })).toEqual({ same: 9, update: 1, replace: 1 });
    expect(
      await rows(`SELECT has_schema_privilege('shop "reader"', 'shop', 'USAGE'), has_schema_privilege('shop "reader"', 'public', 'USAGE')`),
    ).toEqual([[false, true]]);
  });

  it("previews a privilege that the object type does not have, and fails on it", async () => {
    const wrong = settings({ appPrivileges: ["CONNECT"] });
    expect((await (await stack.bind(shop(wrong))).preview()).changeSummary).toEqual({ same: 9, update: 1, replace: 1 });
    expect(await stack.failure("up", { file: PROGRAMS, name: "shop", settings: wrong })).toContain(
      "CONNECT is not an allowed privilege for object type table. Allowed are ALL, SELECT,",
    );
    expect(await onTables()).toEqual([["orders", ["INSERT", "SELECT"]]]);
  });

  it("leaves nothing behind", async () => {
    await root.query("REVOKE CONNECT ON DATABASE shop FROM shop_app; DROP TABLE shop.orders");
    expect((await (await stack.bind(shop(settings()))).destroy()).summary.resourceChanges).toEqual({ delete: 11 });
    expect(await rows(`SELECT rolname FROM pg_roles WHERE rolname LIKE 'shop%' AND rolname <> 'shop_admin'`)).toEqual([]);
    expect(await rows("SELECT nspname FROM pg_namespace WHERE nspname = 'shop' UNION ALL SELECT oid::text FROM pg_default_acl")).toEqual(
      [],
    );
  });
});

describe("what it refuses", () => {
  const failure = (operation: "preview" | "up", settings: Partial<ShopSettings>) =>
    newStack("test-postgresql-refused").failure(operation, { file: PROGRAMS, name: "shop", settings: { port: server.port, ...settings } });

  it("is an input that it does not know, at preview", async () => {
    expect(await failure("preview", { unknownInput: true })).toContain(
      "the stand-in for the postgresql plugin does not know this input of postgresql:index/schema:Schema and must not ignore it.",
    );
  });

  it("is a wrong password of the administrator, without its value", async () => {
    const message = await failure("up", { adminPassword: "wrong-password" });
    expect(message).toContain(
      `PostgreSQL at 127.0.0.1:${server.port} refused shop_admin the database shop: password authentication failed for user "shop_admin". ` +
        "Correct the provider settings username and password.",
    );
    expect(message).not.toContain("wrong-password");
  });
});
