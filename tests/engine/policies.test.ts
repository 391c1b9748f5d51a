/** The real engine runs both packs, and a preview fails by what they find. What each rule finds, the kill matrix proves. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { openStack, REPOSITORY } from "../../ops/engine";
import { EngineError } from "../../ops/engine-error";
import { PACK_RULES, policyReport, type PolicyReport } from "../../ops/policy-report";
import { POLICY_PACKS } from "../../ops/policy-packs";
import { program } from "../../program";
import { isStackRule } from "../../policies/lib/rule";

jest.setTimeout(120_000);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "policies-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the policies say of a preview that they refuse. */
async function refusal(program: PulumiFn, edit: (settings: string) => string = (text) => text): Promise<PolicyReport> {
  const settingsFile = join(folder, "Pulumi.staging.yaml");
  await writeFile(settingsFile, edit(await readFile(join(REPOSITORY, "Pulumi.staging.yaml"), "utf8")));
  // The packs run on the day for which the file is dated.
  const environment = { NODE_OPTIONS: `--require=${require.resolve("../helpers/fixed-date")}` };
  const stack = await openStack({ stack: "staging", settingsFile, program, environment, report: () => undefined });
  try {
    const { changes } = await stack.preview({ policyPacks: POLICY_PACKS });
    throw new Error(`it passed: ${JSON.stringify(changes)}`);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return policyReport("staging", error.events, []);
  } finally {
    await stack.close();
  }
}

it("refuses an empty stack: every rule that has to see something is undetermined", async () => {
  const { findings } = await refusal(() => Promise.resolve({}));
  const rules = Object.values(PACK_RULES).flat();
  const mustSee = rules.filter(({ mayBeAbsent, types }) => mayBeAbsent === undefined && !types.includes("pulumi:pulumi:Stack"));
  const said = (name: string) =>
    findings.some(({ message }) => message.includes(`UNDETERMINED: ${name} could not be evaluated: the stack has no`));
  expect(mustSee.filter(({ name }) => !said(name)).map(({ name }) => name)).toEqual([]);
  expect([...new Set(findings.map(({ kind }) => kind))]).toEqual(["undetermined"]);
  expect(mustSee.some(isStackRule)).toBe(true);
});

it("refuses a defect of the settings and one that a transform makes, by exactly the rules that answer for them", async () => {
  const defective: PulumiFn = () => {
    pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
      if (type !== "kubernetes:networking.k8s.io/v1:Ingress") return undefined;
      const annotations = (props as { metadata: { annotations: Record<string, unknown> } }).metadata.annotations;
      if (annotations["nginx.org/http-redirect-code"] === undefined) return undefined;
      annotations["nginx.org/http-redirect-code"] = "308";
      return { props, opts };
    });
    return Promise.resolve(program());
  };
  const { findings } = await refusal(defective, (text) =>
    text.replace(/(JWT_SECRET: \{ generation: \d+, rotatedOn: )"[\d-]+"/, '$1"2026-08-01"'),
  );
  const refusing = findings.filter(({ kind }) => kind !== "warning").sort((a, b) => (a.rule < b.rule ? -1 : 1));
  expect(refusing.map(({ kind, rule }) => [kind, rule])).toEqual([
    ["violation", "ingress-enforce-https"],
    ["violation", "secret-enforce-age"],
  ]);
  expect(refusing[0]?.message).toBe(
    'maestroverse-server-host-ingress: metadata.annotations["nginx.org/http-redirect-code"] is 308. Set it to "301".',
  );
  expect(refusing[1]?.message).toMatch(
    /^app-secrets-pod-secret-[\d-]+: metadata\.annotations\["maestroverse\.edu\/rotated-on\.jwt-secret"\] is "2026-08-01, \d+ days ago"\. Rotate it, 90 days is the longest: npm run ops -- rotate --stack [\w-]+ --secret JWT_SECRET\.$/,
  );
});
