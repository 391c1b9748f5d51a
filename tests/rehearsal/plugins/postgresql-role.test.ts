import { defaultPrivileges } from "../../../rehearsal/plugins/postgresql/default-privileges";
import { grant } from "../../../rehearsal/plugins/postgresql/grant";
import { role } from "../../../rehearsal/plugins/postgresql/role";
import { schema } from "../../../rehearsal/plugins/postgresql/schema";
import { literal } from "../../../rehearsal/plugins/postgresql/sql";
import { checked, HandlerBench } from "../../helpers/postgresql-handlers";

/** A name that breaks what does not quote. */
const ODD = `we"ird 'name' \\ ; DROP`;
const PASSWORD = `it's "a\\b" secret`;

let bench: HandlerBench;
beforeAll(async () => {
  bench = await HandlerBench.start();
});
afterAll(() => bench?.stop());

describe("a role", () => {
  it("may have any name and any password, and is gone when it is deleted twice", async () => {
    const context = await bench.context();
    const inputs = checked(role, {
      name: ODD,
      login: true,
      password: PASSWORD,
      searchPaths: [ODD, "public"],
      assumeRole: "pg_monitor",
      roles: ["pg_monitor"],
    });
    const { id, outputs } = await role.create(context, inputs);
    expect(id).toBe(ODD);
    const client = await bench.server.connect({ user: ODD, password: PASSWORD, database: "shop" });
    expect((await client.query("SELECT current_user AS me, session_user AS who")).rows).toEqual([{ me: "pg_monitor", who: ODD }]);
    await client.end();
    expect((await role.read(context, id, outputs, inputs))?.inputs).toEqual(inputs);
    await role.delete(context, id, outputs);
    await role.delete(context, id, outputs);
    expect(await role.read(context, id, outputs, inputs)).toBeUndefined();
  });

  it("is renamed with its password, of which PostgreSQL forgets the MD5 kind", async () => {
    await bench.root.query("ALTER ROLE admin SET password_encryption TO 'md5'");
    const context = await bench.context();
    const before = checked(role, { name: "before", login: true, password: "same-password" });
    const { outputs } = await role.create(context, before);
    await bench.root.query("ALTER ROLE admin RESET password_encryption");
    const after = { ...before, name: "after" };
    const renamed = await role.update?.(context, "before", outputs, before, after);
    expect(await bench.value("SELECT rolpassword = 'md5' || md5('same-password' || 'after') FROM pg_authid WHERE rolname = 'after'")).toBe(
      true,
    );
    expect((await role.read(context, "before", renamed?.outputs ?? {}, after))?.inputs).toEqual(after);
    await bench.root.query("ALTER ROLE after PASSWORD 'by hand'");
    expect((await role.read(context, "before", after, { ...after, password: "md5something" }))?.inputs?.["password"]).toMatch(
      /^SCRAM-SHA-256/,
    );
    await role.delete(context, "before", after);
    expect(await bench.value("SELECT count(*)::int FROM pg_roles WHERE rolname IN ('before', 'after')")).toBe(0);
  });

  it("gets a write-only password when its version changes, and only then; none of it is an output", async () => {
    const context = await bench.context();
    const first = checked(role, { name: "writer", login: true, passwordWo: "first", passwordWoVersion: "1" });
    const { outputs } = await role.create(context, first);
    expect(Object.keys(outputs)).not.toContain("passwordWo");
    const unseen = { ...first, passwordWo: "second" };
    expect(role.diff?.(first, outputs, unseen)).toEqual([]);
    const second = { ...unseen, passwordWoVersion: "2" };
    expect(role.diff?.(first, outputs, second)).toEqual([{ path: "passwordWoVersion", kind: "update", replace: false }]);
    await role.update?.(context, "writer", outputs, first, second);
    await (await bench.server.connect({ user: "writer", password: "second", database: "shop" })).end();
    await role.delete(context, "writer", outputs);
  });

  it("leaves what it owned to the administrator, or stays where the program says so", async () => {
    const context = await bench.context();
    const { outputs } = await role.create(context, checked(role, { name: "owner", skipDropRole: true }));
    await bench.root.query("CREATE TABLE left_behind (id int); ALTER TABLE left_behind OWNER TO owner; GRANT SELECT ON pg_class TO owner");
    await role.delete(context, "owner", outputs);
    expect(await bench.value("SELECT tableowner FROM pg_tables WHERE tablename = 'left_behind'")).toBe("admin");
    expect(await bench.value("SELECT count(*)::int FROM pg_roles WHERE rolname = 'owner'")).toBe(1);
    await bench.root.query("ALTER TABLE left_behind OWNER TO owner");
    await expect(role.delete(context, "owner", { ...outputs, skipDropRole: false, skipReassignOwned: true })).rejects.toThrow(
      'role "owner" cannot be dropped because some objects depend on it owner of table left_behind',
    );
    await role.delete(context, "owner", { ...outputs, skipDropRole: false });
    expect(await bench.value("SELECT count(*)::int FROM pg_roles WHERE rolname = 'owner'")).toBe(0);
  });

  it("cannot be compared when somebody wrote a timeout in seconds, and the message says how to go on", async () => {
    const context = await bench.context();
    const inputs = checked(role, { name: "slow" });
    const { outputs } = await role.create(context, inputs);
    await bench.root.query("ALTER ROLE slow SET statement_timeout TO '5s'");
    await expect(role.read(context, "slow", outputs, inputs)).rejects.toThrow(
      'role "slow" has statement_timeout = 5s, and only milliseconds can be compared. ' +
        'Somebody set it by hand: ALTER ROLE "slow" RESET statement_timeout, then run again.',
    );
    await role.delete(context, "slow", outputs);
  });

  it("needs superuser: false where the administrator is none, since its password cannot be read, and is not made without", async () => {
    const context = await bench.context({ username: "rds", password: "rds" });
    await expect(role.create(context, checked(role, { name: "unread", login: true, password: "x" }))).rejects.toThrow(
      "rds is no superuser, so no role's password can be compared with the catalogue. Set superuser: false in the provider's settings.",
    );
    expect(await bench.value("SELECT count(*)::int FROM pg_roles WHERE rolname = 'unread'")).toBe(0);
  });
});

