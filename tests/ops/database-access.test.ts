/** How the operator's commands reach a stack's database: whose credential, from where, and as strict about TLS as the pods. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { openAccess } from "../../ops/access";
import { drift } from "../../ops/drift";
import { PROJECT, REPOSITORY } from "../../ops/engine";
import { keptRehearsal } from "../../rehearsal/access";
import { provideEngine } from "../../toolchain/engine";
import { withEnvironment } from "../../toolchain/environment";
import { createDatabase } from "../helpers/database-bench";
import { type DatabaseServer, startDatabaseServer } from "../helpers/database-server";

const VARIABLE = "MAESTROVERSE_DATABASE_ADMIN_PASSWORD";
const PASSWORD = "only-for-this-test";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "database-access-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A settings file of staging with another database. */
function settingsFile(name: string, database: Record<string, unknown>): string {
  const file = parse(readFileSync(join(REPOSITORY, "Pulumi.staging.yaml"), "utf8")) as { config: Record<string, Record<string, unknown>> };
  const key = `${PROJECT}:database`;
  file.config[key] = { ...file.config[key], ...database };
  const path = join(folder, name);
  writeFileSync(path, stringify(file));
  return path;
}

describe("the administrator's credential", () => {
  it("is the environment's where the stack's file has none", async () => {
    const access = await withEnvironment({ [VARIABLE]: PASSWORD }, async () => (await openAccess("staging")).database());
    expect({ ...access, connect: undefined }).toEqual({
      host: "db.staging.maestroverse.edu",
      port: 5432,
      databaseName: "maestroverse",
      user: "maestro_admin",
      password: PASSWORD,
      tls: { ca: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/) as string, checkServerIdentity: expect.any(Function) as unknown },
      connect: undefined,
    });
  });

  it("is asked for when neither has it, and not before", async () => {
    await withEnvironment({ [VARIABLE]: "" }, async () => {
      const access = await openAccess("staging");
      await expect(access.database()).rejects.toThrow(
        "staging: databaseAdminPassword is missing. Fix: pulumi config set --secret databaseAdminPassword --stack staging " +
          "(or set MAESTROVERSE_DATABASE_ADMIN_PASSWORD in the environment)",
      );
    });
  });

  it("is the stack's encrypted setting, before the environment's, as with `up`", async () => {
    const work = join(folder, "work");
    const state = join(folder, "state");
    for (const each of [work, state]) mkdirSync(each);
    copyFileSync(join(REPOSITORY, "Pulumi.staging.yaml"), join(work, "Pulumi.staging.yaml"));
    writeFileSync(join(work, "Pulumi.yaml"), stringify({ name: PROJECT, runtime: "nodejs" }));
    const environment = { PULUMI_BACKEND_URL: `file://${state}`, PULUMI_CONFIG_PASSPHRASE: "phrase", [VARIABLE]: "another" };
    const file = join(work, "Pulumi.staging.yaml");
    await withEnvironment(environment, async () => {
      const { root } = await provideEngine(() => undefined);
      const pulumiCommand = await PulumiCommand.get({ root, skipVersionCheck: true });
      const stack = await LocalWorkspace.createOrSelectStack(
        { stackName: "staging", workDir: work },
        { pulumiCommand, envVars: environment },
      );
      await stack.setConfig(`${PROJECT}:databaseAdminPassword`, { value: PASSWORD, secret: true });
      expect(readFileSync(file, "utf8")).not.toContain(PASSWORD);
      const access = await openAccess("staging", { settingsFile: file });
      expect((await access.database()).password).toBe(PASSWORD);
    });
    await withEnvironment({ ...environment, PULUMI_CONFIG_PASSPHRASE: "wrong" }, async () => {
      const access = await openAccess("staging", { settingsFile: file });
      await expect(access.database()).rejects.toThrow(/^staging: databaseAdminPassword cannot be decrypted: [\s\S]*incorrect passphrase/);
    });
  }, 60_000);

  it("is a kept rehearsal's own, and no other's", () => {
    expect(() => keptRehearsal(join(folder, "nothing"))).toThrow(
      "rehearsal: no rehearsal is kept on this machine. Start one: npm run rehearse -- --keep",
    );
    const kept = join(folder, "kept");
    mkdirSync(kept);
    writeFileSync(join(kept, "progress"), "kept");
    expect(() => keptRehearsal(kept)).toThrow(
      "rehearsal: postgresql does not run any more. Bring the rehearsal back: npm run rehearse -- --keep",
    );
  });
});

describe("a session", () => {
  let server: DatabaseServer;
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  beforeAll(async () => {
    for (const name of ["ours", "theirs"])
      openssl(
        ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.pem`, "-days", "2"],
        ...["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"],
      );
    server = await startDatabaseServer({ tls: { certificate: join(folder, "ours.pem"), key: join(folder, "ours.key") } });
    await createDatabase(server, false);
  }, 60_000);
  afterAll(() => server.stop());

  const at = (name: string, authority: string, port = server.port) => {
    const certificateAuthority = { pem: readFileSync(join(folder, `${authority}.pem`), "utf8") };
    return settingsFile(name, { host: "127.0.0.1", port, certificateAuthority });
  };
  const connect = (file: string, password: string) =>
    withEnvironment({ [VARIABLE]: password }, async () => {
      const client = await (await (await openAccess("staging", { settingsFile: file })).database()).connect();
      const { rows } = await client.query("SELECT ssl, current_user AS user FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
      await client.end();
      return rows as unknown[];
    });

  it("is encrypted, and checked against the stack's certificates", async () => {
    expect(await connect(at("ours.yaml", "ours"), "maestro_admin")).toEqual([{ ssl: true, user: "maestro_admin" }]);
    await expect(connect(at("theirs.yaml", "theirs"), "maestro_admin")).rejects.toThrow(
      `staging: maestro_admin cannot open database maestroverse at 127.0.0.1:${server.port}: self-signed certificate. `,
    );
  });

  it("that is refused says by whom and why, without the password", async () => {
    const message = await connect(at("ours.yaml", "ours"), PASSWORD).catch((error: Error) => error.message);
    expect(message).toBe(
      `staging: maestro_admin cannot open database maestroverse at 127.0.0.1:${server.port}: password authentication failed for user ` +
        '"maestro_admin". Compare database in the stack\'s settings and the credential, and whether this machine may reach the server.',
    );
  });
});

it("of a stack that does not exist is none", async () => {
  await expect(drift({ stack: "nowhere", write: () => undefined })).rejects.toThrow(/^there is no stack nowhere: /);
});
