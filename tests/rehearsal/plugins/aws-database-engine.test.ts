import { RDS } from "@aws-sdk/client-rds";

import { type Moto, startMoto } from "../../helpers/moto";
import { PluginStack } from "../../helpers/plugin-stack";
import { ACCOUNT, database, type DatabaseSettings, REGION } from "./programs/aws";

jest.setTimeout(240_000);

const PROGRAMS = require.resolve("./programs/aws");
const ALL = 4;

let moto: Moto;
let stack: PluginStack;
let rds: RDS;
beforeAll(async () => {
  moto = await startMoto();
  stack = PluginStack.create({ packages: ["aws"], stackName: "test-aws" });
  rds = new RDS(moto.client(REGION));
});
afterAll(async () => {
  stack?.remove();
  await moto?.stop();
});

const bind = (settings: Omit<DatabaseSettings, "endpoint"> = {}) => stack.bind(database({ endpoint: moto.endpoint, ...settings }));
const up = async (...args: Parameters<typeof bind>) => (await (await bind(...args)).up()).summary.resourceChanges;
const instances = async () => (await rds.describeDBInstances({})).DBInstances ?? [];

describe("a managed database", () => {
  it("is made with its id, its ARN and its endpoint", async () => {
    const result = await (await bind()).up();
    expect(result.summary.resourceChanges).toEqual({ create: ALL });
    expect(result.outputs["arn"]?.value).toBe(`arn:aws:rds:${REGION}:${ACCOUNT}:db:shop`);
    expect(result.outputs["endpoint"]?.value).toMatch(/^shop\..*\.us-east-1\.rds\.amazonaws\.com:5432$/);
    expect(await instances()).toMatchObject([
      {
        DBInstanceIdentifier: "shop",
        BackupRetentionPeriod: 30,
        StorageEncrypted: true,
        MultiAZ: true,
        DbiResourceId: result.outputs["resourceId"]?.value as string,
      },
    ]);
    expect(await up()).toEqual({ same: ALL });
    expect((await (await bind()).refresh()).summary.resourceChanges).toEqual({ same: ALL });
  });

  it("changes in place, and gets back what somebody changed", async () => {
    expect(await up({ retentionDays: 35 })).toEqual({ same: ALL - 1, update: 1 });
    expect((await instances())[0]?.BackupRetentionPeriod).toBe(35);
    await rds.modifyDBInstance({ DBInstanceIdentifier: "shop", BackupRetentionPeriod: 1, MaxAllocatedStorage: 150 });
    expect((await (await bind()).refresh()).summary.resourceChanges).toEqual({ same: ALL - 1, update: 1 });
    expect(await up()).toEqual({ same: ALL - 1, update: 1 });
    expect(await instances()).toMatchObject([{ BackupRetentionPeriod: 30, MaxAllocatedStorage: 200 }]);
  });

  it("has no copy of its backups in moto, which does not know that: the error is moto's own", async () => {
    const settings = { endpoint: moto.endpoint, copy: true };
    expect(await stack.failure("up", { file: PROGRAMS, name: "database", settings })).toContain(
      "rds StartDBInstanceAutomatedBackupsReplication: 500 Internal Server Error (HTTP 500)",
    );
  });

  it("is not deleted while RDS protects it, and leaves a last snapshot", async () => {
    await up({ deletionProtection: true });
    await expect((await bind({ deletionProtection: true })).destroy()).rejects.toThrow("rds DeleteDBInstance: ");
    expect(await instances()).toHaveLength(1);
    await up();
    expect((await (await bind()).destroy()).summary.resourceChanges).toEqual({ delete: ALL });
    expect(await instances()).toEqual([]);
    expect((await rds.describeDBSnapshots({})).DBSnapshots?.map(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier)).toContain(
      "shop-final",
    );
  });
});
