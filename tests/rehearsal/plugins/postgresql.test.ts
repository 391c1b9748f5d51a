import { UNKNOWN } from "../../../rehearsal/plugins/lib/contract";
import { postgresql } from "../../../rehearsal/plugins/postgresql";
import { checkConnection, connectionFailure, connectionIn } from "../../../rehearsal/plugins/postgresql/connection";
import { diffFields, observed } from "../../../rehearsal/plugins/postgresql/inputs";
import { identifier, literal, parseNames } from "../../../rehearsal/plugins/postgresql/sql";

describe("the provider's settings", () => {
  const good = { host: "db.example.com", port: "5432", superuser: "false", connectTimeout: "180", sslmode: "verify-full" };

  it("pass when they can be honoured, also where a value is not known yet", () => {
    expect(checkConnection(good)).toEqual([]);
    expect(checkConnection({ ...good, host: UNKNOWN, port: UNKNOWN, password: UNKNOWN })).toEqual([]);
  });

  it("are refused all at once, each with its reason", () => {
    expect(checkConnection({ port: "0", superuser: "perhaps", sslmode: "prefer", maxConnections: "1.5", connectTimeout: "-1" })).toEqual([
      { property: "host", reason: "Provider setting host is missing. Say which server to work on." },
      { property: "port", reason: "Provider setting port must be a whole number from 1 to 65535, got 0." },
      { property: "connectTimeout", reason: "Provider setting connectTimeout must be a whole number from 0 to 86400, got -1." },
      { property: "maxConnections", reason: "Provider setting maxConnections must be a whole number from 1 to 10000, got 1.5." },
      {
        property: "superuser",
        reason: "Provider setting superuser must be JSON. Let the SDK encode it, or write it as JSON in the stack's config.",
      },
      { property: "sslmode", reason: 'Provider setting sslmode must be one of disable, require, verify-ca, verify-full, got "prefer".' },
    ]);
  });

  it("have the official plugin's defaults, TLS among them", () => {
    expect(connectionIn({ host: "db.example.com" })).toEqual({
      host: "db.example.com",
      port: 5432,
      database: "postgres",
      username: "postgres",
      password: undefined,
      superuser: true,
      tls: { rejectUnauthorized: false },
      timeoutSeconds: 180,
      maxConnections: 20,
    });
  });

  it("name a file of certificates that cannot be read", () => {
    expect(() => connectionIn({ ...good, sslrootcert: "/nowhere/ca.pem" })).toThrow(
      /^Provider setting sslrootcert: \/nowhere\/ca\.pem cannot be read \(.*ENOENT: no such file or directory/,
    );
  });

  it("are named when a connection fails by them", () => {
    const connection = connectionIn({ host: "db.example.com", sslmode: "disable" });
    const say = (message: string, fields: object = {}) =>
      connectionFailure(connection, "shop", Object.assign(new Error(message), fields)).message;
    expect([
      say("too many clients already", { severity: "FATAL", code: "53300" }),
      say('database "shop" does not exist', { severity: "FATAL", code: "3D000" }),
      say("the database system is starting up", { severity: "FATAL", code: "57P03" }),
      say("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"),
      say("timeout expired"),
      say("self-signed certificate", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
    ]).toEqual([
      "PostgreSQL at db.example.com:5432 refused postgres the database shop: too many clients already. " +
        "Lower the provider setting maxConnections, or raise the server's max_connections.",
      'PostgreSQL at db.example.com:5432 refused postgres the database shop: database "shop" does not exist. ' +
        "Create the database, or correct the name (provider setting or the resource's input database).",
      "PostgreSQL at db.example.com:5432 refused postgres the database shop: the database system is starting up. " +
        "Wait until it is up, then run again.",
      "PostgreSQL at db.example.com:5432 asks for a password: SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string. " +
        "Set the provider setting password.",
      "PostgreSQL at db.example.com:5432 did not answer within 180 s: timeout expired. Correct the provider settings host and port.",
      "PostgreSQL at db.example.com:5432 offers no TLS that is accepted: self-signed certificate. " +
        "Correct the server's certificate, or the provider settings sslmode and sslrootcert.",
    ]);
  });
});

describe("inputs", () => {
  const check = (type: string, news: Record<string, unknown>) =>
    postgresql.resources[`postgresql:index/${type}`]?.check?.(undefined, news, "urn", new Uint8Array(), {});

  it("get the official plugin's defaults", () => {
    expect(check("role:Role", { name: "app" })).toEqual({
      failures: [],
      inputs: {
        name: "app",
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
      },
    });
  });

  it("are refused when they cannot be meant, without the value of a password", () => {
    const role = { name: 7, connectionLimit: -2, login: "yes", password: "topsecret", passwordWo: "topsecret", searchPaths: ["a, b"] };
    expect(check("role:Role", role)?.failures).toEqual([
      { property: "name", reason: "must be text, got number." },
      { property: "connectionLimit", reason: "must be at least -1, got -2." },
      { property: "login", reason: "must be true or false, got string." },
      { property: "password", reason: "must not stand beside passwordWo and passwordWoVersion. Give one of them." },
      { property: "passwordWo", reason: "needs passwordWoVersion, and that needs passwordWo. Give both or neither." },
      { property: "searchPaths", reason: 'must hold no name with ", " in it. Rename the schema.' },
    ]);
    const grant = { role: "app", database: "shop", schema: "public", privileges: ["EXECUTE", { nested: true }] };
    expect(check("grant:Grant", { ...grant, objectType: "function", objects: ["f(int); DROP TABLE x"] })?.failures).toEqual([
      { property: "privileges", reason: "must be a list of texts, got a list of something else." },
      { property: "objects", reason: 'must be names with or without their types, got "f(int); DROP TABLE x".' },
    ]);
    expect(check("grant:Grant", { ...grant, privileges: [], objectType: "column" })?.failures).toEqual([
      { property: "objectType", reason: 'must be one of database, schema, table, sequence, function, procedure, routine, got "column".' },
    ]);
  });

  it("may be unknown at preview", () => {
    const unknown = { role: UNKNOWN, database: UNKNOWN, schema: UNKNOWN, objectType: UNKNOWN, objects: UNKNOWN, privileges: [UNKNOWN] };
    expect(check("grant:Grant", unknown)?.failures).toEqual([]);
    expect(check("role:Role", { name: UNKNOWN, searchPaths: UNKNOWN, connectionLimit: UNKNOWN, password: UNKNOWN })?.failures).toEqual([]);
  });

  it("are the same set in another order, but not the same search path", () => {
    const fields = { roles: "set", searchPaths: "texts" } as const;
    expect(diffFields(fields, { roles: ["b", "a"] }, { roles: ["a", "b", "b"], searchPaths: [] })).toEqual([]);
    expect(diffFields(fields, { searchPaths: ["b", "a"] }, { searchPaths: ["a", "b"] }).map(({ path }) => path)).toEqual([
      "searchPaths[0]",
      "searchPaths[1]",
    ]);
    expect(diffFields(fields, { roles: ["a"] }, { roles: UNKNOWN })).toEqual([{ path: "roles", kind: "update", replace: false }]);
  });

  it("keep the program's spelling where the server agrees", () => {
    const fields = { roles: "set", timeout: "number", limit: "number" } as const;
    expect(observed(fields, { roles: ["b", "a"], limit: 5 }, { roles: ["a", "b"], timeout: undefined, limit: 6 })).toEqual({
      roles: ["b", "a"],
      limit: 6,
    });
    expect(observed(fields, { timeout: 0, roles: [] }, { timeout: undefined, roles: undefined })).toEqual({ timeout: 0, roles: [] });
    expect(observed(fields, { timeout: 5 }, { timeout: undefined })).toEqual({});
  });
});

it("quotes names and texts, and reads quoted names back", () => {
  expect(identifier('a"b')).toBe('"a""b"');
  expect([literal("it's"), literal("a\\'b")]).toEqual(["'it''s'", "E'a\\\\''b'"]);
  expect(parseNames('public, "$user", "we""ird, name"')).toEqual(["public", "$user", 'we"ird, name']);
  expect(parseNames("")).toEqual([]);
});
