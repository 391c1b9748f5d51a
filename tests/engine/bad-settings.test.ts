/** Bad settings and missing credentials stop the real engine before anything is created. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadExeca } from "../../toolchain/run";
import { REPOSITORY } from "../../ops/engine";
import type { ChildResult } from "../helpers/engine-child";

describe("the program under the real engine", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bad-settings-test-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function operate(stack: string, operation: "preview" | "up", edit: (text: string) => string): Promise<ChildResult> {
    const settingsFile = join(folder, `Pulumi.${stack}.yaml`);
    await writeFile(settingsFile, edit(await readFile(join(REPOSITORY, `Pulumi.${stack}.yaml`), "utf8")));
    const { execa } = await loadExeca();
    const { stdout } = await execa("npx", ["tsx", "tests/helpers/engine-child.ts", stack, settingsFile, operation], {
      cwd: REPOSITORY,
      env: { MAESTROVERSE_DATABASE_ADMIN_PASSWORD: "", DD_API_KEY: "", DD_APP_KEY: "" },
    });
    return JSON.parse(stdout.slice(stdout.lastIndexOf("\n") + 1)) as ChildResult;
  }

  it("reports every problem at once, with its fix, and creates nothing", async () => {
    const { message, types } = await operate("prod", "preview", (text) =>
      text
        .replace("retentionDays: 30", "retentionDays: 4000")
        .replace(/tag: "4f2a91c"/, "tag: latest")
        .concat("  maestroverse-ops:surprise: true\n"),
    );
    expect(message?.split("\n").slice(-4)).toEqual([
      expect.stringContaining("3 problems in the settings of stack prod; nothing was created:"),
      "  - prod: surprise is not a setting. Remove it: pulumi config rm maestroverse-ops:surprise --stack prod",
      expect.stringMatching(/^ {2}- prod: image\.tag must be a git SHA in lower case .*, got "latest"\. Fix: /),
      "  - prod: backups.retentionDays must be 30 to 3650 (days), got 4000. Fix: pulumi config set --path 'backups.retentionDays' <value> --stack prod",
    ]);
    expect(message).not.toMatch(/^\s+at /m);
    expect(types).toEqual([]);
  }, 60_000);

  it("refuses a stack file that was copied and not adapted", async () => {
    const { message, types } = await operate("staging", "preview", (text) => text.replace("environment: staging", "environment: prod"));
    expect(message).toContain("staging: environment must be the stack's name, got prod");
    expect(types).toEqual([]);
  }, 60_000);

  it("refuses an up without credentials before anything is created, naming each", async () => {
    const { message, types, outputs } = await operate("rehearsal", "up", (text) => text);
    expect(message?.match(/rehearsal: \w+ is missing/g)).toEqual([
      "rehearsal: databaseAdminPassword is missing",
      "rehearsal: datadogApiKey is missing",
      "rehearsal: datadogAppKey is missing",
    ]);
    expect(message).toContain(
      "Fix: pulumi config set --secret databaseAdminPassword --stack rehearsal (or set MAESTROVERSE_DATABASE_ADMIN_PASSWORD",
    );
    expect(types).toEqual([]);
    expect(outputs).toEqual({});
  }, 60_000);
});
