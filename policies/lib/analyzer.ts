/**
 * Serves a pack's policies to the engine: Pulumi's analyzer protocol, over gRPC on this machine.
 *
 * The SDK's own server unpacks a resource for each policy, and the whole stack for each stack-wide one; here each is unpacked once, and a
 * resource meets only the policies about its type (ADR 0015).
 */
import { promisify } from "node:util";
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as protocol from "@pulumi/pulumi/proto/analyzer_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { stackView } from "./evaluate";
import { endWithEngine } from "./lifetime";
import type { Policy, PolicyPack, Report, ResourcePolicy } from "./pack";
import type { Rule, Severity } from "./rule";
import { unpackResource, unpackStack } from "./unpack";

/** Largest request, in bytes: the engine's own limit, which a whole stack needs. */
const MESSAGE_BYTES = 400 * 1024 * 1024;

const { EnforcementLevel: Level, PolicySeverity, PolicyType } = protocol;
const LEVELS = { mandatory: Level.MANDATORY, advisory: Level.ADVISORY };
const SEVERITIES: Readonly<Record<Severity, protocol.PolicySeverity>> = {
  low: PolicySeverity.POLICY_SEVERITY_LOW,
  medium: PolicySeverity.POLICY_SEVERITY_MEDIUM,
  high: PolicySeverity.POLICY_SEVERITY_HIGH,
  critical: PolicySeverity.POLICY_SEVERITY_CRITICAL,
};

/** How a message comes and goes that is read and written here. */
const AS_BYTES = { requestDeserialize: (bytes: Buffer) => bytes, responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes) };
/** The protocol's calls. Those about resources get the bytes, and give back bytes. */
const SERVICE = {
  ...AnalyzerService,
  analyze: { ...AnalyzerService.analyze, ...AS_BYTES },
  analyzeStack: { ...AnalyzerService.analyzeStack, ...AS_BYTES },
};

/** Serves on a free port of this machine. */
export async function startAnalyzer(pack: PolicyPack): Promise<{ readonly server: Server; readonly port: number }> {
  const server = new Server({ "grpc.max_receive_message_length": MESSAGE_BYTES });
  server.addService(SERVICE, analyzer(pack));
  const port = await promisify(server.bindAsync.bind(server))("127.0.0.1:0", ServerCredentials.createInsecure());
  return { server, port };
}

/** Serves until the engine ends the process, and says the port where the engine reads it: on a line of standard output. */
export async function serve(pack: PolicyPack): Promise<void> {
  endWithEngine();
  const { port } = await startAnalyzer(pack);
  process.stdout.write(`${port}\n`);
}

/** What the pack's configuration says of a policy. */
interface Configured {
  readonly level: protocol.EnforcementLevel;
  readonly limits: Readonly<Record<string, number>>;
}

/** The calls of the protocol, for one engine. */
function analyzer(pack: PolicyPack) {
  const ofType = byType(pack.policies.filter((policy) => "validateResource" in policy));
  const ofStack = pack.policies.filter((policy) => "validateStack" in policy);
  let configured: ReadonlyMap<string, Configured> = new Map();

  /** What those policies find that are not disabled. */
  const run = <P extends Policy>(policies: readonly P[], look: (policy: P, limits: Configured["limits"], report: Report) => void) => {
    const found: protocol.AnalyzeDiagnostic[] = [];
    for (const policy of policies) {
      const { level, limits } = configured.get(policy.name) ?? { level: LEVELS[policy.enforcementLevel], limits: {} };
      if (level !== Level.DISABLED) look(policy, limits, (message, urn) => found.push(diagnostic(pack, policy, level, message, urn)));
    }
    return found;
  };

  return {
    getAnalyzerInfo: answer(() => describePack(pack)),
    getPluginInfo: answer(() => new PluginInfo().setVersion(pack.version)),
    configure: answer((request: protocol.ConfigureAnalyzerRequest) => {
      configured = new Map([...request.getPolicyconfigMap().entries()].map(([name, config]) => [name, configuration(config)]));
      return new Empty();
    }),
    configureStack: answer(() => new protocol.AnalyzerStackConfigureResponse()),
    remediate: answer(() => new protocol.RemediateResponse()),
    analyze: answer((request: Buffer) => {
      const resource = unpackResource(request);
      const { policies, respond } = ofType(resource.type);
      return respond(run(policies, (policy, limits, report) => policy.validateResource(resource, limits, report)));
    }),
    analyzeStack: answer((request: Buffer) => {
      const stack = stackView(unpackStack(request));
      const found = run(ofStack, (policy, limits, report) => policy.validateStack(stack, limits, report));
      return new protocol.AnalyzeResponse().setDiagnosticsList(found).serializeBinary();
    }),
  };
}

