/** The real program under the real engine: previews of every stack, without a credential. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { PreviewRecord } from "../../ops/preview";
import { REPOSITORY } from "../../ops/engine";

const run = promisify(execFile);

/** Runs `npm run preview` as a user would, in an environment that knows no cluster, cloud or credential. */
async function previewAsUser(...args: string[]): Promise<{ code: number; output: string }> {
  const known = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|KUBE|DD_|DATADOG_|PG|PULUMI_|MAESTROVERSE_)/.test(name)),
  );
  // The gate refuses secrets that are overdue, by the clock; the program's test must not fail for that on some later day.
  const environment = { ...known, NODE_OPTIONS: `--require=${require.resolve("../helpers/fixed-date")}` };
  try {
    const { stdout, stderr } = await run("npm", ["run", "--silent", "preview", "--", ...args], {
      cwd: REPOSITORY,
      env: environment,
      maxBuffer: 64e6,
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

describe("npm run preview", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "preview-test-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(["prod", "staging", "rehearsal"])(
    "previews %s with over 50 resources, every policy evaluated and no violation",
    async (stack) => {
      const file = join(folder, `${stack}.json`);
      const { code, output } = await previewAsUser("--stack", stack, "--json", file);
      expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" });
      const record = JSON.parse(await readFile(file, "utf8")) as PreviewRecord;
      expect(record.policies.findings.filter(({ kind }) => kind !== "warning")).toEqual([]);
      expect(output).toMatch(/^Policies: \d+ rules in 2 packs: 0 violations, 0 undetermined, \d+ warnings?; \d+ waivers?$/m);
      expect(Object.keys(record.changes)).toEqual(["create"]);
      expect(record.changes["create"]).toBeGreaterThan(50);
      expect(
        output
          .match(/(maestroverse-checklist|platform-baseline)@v[\d.]+/g)
          ?.slice(0, 2)
          .sort(),
      ).toEqual(["maestroverse-checklist@v0.2.0", "platform-baseline@v0.2.0"]);
    },
    120_000,
  );

  it("names the stacks that exist when it is asked for another one", async () => {
    const { code, output } = await previewAsUser("--stack", "production");
    expect(code).toBe(1);
    expect(output).toMatch(/there is no stack production: .*Pulumi\.production\.yaml does not exist/);
  }, 60_000);
});
