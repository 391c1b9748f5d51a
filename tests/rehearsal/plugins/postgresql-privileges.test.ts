import { setTimeout as sleep } from "node:timers/promises";
import type { Properties } from "../../../rehearsal/plugins/lib/contract";
import { defaultPrivileges } from "../../../rehearsal/plugins/postgresql/default-privileges";
import { grant } from "../../../rehearsal/plugins/postgresql/grant";
import { checked, HandlerBench } from "../../helpers/postgresql-handlers";

let bench: HandlerBench;
beforeAll(async () => {
  bench = await HandlerBench.start();
});
afterAll(() => bench?.stop());

describe("a grant", () => {
  const of = { role: "grantee", database: "shop", schema: "public" };
  beforeAll(() => bench.root.query("CREATE ROLE grantee; CREATE TABLE a (id int, name text); CREATE TABLE b (id int)"));

  it("on named objects takes back only what it gave", async () => {
    const context = await bench.context();
    await bench.root.query("GRANT TRUNCATE ON a TO grantee; GRANT SELECT (name) ON a TO grantee");
    const inputs = checked(grant, { ...of, objectType: "table", objects: ["b", "a"], privileges: ["INSERT"] });
    // The official id: its sets are ordered by checksum.
    expect((await grant.create(context, inputs)).id).toBe("grantee_shop_public_table_b_a");
    expect(await bench.value("SELECT relacl::text FROM pg_class WHERE relname = 'a'")).toContain("grantee=aD/postgres");
    await grant.delete(context, "", inputs);
    expect(await bench.value("SELECT relacl::text FROM pg_class WHERE relname = 'a'")).toContain("grantee=D/postgres");
    expect(await bench.value("SELECT attacl::text FROM pg_attribute WHERE attrelid = 'a'::regclass AND attname = 'name'")).toBe(
      "{grantee=r/postgres}",
    );
    await bench.root.query("REVOKE ALL ON a FROM grantee");
  });

  it("names a routine with its types", async () => {
    const context = await bench.context();
    await bench.root.query(
      "CREATE FUNCTION add(int, int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION add(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    const inputs = checked(grant, { ...of, objectType: "function", objects: ["add(integer, integer)"], privileges: ["EXECUTE"] });
    await grant.create(context, inputs);
    expect(
      await bench.value(
        "SELECT array_agg(pronargs ORDER BY pronargs)::text FROM pg_proc WHERE proname = 'add' AND proacl::text LIKE '%grantee%'",
      ),
    ).toBe("{2}");
    await grant.delete(context, "", inputs);
  });

  it("understands ALL, and that the role or the schema is gone", async () => {
    const context = await bench.context();
    const inputs = checked(grant, { ...of, objectType: "sequence", privileges: ["ALL"] });
    await bench.root.query("CREATE SEQUENCE numbers");
    const { outputs } = await grant.create(context, inputs);
    expect((await grant.read(context, "", outputs, inputs))?.inputs).toEqual(inputs);
    for (const gone of [{ role: "nobody-here" }, { schema: "nowhere" }, { database: "nothing" }]) {
      expect(await grant.read(context, "", outputs, { ...inputs, ...gone })).toBeUndefined();
      await grant.delete(context, "", { ...outputs, ...gone });
    }
  });

  it("fails on what does not fit together, and changes nothing", async () => {
    const context = await bench.context();
    const failure = (inputs: Properties) => grant.create(context, checked(grant, { role: "grantee", database: "shop", ...inputs }));
    await expect(failure({ objectType: "table", privileges: ["SELECT"] })).rejects.toThrow(
      "schema: missing; objects of type table live in a schema.",
    );
    await expect(failure({ objectType: "database", objects: ["shop"], privileges: [] })).rejects.toThrow(
      "objects: must be empty for object type database. Leave it out.",
    );
    await expect(failure({ objectType: "table", schema: "public", objects: ["missing"], privileges: ["SELECT"] })).rejects.toThrow(
      `PostgreSQL at 127.0.0.1:${bench.server.port}, database shop: relation "public.missing" does not exist`,
    );
    await expect(failure({ objectType: "schema", schema: "missing", privileges: ["USAGE"] })).rejects.toThrow(
      'schema "missing" does not exist. Create it first, or correct the name.',
    );
  });

  it("waits for another plugin that changes the same role", async () => {
    const context = await bench.context();
    const other = await bench.server.connect({ database: "shop" });
    await other.query("BEGIN; SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_roles WHERE rolname = 'grantee'");
    const waiting = grant.create(context, checked(grant, { ...of, objectType: "schema", privileges: ["CREATE"] }));
    while ((await bench.value("SELECT count(*)::int FROM pg_stat_activity WHERE wait_event = 'advisory'")) === 0) await sleep(20);
    expect(await bench.value("SELECT has_schema_privilege('grantee', 'public', 'CREATE')")).toBe(false);
    await other.query("COMMIT");
    await other.end();
    await waiting;
    expect(await bench.value("SELECT has_schema_privilege('grantee', 'public', 'CREATE')")).toBe(true);
  });

  it("fails, as the official one does, when another transaction changes the same object at the same time", async () => {
    const context = await bench.context();
    const other = await bench.server.connect({ database: "shop" });
    await other.query("BEGIN; GRANT USAGE ON SCHEMA public TO grantee");
    const waiting = grant.create(context, checked(grant, { ...of, role: "public", objectType: "schema", privileges: ["USAGE"] }));
    const outcome = waiting.then(
      () => "ok",
      (error: Error) => error.message,
    );
    while ((await bench.value("SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock'")) === 0) await sleep(20);
    await other.query("COMMIT");
    await other.end();
    expect(await outcome).toBe(`PostgreSQL at 127.0.0.1:${bench.server.port}, database shop: tuple concurrently updated`);
  });
});

describe("default privileges", () => {
  it("count as gone when nothing is left of them, unless nothing was wanted", async () => {
    const context = await bench.context();
    await bench.root.query("CREATE ROLE maker; CREATE ROLE taker");
    const inputs = checked(defaultPrivileges, {
      role: "taker",
      database: "shop",
      owner: "maker",
      objectType: "table",
      privileges: ["SELECT"],
    });
    const { id, outputs } = await defaultPrivileges.create(context, inputs);
    expect(id).toBe("taker_shop_noschema_maker_table");
    await defaultPrivileges.delete(context, id, outputs);
    expect(await defaultPrivileges.read(context, id, outputs, inputs)).toBeUndefined();
    expect((await defaultPrivileges.read(context, id, outputs, { ...inputs, privileges: [] }))?.id).toBe(id);
    await bench.root.query("DROP OWNED BY maker; DROP ROLE maker");
    await defaultPrivileges.delete(context, id, outputs);
  });

  it("cannot be given on to everybody", async () => {
    const inputs = {
      role: "public",
      database: "shop",
      owner: "admin",
      objectType: "function",
      privileges: ["EXECUTE"],
      withGrantOption: true,
    };
    await expect(defaultPrivileges.create(await bench.context(), inputs)).rejects.toThrow(
      "withGrantOption: must not be true for role public.",
    );
  });
});
