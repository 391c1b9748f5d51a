/** Where the engine finds a stack's state, and that a preview leaves nothing there. Real engine, file backends, a program without resources. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EngineStack, openStack, REPOSITORY, type StackOptions } from "../../ops/engine";
import { withEnvironment } from "../../toolchain/environment";

const PASSPHRASE = "only-for-this-test";
let folder: string;
let backend: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "backend-test-"));
  backend = join(folder, "backend");
  const stack = await open({ state: { directory: backend, passphrase: PASSPHRASE } });
  await stack.up();
  await stack.close();
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(options: Partial<StackOptions> = {}): Promise<EngineStack> {
  return openStack({ stack: "staging", program: () => Promise.resolve({ kept: "yes" }), report: () => undefined, ...options });
}

/** An environment without a backend. */
const NOWHERE = { PULUMI_BACKEND_URL: "", PULUMI_CREDENTIALS_PATH: "/nowhere" };

/** Opens a stack and previews it, in an environment without a backend but the one that is given. */
function previewed(variables: Readonly<Record<string, string>>, options: Partial<StackOptions> = {}) {
  return withEnvironment({ ...NOWHERE, PULUMI_CONFIG_PASSPHRASE: PASSPHRASE, ...variables }, async () => {
    const stack = await open(options);
    try {
      const { changes } = await stack.preview();
      return { backend: stack.backend, changes };
    } finally {
      await stack.close();
    }
  });
}

/** Every file of a folder with the hash of its content. */
function contents(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(directory, name)).isFile())
    .map(
      (name) =>
        `${name} ${createHash("sha256")
          .update(readFileSync(join(directory, name)))
          .digest("hex")}`,
    )
    .sort();
}

describe("a preview", () => {
  it("finds the stack in the backend of PULUMI_BACKEND_URL, and leaves it as it is", async () => {
    const before = contents(backend);
    const url = `file://${backend}`;
    expect(await previewed({ PULUMI_BACKEND_URL: url })).toEqual({ backend: url, changes: { same: 1 } });
    expect(contents(backend)).toEqual(before);
  }, 30_000);

  it("finds it in the backend of `pulumi login`", async () => {
    const login = join(folder, "login");
    mkdirSync(login);
    const url = `file://${backend}`;
    writeFileSync(join(login, "credentials.json"), JSON.stringify({ current: url, accessTokens: { [url]: "" }, accounts: {} }));
    expect(await previewed({ PULUMI_CREDENTIALS_PATH: login })).toEqual({ backend: url, changes: { same: 1 } });
  }, 30_000);

  it("creates no stack in a backend that has others, and says on what it was made instead", async () => {
    const before = contents(backend);
    const result = await previewed({ PULUMI_BACKEND_URL: `file://${backend}` }, { stack: "prod" });
    expect(result).toEqual({ backend: `none (thrown away): file://${backend} has no stack prod`, changes: { create: 1 } });
    expect(contents(backend)).toEqual(before);
  }, 30_000);

  it("makes no backend of a folder that is none", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const result = await previewed({ PULUMI_BACKEND_URL: `file://${empty}` });
    expect(result).toEqual({ backend: `none (thrown away): file://${empty} has no stack staging`, changes: { create: 1 } });
    expect(readdirSync(empty)).toEqual([]);
  }, 30_000);

  it("does without encrypted settings that only another passphrase reads", async () => {
    const settingsFile = join(folder, "Pulumi.staging.yaml");
    const committed = readFileSync(join(REPOSITORY, "Pulumi.staging.yaml"), "utf8");
    const salt = "v1:uq+s4UhIUeg=:v1:P4bVDpD4vNSm0o5a:8iKPklM7GiNnDZiMvLCnHQCfuioqjg==";
    writeFileSync(settingsFile, `encryptionsalt: ${salt}\n${committed}  maestroverse-ops:datadogApiKey:\n    secure: v1:AAAA:BBBB\n`);
    await withEnvironment({ ...NOWHERE, PULUMI_CONFIG_PASSPHRASE: "" }, async () => {
      delete process.env["PULUMI_CONFIG_PASSPHRASE"];
      const stack = await open({ settingsFile });
      const { changes } = await stack.preview().finally(() => stack.close());
      expect([stack.backend, changes]).toEqual(["none (thrown away)", { create: 1 }]);
    });
  }, 30_000);
});

it("keeps a state where the caller wants it, whatever backend is configured", async () => {
  const state = { directory: backend, passphrase: PASSPHRASE };
  const result = await previewed({ PULUMI_BACKEND_URL: `file://${join(folder, "empty")}` }, { state });
  expect(result).toEqual({ backend: `file://${backend}`, changes: { same: 1 } });
}, 30_000);

it("changes nothing with a state that nobody would find again", async () => {
  await withEnvironment(NOWHERE, async () => {
    const stack = await open();
    await expect(stack.up()).rejects.toThrow(
      new Error("stack staging has no state that is kept (none (thrown away)): only previews do without one"),
    );
    await stack.close();
  });
}, 30_000);
