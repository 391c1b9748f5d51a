/**
 * Starts a stand-in as a provider plugin: `pulumi-resource-<package>` on PATH is a wrapper that runs a file which calls {@link serve}.
 *
 * Own service rather than `main()` of `@pulumi/pulumi/provider`: that one ignores the provider's settings and knows no previews.
 */
import { fstatSync, readFileSync } from "node:fs";

import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";

import type { StandIn } from "./contract";
import { messageOf } from "./errors";
import { createService } from "./service";

/** The engine's own limit for a message. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/**
 * Serves the stand-in on a free port of the loopback, prints the port for the engine and ends with the engine.
 *
 * @throws Error when no port can be had or the SDK of the package is not installed.
 */
export async function serve<Client>(standIn: StandIn<Client>): Promise<void> {
  const service = createService(standIn, packageVersion(standIn.package), engineAddress(process.argv.slice(2)));
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(ResourceProviderService, service.methods);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  endWithEngine(() => {
    void service.stop().finally(() => process.exit(0));
    // A client that does not let go must not keep the plugin alive.
    setTimeout(() => process.exit(0), 2_000).unref();
  });
  process.stdout.write(`${port}\n`);
}

/** The engine passes the address of its log service as the first argument that is no flag; flags set the log level and the tracing. */
function engineAddress(args: readonly string[]): string | undefined {
  return args.find((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--tracing");
}

/** The version of the SDK that the program uses, which is the version of the plugin that the engine asks for. */
function packageVersion(name: string): string {
  const file = require.resolve(`@pulumi/${name}/package.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** The engine interrupts its plugins when it is done; when it dies it cannot, but the pipe to the plugin's standard input closes. */
function endWithEngine(end: () => void): void {
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  const input = fstatSync(0);
  if (input.isFIFO() || input.isSocket()) process.stdin.resume().once("close", end);
  const crash = (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
}
