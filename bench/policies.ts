/**
 * How fast both packs look at a stack: the real analyzers, over gRPC as the engine drives them, over copies of prod's resources.
 *
 * The engine asks one pack after the other for each resource, several resources at a time, and each pack once for the whole stack.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, credentials } from "@grpc/grpc-js";
import { AnalyzeRequest, AnalyzerResource, AnalyzerResourceOptions, AnalyzeStackRequest } from "@pulumi/pulumi/proto/analyzer_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { REPOSITORY } from "../ops/engine";
import { POLICY_PACKS } from "../ops/policy-packs";
import { compare, type Row } from "./compare";

/** Sizes of the synthetic stacks, in resources. */
const [SMALL, LARGE] = [500, 5_000] as const;
/** Rounds: the large stack takes half a minute. */
const ROUNDS = 3;
/** What is promised: the rate at the large size is at least this share of that at the small one, so the time grows no faster than the stack. */
const LEAST = 0.9;
/** Resources that the engine registers at a time. */
const PARALLEL = 16;
/** Largest message of the protocol, in bytes: the engine's own limit. */
const MESSAGE_BYTES = 400 * 1024 * 1024;

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, JavaScriptValue>;
}

/** Resources per second that both packs look at: of the large stack, over the small one. */
export async function benchPolicies(): Promise<Row[]> {
  const program = await registered();
  const analyzers = await Promise.all(POLICY_PACKS.map(startAnalyzer));
  const rate = (size: number) => () => look(analyzers, copies(program, size));
  try {
    const name = `policies: resources per second at ${LARGE} ÷ at ${SMALL} resources`;
    return [await compare({ name, of: rate(LARGE), over: rate(SMALL), rounds: ROUNDS, least: LEAST })];
  } finally {
    for (const { process: analyzer } of analyzers) analyzer.kill();
  }
}

/** What the program of prod registers. */
async function registered(): Promise<readonly Registered[]> {
  const script = join(REPOSITORY, "tests", "helpers", "dump-stack.ts");
  const args = ["--import", require.resolve("tsx"), script, "prod"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: REPOSITORY, maxBuffer: 64e6 });
  return JSON.parse(stdout) as Registered[];
}

interface Analyzer {
  readonly process: ChildProcess;
  readonly client: Client;
}

async function startAnalyzer(pack: string): Promise<Analyzer> {
  const runner = join(REPOSITORY, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack");
  const analyzer = spawn(process.execPath, [runner, "127.0.0.1:0", pack], { cwd: pack, stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(analyzer.stdout, "data")) as [Buffer];
  const options = { "grpc.max_receive_message_length": MESSAGE_BYTES, "grpc.max_send_message_length": MESSAGE_BYTES };
  return {
    process: analyzer,
    client: new Client(`127.0.0.1:${port.toString().trim()}`, credentials.createInsecure(), options),
  };
}

interface Copy {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly properties: Struct;
}

/** That many resources: the program's, under other names. */
function copies(program: readonly Registered[], size: number): readonly Copy[] {
  const structs = program.map(({ inputs }) => Struct.fromJavaScript(inputs));
  return Array.from({ length: size }, (_, index) => {
    const { type, name } = program[index % program.length];
    const copy = `${name}-${Math.floor(index / program.length)}`;
    return {
      type,
      name: copy,
      urn: `urn:pulumi:prod::maestroverse-ops::${type}::${copy}`,
      properties: structs[index % program.length],
    };
  });
}

/** Requests are made before the clock starts, and answers are not read: the engine, which does both, is not what is measured. @returns resources per second */
async function look(analyzers: readonly Analyzer[], resources: readonly Copy[]): Promise<number> {
  const queue = resources.map((each) => analyzeRequest(each).serializeBinary());
  const whole = stackRequest(resources).serializeBinary();
  const started = process.hrtime.bigint();
  const worker = async () => {
    for (let request = queue.pop(); request !== undefined; request = queue.pop())
      for (const { client } of analyzers) await call(client, "Analyze", request);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  for (const { client } of analyzers) await call(client, "AnalyzeStack", whole);
  return resources.length / (Number(process.hrtime.bigint() - started) / 1e9);
}

function call(client: Client, method: string, request: Uint8Array): Promise<unknown> {
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      `/pulumirpc.Analyzer/${method}`,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (answer) => answer,
      request,
      (error, answer) => (error === null ? resolve(answer) : reject(error)),
    ),
  );
}

function analyzeRequest({ type, name, urn, properties }: Copy): AnalyzeRequest {
  const request = new AnalyzeRequest();
  request.setType(type);
  request.setName(name);
  request.setUrn(urn);
  request.setProperties(properties);
  request.setOptions(new AnalyzerResourceOptions());
  return request;
}

function stackRequest(resources: readonly Copy[]): AnalyzeStackRequest {
  const request = new AnalyzeStackRequest();
  request.setResourcesList(
    resources.map(({ type, name, urn, properties }) => {
      const resource = new AnalyzerResource();
      resource.setType(type);
      resource.setName(name);
      resource.setUrn(urn);
      resource.setProperties(properties);
      resource.setOptions(new AnalyzerResourceOptions());
      return resource;
    }),
  );
  return request;
}
