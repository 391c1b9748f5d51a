/** The rehearsal's moto as the supervisor runs it, and what becomes of a stack when it dies. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { STS } from "@aws-sdk/client-sts";

import type { Rehearsal } from "../../../rehearsal/lib/substrate";
import { Supervisor } from "../../../rehearsal/lib/supervisor";
import { moto, MOTO_SERVER } from "../../../rehearsal/substrates/moto";
import { freePort } from "../../helpers/free-ports";
import { PluginStack } from "../../helpers/plugin-stack";
import { ACCOUNT, REGION, rotation } from "./programs/aws";

jest.setTimeout(240_000);

let directory: string;
let supervisor: Supervisor;
let rehearsal: Rehearsal;
let endpoint: string;
let config: object;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "moto-"));
  supervisor = new Supervisor(directory);
  endpoint = `http://127.0.0.1:${await freePort()}`;
  config = { endpoint, region: REGION, credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  const settings = { aws: { endpoint, accountId: ACCOUNT } } as Rehearsal["settings"];
  rehearsal = { directory, settings, supervisor, report: () => undefined, signal: new AbortController().signal };
});
afterAll(async () => {
  await supervisor.stop(MOTO_SERVER);
  rmSync(directory, { recursive: true, force: true });
});

it("is one account on the port of the settings, and is started once", async () => {
  const { hostname: address, port } = new URL(endpoint);
  expect(moto.ports(rehearsal.settings)).toEqual([{ address, port: Number(port), setting: "aws.endpoint in Pulumi.rehearsal.yaml" }]);
  await moto.start(rehearsal);
  expect((await new STS(config).getCallerIdentity({})).Account).toBe(ACCOUNT);
  const first = supervisor.find(MOTO_SERVER);
  await moto.start(rehearsal);
  expect([supervisor.find(MOTO_SERVER), supervisor.running().map(({ name }) => name)]).toEqual([first, [...moto.servers]]);
});

it("refuses settings without an endpoint: that would be AWS itself", async () => {
  const settings = { aws: { accountId: ACCOUNT } } as Rehearsal["settings"];
  await expect(moto.start({ ...rehearsal, settings })).rejects.toThrow("aws.endpoint is missing in Pulumi.rehearsal.yaml.");
});

it("forgets everything when it is killed, which the supervisor sees; a refresh and an up bring it back, labels included", async () => {
  const stack = PluginStack.create({ packages: ["aws"], stackName: "test-aws" });
  try {
    const step = { currentTag: "g2", previousTag: "g2-overlap", current: { JWT: "new" }, previous: { JWT: "old" } };
    const bound = await stack.bind(rotation({ endpoint, ...step }));
    await bound.up();
    process.kill(supervisor.find(MOTO_SERVER)?.pid ?? 0, "SIGKILL");
    while (supervisor.find(MOTO_SERVER) !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));

    await moto.start(rehearsal);
    const client = new SecretsManager(config);
    expect((await client.listSecrets({})).SecretList).toEqual([]);
    expect((await bound.refresh()).summary.resourceChanges).toEqual({ same: 2, delete: 5 });
    expect((await bound.up()).summary.resourceChanges).toEqual({ same: 2, create: 5 });
    const at = async (VersionStage: string) => (await client.getSecretValue({ SecretId: "app/secrets", VersionStage })).SecretString;
    expect([await at("AWSCURRENT"), await at("AWSPREVIOUS")]).toEqual(['{"JWT":"new"}', '{"JWT":"old"}']);
    expect((await bound.refresh()).summary.resourceChanges).toEqual({ same: 7 });
  } finally {
    stack.remove();
  }
});
