import { IAM } from "@aws-sdk/client-iam";
import { KMS } from "@aws-sdk/client-kms";
import { S3 } from "@aws-sdk/client-s3";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { WAFV2 } from "@aws-sdk/client-wafv2";

import { freePort } from "../../helpers/free-ports";
import { type Moto, startMoto } from "../../helpers/moto";
import { PluginStack } from "../../helpers/plugin-stack";
import { anything, backups, database, edge, named, REGION, rotation, SECOND_REGION, unnamed } from "./programs/aws";

jest.setTimeout(240_000);

const PROGRAMS = require.resolve("./programs/aws");

let moto: Moto;
const stacks: PluginStack[] = [];
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(async () => {
  stacks.forEach((stack) => stack.remove());
  await moto?.stop();
});

function newStack(stackName = "test-aws"): PluginStack {
  const stack = PluginStack.create({ packages: ["aws"], stackName });
  stacks.push(stack);
  return stack;
}

describe("without AWS", () => {
  it("every type is previewed", async () => {
    const where = { endpoint: `http://127.0.0.1:${await freePort()}` };
    const changes = async (program: Parameters<PluginStack["bind"]>[0]) => (await (await newStack().bind(program)).preview()).changeSummary;
    const step = { currentTag: "g1", previousTag: "g1", current: { A: "a" }, previous: {} };
    expect(await changes(backups(where))).toEqual({ create: 28 });
    expect(await changes(edge(where))).toEqual({ create: 6 });
    expect(await changes(database({ ...where, copy: true }))).toEqual({ create: 5 });
    expect(await changes(rotation({ ...where, ...step }))).toEqual({ create: 7 });
  });

  it("an up names the server that it could not reach", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const inputs = { description: "one" };
    const settings = { endpoint, type: "aws:kms/key:Key", inputs };
    expect(await newStack().failure("up", { file: PROGRAMS, name: "anything", settings })).toMatch(
      new RegExp(`kms CreateKey: .*connect ECONNREFUSED ${endpoint.slice("http://".length)}`),
    );
  });
});

describe("a preview refuses", () => {
  const failure = (type: string, inputs: object, provider = {}) =>
    newStack().failure("preview", { file: PROGRAMS, name: "anything", settings: { endpoint: moto.endpoint, provider, type, inputs } });

  it("a type that the stand-in does not know", async () => {
    expect(await failure("aws:sqs/queue:Queue", {})).toContain(
      "the stand-in for the aws plugin does not know the resource type aws:sqs/queue:Queue and must not ignore it.",
    );
  });

  it("an input that the stand-in does not know, at the top and far below", async () => {
    expect(await failure("aws:s3/bucket:Bucket", { versioning: { enabled: true } })).toMatch(
      /versioning.*does not know this input of aws:s3\/bucket:Bucket and must not ignore it/s,
    );
    const rules = [{ id: "a", status: "Enabled", expiration: { weeks: 4 } }];
    expect(await failure("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", { bucket: "dumps", rules })).toContain(
      "rules[0].expiration.weeks is not known to the stand-in, which must not ignore it. It knows: date, days, expiredObjectDeleteMarker.",
    );
  });

  it("a setting of the provider that the stand-in does not know", async () => {
    expect(await failure("aws:kms/key:Key", {}, { ignoreTags: { keys: ["a"] } })).toMatch(
      /ignoreTags.*does not know this setting and must not ignore it/s,
    );
  });
});

describe("an account that the provider does not allow", () => {
  const settings = (account: string) => ({
    endpoint: moto.endpoint,
    provider: { allowedAccountIds: [account] },
    type: "aws:kms/key:Key",
    inputs: { description: account },
  });

  it("is previewed, and never touched", async () => {
    const stack = newStack();
    expect(await stack.failure("up", { file: PROGRAMS, name: "anything", settings: settings("999988887777") })).toContain(
      "AWS account 111122223333 is not allowed: the provider's allowedAccountIds are 999988887777. Use credentials of an allowed account.",
    );
    expect((await (await stack.bind(anything(settings("999988887777")))).preview()).changeSummary).toEqual({ create: 1, same: 2 });
    expect((await new KMS(moto.client(REGION)).listKeys({})).Keys).toEqual([]);
    const allowed = await newStack().bind(anything(settings("111122223333")));
    expect((await allowed.up()).summary.resourceChanges).toEqual({ create: 3 });
  });
});

