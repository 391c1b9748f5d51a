/** What is read from a stack's configuration: which values may be encrypted, and which must be. */
import * as pulumi from "@pulumi/pulumi";
import { loadConfig, SettingsError } from "../../config";
import { type RawSettings, rawSettings, withValue } from "../helpers/raw-settings";
import { startMocks } from "../helpers/mocks";

const PROJECT = "maestroverse-ops";

/** What loadConfig refuses a preview of prod with. */
async function refused(raw: RawSettings, secretKeys: readonly string[] = []): Promise<readonly string[]> {
  await startMocks({ stack: "prod", preview: true });
  const texts = Object.entries(raw).map(([key, value]) => [`${PROJECT}:${key}`, typeof value === "string" ? value : JSON.stringify(value)]);
  const setAllConfig = pulumi.runtime.setAllConfig as (values: Record<string, string>, secretKeys?: readonly string[]) => void;
  setAllConfig(
    Object.fromEntries(texts) as Record<string, string>,
    secretKeys.map((key) => `${PROJECT}:${key}`),
  );
  try {
    loadConfig();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

it("takes an encrypted credential", async () => {
  expect(await refused(withValue(rawSettings("prod"), "datadogApiKey", "k3y-of-datadog"), ["datadogApiKey"])).toEqual([]);
});

it("refuses a credential in plain text, without its value", async () => {
  expect(await refused(withValue(rawSettings("prod"), "datadogApiKey", "k3y-of-datadog"))).toEqual([
    "prod: datadogApiKey stands in plain text. Make another one, and encrypt it: pulumi config set --secret datadogApiKey --stack prod",
  ]);
});

it("refuses an encrypted setting, and quotes nothing of it, however wrong it is", async () => {
  const raw = withValue(withValue(rawSettings("prod"), "database.adminUser", "pass word"), "surprise", "pass word");
  expect(await refused(raw, ["database"])).toEqual([
    "prod: surprise is not a setting. Remove it: pulumi config rm maestroverse-ops:surprise --stack prod",
    "prod: database is encrypted, and settings are reviewed. Remove it, and set it without --secret: pulumi config rm database --stack prod",
  ]);
});