describe("an administrator who is no superuser", () => {
  it("makes, changes and drops what others own, and is a member of nobody afterwards", async () => {
    const context = await bench.asRds();
    const makerInputs = checked(role, { name: "rds_maker", login: true, password: "maker" });
    const maker = await role.create(context, makerInputs);
    const room = checked(schema, { name: "room", database: "shop", owner: "rds_maker" });
    const made = await schema.create(context, room);
    expect(made.id).toBe("shop.room");
    const asMaker = await bench.server.connect({ user: "rds_maker", password: "maker", database: "shop" });
    await asMaker.query("CREATE TABLE room.things (id int)");
    await asMaker.end();
    await role.create(context, checked(role, { name: "rds_reader" }));
    const tables = checked(grant, { role: "rds_reader", database: "shop", schema: "room", objectType: "table", privileges: ["SELECT"] });
    await grant.create(context, tables);
    expect(await bench.value("SELECT has_table_privilege('rds_reader', 'room.things', 'SELECT')")).toBe(true);
    const future = checked(defaultPrivileges, { ...tables, owner: "rds_maker" });
    await defaultPrivileges.create(context, future);
    const changed = { ...makerInputs, connectionLimit: 3 };
    expect((await role.update?.(context, "rds_maker", maker.outputs, makerInputs, changed))?.outputs["connectionLimit"]).toBe(3);

    expect(await bench.value("SELECT count(*)::int FROM pg_auth_members WHERE member = 'rds'::regrole")).toBe(0);
    await defaultPrivileges.delete(context, "", future);
    await grant.delete(context, "", tables);
    await expect(schema.delete(context, "", made.outputs)).rejects.toThrow("cannot drop schema room because other objects depend on it");
    await schema.delete(context, "", { ...made.outputs, dropCascade: true });
    await role.delete(context, "", { ...tables, name: "rds_reader" });
    await role.delete(context, "", changed);
    expect(await bench.value("SELECT count(*)::int FROM pg_roles WHERE rolname LIKE 'rds\\_%'")).toBe(0);
  });

  it("leaves the membership that a role has in it as it was", async () => {
    const context = await bench.asRds();
    await role.create(context, checked(role, { name: "rds_member", roles: ["rds"] }));
    await schema.create(context, checked(schema, { name: "members", owner: "rds_member" }));
    expect(await bench.value("SELECT pg_has_role('rds_member', 'rds', 'MEMBER') AND NOT pg_has_role('rds', 'rds_member', 'MEMBER')")).toBe(
      true,
    );
    await schema.delete(context, "", { name: "members" });
    await role.delete(context, "", { name: "rds_member" });
  });

  it("cannot give a schema away later, as with the official plugin", async () => {
    const context = await bench.asRds();
    await role.create(context, checked(role, { name: "rds_next" }));
    const inputs = checked(schema, { name: "kept", owner: "rds" });
    const { outputs } = await schema.create(context, inputs);
    await expect(schema.update?.(context, "", outputs, inputs, { ...inputs, owner: "rds_next" })).rejects.toThrow(
      'must be member of role "rds_next"',
    );
    await schema.delete(context, "", outputs);
    await role.delete(context, "", { name: "rds_next" });
  });
});

it("blots passwords out of the server's words", async () => {
  const { client } = await bench.context();
  const attempt = client.transaction((session) => session.query(`SELECT ${literal(PASSWORD)}::int`), { secrets: [PASSWORD] });
  await expect(attempt).rejects.toThrow(
    `PostgreSQL at 127.0.0.1:${bench.server.port}, database shop: invalid input syntax for type integer: "[secret]"`,
  );
});

it("names the address and the settings when the server is down", async () => {
  const { client } = await bench.context({ port: "1" });
  await expect(client.transaction((session) => session.query("SELECT"))).rejects.toThrow(
    /^PostgreSQL at 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED 127\.0\.0\.1:1\. Start it, or correct the provider settings host and port\.$/,
  );
});