describe("names and regions", () => {
  const bind = (objectLockEnabled: boolean) => stack.bind(unnamed({ endpoint: moto.endpoint, objectLockEnabled }));
  const s3 = () => new S3(moto.client(REGION));
  const buckets = async () => (await s3().listBuckets({})).Buckets?.map(({ Name }) => Name).sort();
  let stack: PluginStack;
  let first: string;
  beforeAll(() => (stack = newStack()));

  it("are chosen where the program says nothing, and kept", async () => {
    const result = await (await bind(false)).up();
    expect(result.summary.resourceChanges).toEqual({ create: 6 });
    first = result.outputs["bucket"]?.value as string;
    expect(first).toMatch(/^auto-[0-9a-f]{7}$/);
    expect(result.outputs["alias"]?.value).toMatch(/^alias\/auto-[0-9a-f]{7}$/);
    expect(result.outputs["region"]?.value).toBe(SECOND_REGION);
    expect((await s3().getBucketLocation({ Bucket: "fixed" })).LocationConstraint).toBe(SECOND_REGION);
    expect((await (await bind(false)).up()).summary.resourceChanges).toEqual({ same: 6 });
    expect((await (await bind(false)).refresh()).summary.resourceChanges).toEqual({ same: 6 });
  });

  it("are new in a replacement where the plugin chose them; what has a fixed name goes first", async () => {
    expect((await (await bind(true)).up()).summary.resourceChanges).toEqual({ same: 4, replace: 2 });
    const names = (await buckets()) ?? [];
    expect([names.length, names[1], names[0] === first]).toEqual([2, "fixed", false]);
  });

  it("a bucket is emptied before its deletion when the program says so, and otherwise stays", async () => {
    const [auto = ""] = (await buckets()) ?? [];
    for (const Bucket of [auto, "fixed"]) await s3().putObject({ Bucket, Key: "a", Body: "x" });
    await expect((await bind(true)).destroy()).rejects.toThrow(
      "s3 DeleteBucket: BucketNotEmpty: The bucket you tried to delete is not empty",
    );
    expect(await buckets()).toEqual(["fixed"]);
  });
});

describe("what exists already", () => {
  it("is taken on where an interrupted run of this very stack left it, brought up to date, and is nobody else's", async () => {
    const run = async (stackName: string, description: string) =>
      (await newStack(stackName).bind(named({ endpoint: moto.endpoint, description }))).up();
    expect((await run("test-aws", "first")).summary.resourceChanges).toEqual({ create: 7 });
    const again = await run("test-aws", "second");
    expect(again.summary.resourceChanges).toEqual({ create: 7 });
    expect(again.stdout).toContain("goes on with what an interrupted run left");
    const role = await new IAM(moto.client(REGION)).getRole({ RoleName: "named" });
    const secret = await new SecretsManager(moto.client(REGION)).describeSecret({ SecretId: "named" });
    const { WebACLs = [] } = await new WAFV2(moto.client(REGION)).listWebACLs({ Scope: "REGIONAL" });
    expect([role.Role?.Description, secret.Description, ...WebACLs.map(({ Description }) => Description)]).toEqual([
      "second",
      "second",
      "second",
    ]);
    const settings = { endpoint: moto.endpoint };
    expect(await newStack("test-other").failure("up", { file: PROGRAMS, name: "named", settings })).toContain(
      "S3 bucket named already exists. Delete it, import it (pulumi import), or choose another name.",
    );
  });

  it("is a KMS alias that leads where the program wants it, and no other one", async () => {
    const kms = new KMS(moto.client(REGION));
    const [key, other] = [await kms.createKey({}), await kms.createKey({})].map(({ KeyMetadata }) => KeyMetadata?.KeyId);
    await kms.createAlias({ AliasName: "alias/mine", TargetKeyId: key });
    const settings = (targetKeyId: unknown) => ({
      endpoint: moto.endpoint,
      type: "aws:kms/alias:Alias",
      inputs: { name: "alias/mine", targetKeyId },
    });
    expect(await newStack().failure("up", { file: PROGRAMS, name: "anything", settings: settings(other) })).toContain(
      "KMS alias alias/mine already exists and leads to another key.",
    );
    expect((await (await newStack().bind(anything(settings(key)))).up()).summary.resourceChanges).toEqual({ create: 3 });
  });
});
