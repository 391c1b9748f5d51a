/**
 * How fast the packs look at a stack: the real analyzers, over gRPC as the engine drives them, over copies of prod's resources.
 *
 * The engine asks one pack after the other for each resource, several resources at a time, and each pack once for the whole stack. Time is
 * the processor's in the slower pack's process: the packs work beside each other, and what else runs on the machine, the bench and the engine
 * too, is not what is measured.
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
import { processorSeconds } from "./processor";

/** Sizes of the synthetic stacks, in resources. */
const [SMALL, LARGE] = [500, 5_000] as const;
const ROUNDS = 5;
/** What is promised: resources per second at the large size… */
const RATE = 2_000;
/** …and that rate's least share of the one at the small size: the time grows no faster than the stack. */
const GROWTH = 0.9;
/** Resources that the engine registers at a time. */
const PARALLEL = 16;
/** Largest message of the protocol, in bytes: the engine's own limit. */
const MESSAGE_BYTES = 400 * 1024 * 1024;

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, JavaScriptValue>;
}

/** Resources per second: of the large stack over what is promised, and over the small one. */
export async function benchPolicies(): Promise<Row[]> {
  const program = await registered();
  const analyzers = await Promise.all(POLICY_PACKS.map(startAnalyzer));
  const large = () => rate(analyzers, program, LARGE);
  // As many resources, so that both times are measured as finely.
  const small = () => rate(analyzers, program, SMALL, LARGE / SMALL);
  const [what, rounds] = ["policies: resources per second", ROUNDS];
  try {
    return [
      await compare({ name: `${what}, ${LARGE} of them ÷ promised`, of: large, over: () => Promise.resolve(RATE), rounds, least: 1 }),
      await compare({ name: `${what}, ${LARGE} of them ÷ ${SMALL} of them`, of: large, over: small, rounds, least: GROWTH }),
    ];
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

/** Resources per second of the processor's time in the slower pack, over that many stacks of a size. */
async function rate(analyzers: readonly Analyzer[], program: readonly Registered[], size: number, stacks = 1): Promise<number> {
  const used = () => analyzers.map(({ process: analyzer }) => processorSeconds([analyzer.pid ?? 0]));
  const before = used();
  for (let stack = 0; stack < stacks; stack++) await look(analyzers, copies(program, size));
  const seconds = used().map((after, pack) => after - before[pack]);
  return (stacks * size) / Math.max(...seconds);
}

/** As the engine looks at a stack; answers are not read. */
async function look(analyzers: readonly Analyzer[], resources: readonly Copy[]): Promise<void> {
  const queue = resources.map((each) => analyzeRequest(each).serializeBinary());
  const whole = stackRequest(resources).serializeBinary();
  const worker = async () => {
    for (let request = queue.pop(); request !== undefined; request = queue.pop())
      for (const { client } of analyzers) await call(client, "Analyze", request);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  for (const { client } of analyzers) await call(client, "AnalyzeStack", whole);
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
