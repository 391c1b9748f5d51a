/**
 * A pack's analyzer answers as the SDK's server does, which unpacks everything anew for every policy (ADR 0015): both get the same requests.
 * Proves the protocol; what the rules find, the kill matrix proves.
 */
import { promisify } from "node:util";
import { credentials, type Server } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as protocol from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { startAnalyzer } from "../../policies/lib/analyzer";
import { stackView } from "../../policies/lib/evaluate";
import { type Policy, policyPack, type PolicyPack } from "../../policies/lib/pack";
import type { Properties, Resource, Rule } from "../../policies/lib/rule";
import { throwingUnknowns } from "../../policies/lib/unknown";
import { CHECKLIST_RULES } from "../../policies/maestroverse-checklist/rules";
import { BASELINE_RULES } from "../../policies/platform-baseline/rules";
import type { DumpedResource } from "../helpers/dump-stack";
import { TODAY } from "../helpers/policy-stack";
import { readGolden } from "../helpers/stack-dumps";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown) => ({ [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", value });
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

interface Sent {
  readonly type: string;
  readonly name: string;
  readonly inputs: unknown;
  readonly ignoreChanges?: string[];
  readonly provider?: Sent;
}

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.forceShutdown()));

/** A pack's analyzer. */
async function clientOf(pack: PolicyPack): Promise<AnalyzerClient> {
  const { server, port } = await startAnalyzer(pack);
  servers.push(server);
  return new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
}

function fill<M extends protocol.AnalyzeRequest | protocol.AnalyzerResource>(
  message: M,
  { type, name, inputs, ignoreChanges = [], provider }: Sent,
): M {
  message.setType(type);
  message.setName(name);
  message.setUrn(urnOf({ type, name }));
  message.setProperties(Struct.fromJavaScript(inputs as Record<string, JavaScriptValue>));
  message.setOptions(new protocol.AnalyzerResourceOptions().setIgnorechangesList(ignoreChanges));
  if (provider !== undefined)
    message.setProvider(
      new protocol.AnalyzerProviderResource()
        .setType(provider.type)
        .setName(provider.name)
        .setUrn(urnOf(provider))
        .setProperties(Struct.fromJavaScript(provider.inputs as Record<string, JavaScriptValue>)),
    );
  return message;
}

const urnOf = ({ type, name }: Pick<Sent, "type" | "name">) => `urn:pulumi:prod::maestroverse-ops::${type}::${name}`;
const requestOf = (resource: Sent) => fill(new protocol.AnalyzeRequest(), resource);
const stackOf = (resources: readonly Sent[]) =>
  new protocol.AnalyzeStackRequest().setResourcesList(resources.map((each) => fill(new protocol.AnalyzerResource(), each)));

type Handler = (call: { request: unknown }, done: (error: Error | null, response: protocol.AnalyzeResponse) => void) => void;

/** The SDK's server, whose parts its types do not describe, over the same policies. */
function sdkOf({ name, version, policies }: PolicyPack) {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const sdk = require("@pulumi/policy/server") as Record<
    "makeAnalyzeRpcFun" | "makeAnalyzeStackRpcFun",
    (name: string, version: string, level: string, policies: readonly object[]) => Handler
  >;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { makeAnalyzerInfo } = require("@pulumi/policy/protoutil") as {
    makeAnalyzerInfo: (name: string, version: string, level: string, pack: object) => protocol.AnalyzerInfo;
  };
  const of = (policies_: readonly object[]) => [name, version, "mandatory", policies_] as const;
  const ask = (handler: Handler) => (request: unknown) => promisify(handler)({ request });
  const its = policies.map(sdkPolicy);
  return {
    info: () => makeAnalyzerInfo(name, version, "mandatory", { policies: its }),
    analyze: ask(sdk.makeAnalyzeRpcFun(...of(its))),
    analyzeStack: ask(sdk.makeAnalyzeStackRpcFun(...of(its))),
  };
}

interface SdkResource extends Pick<Resource, "type" | "name" | "urn"> {
  readonly opts?: { readonly ignoreChanges: readonly string[] };
  readonly props: { readonly __getSpecialProxyTarget: Properties };
  readonly provider?: SdkResource;
}
interface SdkArguments extends SdkResource {
  readonly resources: readonly SdkResource[];
  readonly notApplicable: (reason: string) => never;
}
type SdkReport = (message: string, urn?: string) => void;

function sdkPolicy({ limits, tags, ...policy }: Policy): object {
  const asResource = ({ type, name, urn, opts, props, provider }: SdkResource): Resource => ({
    type,
    name,
    urn,
    ...(opts === undefined ? {} : { ignoreChanges: opts.ignoreChanges }),
    // Its own error for an unknown value is not the rules'.
    properties: throwingUnknowns(props.__getSpecialProxyTarget),
    ...(provider === undefined ? {} : { provider: asResource(provider) }),
  });
  const properties = Object.entries(limits ?? {}).map(([key, { description, unit, minimum, maximum, default: value }]) => [
    key,
    { type: "number", description: `${description} (${unit})`, minimum, maximum, default: value },
  ]);
  return {
    ...policy,
    tags: [...tags],
    ...(limits === undefined ? {} : { configSchema: { properties: Object.fromEntries(properties) as object } }),
    ...("validateStack" in policy
      ? {
          validateStack: ({ resources }: SdkArguments, report: SdkReport) =>
            policy.validateStack(stackView(resources.map(asResource)), {}, report),
        }
      : {
          validateResource: (args: SdkArguments, report: SdkReport) =>
            policy.types.includes(args.type)
              ? policy.validateResource(asResource(args), {}, report)
              : args.notApplicable(`It is about ${policy.types.join(", ")}.`),
        }),
  };
}

/** Prod, as it is and with a defect in every resource: what was text is another, unknown, or a secret. */
const prod = (JSON.parse(readGolden("prod")) as DumpedResource[]).map(({ type, name, inputs }) => ({ type, name, inputs }));
const provider = {
  type: "pulumi:providers:aws",
  name: "aws",
  inputs: { region: "us-east-1", endpoints: '[{"s3":"http://127.0.0.1:5000"}]' },
};
const spoilt = prod.map(({ inputs, ...resource }, index) => {
  let texts = 0;
  const spoil = (_: string, value: unknown): unknown =>
    typeof value !== "string" || texts++ % 3 !== index % 3 ? value : [secret(value), UNKNOWN, "other"][index % 3];
  return { ...resource, inputs: JSON.parse(JSON.stringify(inputs, spoil)) as unknown, ignoreChanges: ["secretString"], provider };
});

describe.each([
  { name: "maestroverse-checklist" as const, rules: CHECKLIST_RULES },
  { name: "platform-baseline" as const, rules: BASELINE_RULES },
])("$name", ({ name, rules }) => {
  const pack = () => policyPack({ name, version: "1.2.3", rules, waivers: { waivers: [], problems: [] }, now: () => TODAY });

  it("describes its policies as the SDK does", async () => {
    const client = await clientOf(pack());
    const info = await promisify<Empty, protocol.AnalyzerInfo>(client.getAnalyzerInfo.bind(client))(new Empty());
    expect(info.toObject()).toEqual(sdkOf(pack()).info().toObject());
  });

  it("answers for each resource as the SDK does", async () => {
    const client = await clientOf(pack());
    const sdk = sdkOf(pack());
    const analyze = promisify<protocol.AnalyzeRequest, protocol.AnalyzeResponse>(client.analyze.bind(client));
    let findings = 0;
    // The SDK takes its time: six of each type.
    const few = (all: readonly Sent[]) =>
      all.filter(({ type }, index) => all.slice(0, index).filter((earlier) => earlier.type === type).length < 6);
    for (const resource of [...few(prod), ...few(spoilt)]) {
      const answered = (await analyze(requestOf(resource))).toObject();
      expect(answered).toEqual((await sdk.analyze(requestOf(resource))).toObject());
      findings += answered.diagnosticsList.length;
    }

    expect(findings).toBeGreaterThan(10);
  });

  it.each([
    ["as it is", prod],
    ["spoilt", spoilt],
  ])("answers for the stack %s as the SDK does", async (_, resources) => {
    const client = await clientOf(pack());
    const analyze = promisify<protocol.AnalyzeStackRequest, protocol.AnalyzeResponse>(client.analyzeStack.bind(client));
    expect((await analyze(stackOf(resources))).toObject()).toEqual((await sdkOf(pack()).analyzeStack(stackOf(resources))).toObject());
  });
});

describe("the pack's configuration", () => {
  const blue: Rule = {
    name: "thing-enforce-blue",
    description: "Every thing is blue.",
    severity: "high",
    checklist: [],
    remediationSteps: "Make it blue.",
    page: "runbook/1-https.md",
    types: ["test:index:Thing"],
    limits: { hue: { description: "Largest hue", unit: "degrees", default: 240, minimum: 180, maximum: 240 } },
    check: ({ properties }, report, { limits }) => {
      if (Number(properties["hue"]) > limits["hue"]) report({ field: "hue", found: properties["hue"], fix: `At most ${limits["hue"]}.` });
    },
  };
  const pack = policyPack({ name: "platform-baseline", version: "1.0.0", rules: [blue], waivers: { waivers: [], problems: [] } });

  /** What the analyzer says of a thing with the hue 250, level and message. */
  async function found(config: protocol.PolicyConfig | undefined, inputs: unknown = { hue: 250 }) {
    const client = await clientOf(pack);
    const request = new protocol.ConfigureAnalyzerRequest();
    if (config !== undefined) request.getPolicyconfigMap().set(blue.name, config);
    await promisify<protocol.ConfigureAnalyzerRequest, Empty>(client.configure.bind(client))(request);
    const analyze = promisify<protocol.AnalyzeRequest, protocol.AnalyzeResponse>(client.analyze.bind(client));
    const response = await analyze(requestOf({ type: "test:index:Thing", name: "a", inputs }));
    return response.getDiagnosticsList().map((each) => [each.getEnforcementlevel(), each.getMessage().split("\n")[1]]);
  }
  const { MANDATORY, ADVISORY, DISABLED, REMEDIATE } = protocol.EnforcementLevel;
  const level = (value: protocol.EnforcementLevel) => new protocol.PolicyConfig().setEnforcementlevel(value);

  it.each([
    ["none", undefined, [[MANDATORY, "a: hue is 250. At most 240."]]],
    ["advisory", level(ADVISORY), [[ADVISORY, "a: hue is 250. At most 240."]]],
    ["disabled", level(DISABLED), []],
    ["remediate: no policy changes a resource, so it refuses", level(REMEDIATE), [[MANDATORY, "a: hue is 250. At most 240."]]],
    ["a number", level(MANDATORY).setProperties(Struct.fromJavaScript({ hue: 200 })), [[MANDATORY, "a: hue is 250. At most 200."]]],
  ])("%s", async (_, config, says) => {
    expect(await found(config)).toEqual(says);
  });

  it("a value of a kind that nobody knows is undetermined, for each rule that reads it", async () => {
    const undetermined = `a: UNDETERMINED: thing-enforce-blue could not be evaluated: it failed with a property has the signature "5cf8", which policies/lib/unpack.ts does not know. A gate that cannot tell does not pass.`;
    expect(await found(undefined, { hue: { [SIGNATURE]: "5cf8" } })).toEqual([[MANDATORY, undetermined]]);
  });
});

it("fails the engine's call when the message is no message", async () => {
  const client = await clientOf(policyPack({ name: "platform-baseline", version: "1.0.0", rules: [] }));
  const bytes = (message: Uint8Array) => Buffer.from(message);
  const call = promisify((message: Uint8Array, done: (error: Error | null) => void) =>
    client.makeUnaryRequest("/pulumirpc.Analyzer/Analyze", bytes, bytes, message, done),
  );
  // A type (field 1) of five bytes, of which two come.
  await expect(call(Uint8Array.of(0x0a, 5, 97, 98))).rejects.toThrow("a message of the engine's ends early");
  await expect(call(Uint8Array.of(0x0b))).rejects.toThrow("a message of the engine's has a field of the kind 3");
});
