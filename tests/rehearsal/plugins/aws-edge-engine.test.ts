import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { WAFV2 } from "@aws-sdk/client-wafv2";

import { type Moto, startMoto } from "../../helpers/moto";
import { PluginStack } from "../../helpers/plugin-stack";
import { ACCOUNT, edge, type EdgeSettings, REGION } from "./programs/aws";

jest.setTimeout(240_000);

const ALL = 6;
const LOAD_BALANCER = `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:loadbalancer/app/edge/0123456789abcdef`;

let moto: Moto;
let stack: PluginStack;
let waf: WAFV2;
let logs: CloudWatchLogs;
let arn: string;
beforeAll(async () => {
  moto = await startMoto();
  stack = PluginStack.create({ packages: ["aws"], stackName: "test-aws" });
  [waf, logs] = [new WAFV2(moto.client(REGION)), new CloudWatchLogs(moto.client(REGION))];
});
afterAll(async () => {
  stack?.remove();
  await moto?.stop();
});

const bind = (settings: Omit<EdgeSettings, "endpoint"> = {}) => stack.bind(edge({ endpoint: moto.endpoint, ...settings }));
const up = async (...args: Parameters<typeof bind>) => (await (await bind(...args)).up()).summary.resourceChanges;
const refresh = async () => (await (await bind()).refresh()).summary.resourceChanges;

/** The web ACL as WAF has it. */
const webAcl = async () => (await waf.getWebACL({ Name: "edge", Scope: "REGIONAL", Id: arn.split("/").at(-1) })).WebACL;
const rateRule = async () => (await webAcl())?.Rules?.find(({ Name }) => Name === "rate");
const logGroup = async () => (await logs.describeLogGroups({})).logGroups?.[0];

describe("a web ACL with its log and its load balancer", () => {
  it("is made in WAF's own spelling", async () => {
    const result = await (await bind()).up();
    expect(result.summary.resourceChanges).toEqual({ create: ALL });
    arn = result.outputs["webAclArn"]?.value as string;
    expect(result.outputs["logGroupArn"]?.value).toBe(`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:aws-waf-logs-edge`);
    expect(await rateRule()).toMatchObject({
      Action: {
        Block: {
          CustomResponse: { ResponseCode: 429, CustomResponseBodyKey: "slow", ResponseHeaders: [{ Name: "Retry-After", Value: "60" }] },
        },
      },
      Statement: { RateBasedStatement: { Limit: 120, EvaluationWindowSec: 60, AggregateKeyType: "IP" } },
    });
    expect((await webAcl())?.CustomResponseBodies).toEqual({ slow: { Content: "{}", ContentType: "APPLICATION_JSON" } });
    const match = (await rateRule())?.Statement?.RateBasedStatement?.ScopeDownStatement?.NotStatement?.Statement?.ByteMatchStatement;
    expect(Buffer.from(match?.SearchString ?? []).toString()).toBe("api.example.com");
    expect((await waf.getWebACLForResource({ ResourceArn: LOAD_BALANCER })).WebACL?.ARN).toBe(arn);
    expect((await waf.getLoggingConfiguration({ ResourceArn: arn })).LoggingConfiguration?.RedactedFields).toEqual([
      { SingleHeader: { Name: "host" } },
    ]);
  });

  it("stays as it is on a second run and on a refresh", async () => {
    expect(await up()).toEqual({ same: ALL });
    expect(await refresh()).toEqual({ same: ALL });
  });

  it("changes in place", async () => {
    expect(await up({ limit: 600, windowSeconds: 300, days: 30 })).toEqual({ same: ALL - 2, update: 2 });
    expect((await rateRule())?.Statement?.RateBasedStatement).toMatchObject({ Limit: 600, EvaluationWindowSec: 300 });
    expect((await logGroup())?.retentionInDays).toBe(30);
    expect(await up()).toEqual({ same: ALL - 2, update: 2 });
  });

  it("shows on a refresh what somebody changed or took away, and gets it back", async () => {
    const acl = await webAcl();
    const { LockToken } = await waf.getWebACL({ Name: "edge", Scope: "REGIONAL", Id: acl?.Id });
    const { DefaultAction, VisibilityConfig, CustomResponseBodies } = acl ?? {};
    const Rules = acl?.Rules?.filter(({ Name }) => Name !== "rate");
    const kept = { DefaultAction, VisibilityConfig, CustomResponseBodies };
    await waf.updateWebACL({ ...kept, Rules, Name: "edge", Scope: "REGIONAL", Id: acl?.Id, LockToken });
    await waf.putLoggingConfiguration({
      LoggingConfiguration: { ResourceArn: arn, LogDestinationConfigs: [(await logGroup())?.arn ?? ""] },
    });
    await waf.disassociateWebACL({ ResourceArn: LOAD_BALANCER });
    await logs.deleteRetentionPolicy({ logGroupName: "aws-waf-logs-edge" });

    expect(await refresh()).toEqual({ same: ALL - 4, update: 3, delete: 1 });
    expect(await up()).toEqual({ same: ALL - 4, update: 3, create: 1 });
    expect((await webAcl())?.Rules?.map(({ Name }) => Name).sort()).toEqual(["common", "rate"]);
    expect((await waf.getWebACLForResource({ ResourceArn: LOAD_BALANCER })).WebACL?.ARN).toBe(arn);
    expect((await logGroup())?.retentionInDays).toBe(90);
    expect(await refresh()).toEqual({ same: ALL });
  });

  it("leaves nothing after destroy", async () => {
    expect((await (await bind()).destroy()).summary.resourceChanges).toEqual({ delete: ALL });
    const [acls, groups] = [await waf.listWebACLs({ Scope: "REGIONAL" }), await logs.describeLogGroups({})];
    expect([acls.WebACLs, groups.logGroups]).toEqual([[], []]);
    await expect(waf.getLoggingConfiguration({ ResourceArn: arn })).rejects.toMatchObject({ name: "WAFNonexistentItemException" });
    expect((await waf.getWebACLForResource({ ResourceArn: LOAD_BALANCER })).WebACL).toBeUndefined();
  });
});
