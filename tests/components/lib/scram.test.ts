import { randomBytes } from "node:crypto";
import { SCRAM_SALT_BYTES, scramVerifier } from "../../../components/lib/scram";
import { type DatabaseServer, startDatabaseServer } from "../../helpers/database-server";

let server: DatabaseServer;
beforeAll(async () => {
  server = await startDatabaseServer();
});
afterAll(() => server.stop());

const newSalt = () => randomBytes(SCRAM_SALT_BYTES).toString("base64");

it.each(["simple", "A-quite_long.one~with-the-four-specials0123", `all of ASCII: !"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`.replaceAll(" ", "")])(
  "lets a role in by the password %p, of which the server got the verifier only",
  async (password) => {
    const admin = await server.connect();
    await admin.query("DROP ROLE IF EXISTS verified");
    await admin.query(`CREATE ROLE verified LOGIN PASSWORD '${scramVerifier(password, newSalt())}'`);
    const client = await server.connect({ user: "verified", password });
    const { rows } = await client.query("SELECT current_user");
    await client.end();
    expect(rows).toEqual([{ current_user: "verified" }]);
    await expect(server.connect({ user: "verified", password: `${password}x` })).rejects.toThrow(
      'password authentication failed for user "verified"',
    );
    expect(server.log()).not.toContain(password);
  },
);

it("is what the server itself makes of the same password and salt", async () => {
  const admin = await server.connect();
  await admin.query("CREATE ROLE by_server LOGIN PASSWORD 'the-same'");
  const { rows } = await admin.query<{ rolpassword: string }>("SELECT rolpassword FROM pg_authid WHERE rolname = 'by_server'");
  const made = rows[0]?.rolpassword ?? "";
  const salt = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(made)?.[1] ?? "";
  expect(Buffer.from(salt, "base64")).toHaveLength(SCRAM_SALT_BYTES);
  expect(scramVerifier("the-same", salt)).toBe(made);
});

it.each(["", "with blank", "ümlaut", "line\nbreak"])(
  "refuses the password %j, which the server might read differently, and does not repeat it",
  (password) => {
    const message = "a password for a SCRAM verifier must be printable ASCII without blanks. Generate another one.";
    expect(() => scramVerifier(password, newSalt())).toThrow(new Error(message));
  },
);

it.each(["", "not base64!", "YWJj="])("refuses the salt %j", (salt) => {
  expect(() => scramVerifier("password", salt)).toThrow(
    new Error("a salt for a SCRAM verifier must be random bytes in base64. Pass RandomBytes' base64."),
  );
});