/** A call that answers at once; what it throws fails the engine's operation. */
function answer<Request, Response>(of: (request: Request) => Response) {
  return ({ request }: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => {
    let response: Response;
    try {
      response = of(request);
    } catch (error) {
      done({ code: status.UNKNOWN, details: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      return;
    }
    done(null, response);
  };
}

/** The policies about a type of resource, and the response to a request about one, which names the others. */
function byType(all: readonly ResourcePolicy[]) {
  const prepare = (type: string) => {
    const response = new protocol.AnalyzeResponse();
    for (const { name, types } of all)
      if (!types.includes(type))
        response.addNotApplicable(new protocol.PolicyNotApplicable().setPolicyName(name).setReason(`It is about ${types.join(", ")}.`));
    const nothingFound = response.serializeBinary();
    return {
      policies: all.filter(({ types }) => types.includes(type)),
      respond: (found: protocol.AnalyzeDiagnostic[]) =>
        found.length === 0 ? nothingFound : response.setDiagnosticsList(found).serializeBinary(),
    };
  };
  const prepared = new Map<string, ReturnType<typeof prepare>>();
  return (type: string) => {
    let of = prepared.get(type);
    if (of === undefined) prepared.set(type, (of = prepare(type)));
    return of;
  };
}

/** What the configuration says; what the engine would remediate is refused instead: no policy here changes a resource. */
function configuration(config: protocol.PolicyConfig): Configured {
  const level = config.getEnforcementlevel();
  return {
    level: level === Level.REMEDIATE ? Level.MANDATORY : level,
    limits: (config.getProperties()?.toJavaScript() ?? {}) as Configured["limits"],
  };
}

function diagnostic(
  pack: PolicyPack,
  policy: Policy,
  level: protocol.EnforcementLevel,
  message: string,
  urn = "",
): protocol.AnalyzeDiagnostic {
  return new protocol.AnalyzeDiagnostic()
    .setPolicyname(policy.name)
    .setPolicypackname(pack.name)
    .setPolicypackversion(pack.version)
    .setDescription(policy.description)
    .setMessage(`${policy.description}\n${message}`)
    .setEnforcementlevel(level)
    .setSeverity(SEVERITIES[policy.severity])
    .setUrn(urn);
}

function describePack(pack: PolicyPack): protocol.AnalyzerInfo {
  return new protocol.AnalyzerInfo()
    .setName(pack.name)
    .setVersion(pack.version)
    .setSupportsconfig(true)
    .setPoliciesList(pack.policies.map(describePolicy));
}

function describePolicy(policy: Policy): protocol.PolicyInfo {
  const { name, description, severity, enforcementLevel, remediationSteps, url, tags, limits } = policy;
  const info = new protocol.PolicyInfo()
    .setPolicyType("validateStack" in policy ? PolicyType.POLICY_TYPE_STACK : PolicyType.POLICY_TYPE_RESOURCE)
    .setName(name)
    .setDescription(description)
    .setSeverity(SEVERITIES[severity])
    .setEnforcementlevel(LEVELS[enforcementLevel])
    .setRemediationSteps(remediationSteps)
    .setUrl(url)
    .setTagsList([...tags]);
  if (limits !== undefined)
    info.setConfigschema(new protocol.PolicyConfigSchema().setProperties(Struct.fromJavaScript(configSchema(limits))));
  return info;
}

/** A pack's configuration may tighten a number within its range, not leave it. */
function configSchema(limits: NonNullable<Rule["limits"]>) {
  const properties = Object.entries(limits).map(([key, { description, unit, minimum, maximum, default: value }]) => [
    key,
    { type: "number", description: `${description} (${unit})`, minimum, maximum, default: value },
  ]);
  return Object.fromEntries(properties) as Record<string, Record<string, string | number>>;
}
