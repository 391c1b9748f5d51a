/** A provider plugin that does nothing but tell its version. As a program: tsx fake-plugin.ts <version> <engine's address>. */
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { REPOSITORY } from "../../toolchain/versions";

/** Shell script that is such a plugin. */
export function pluginScript(version: string): string {
  const loader = join(REPOSITORY, "node_modules", "tsx", "dist", "loader.mjs");
  return `exec '${process.execPath}' --import '${loader}' '${__filename}' '${version}' "$@"`;
}

function main(version: string): void {
  const server = new grpc.Server();
  const getPluginInfo: grpc.handleUnaryCall<unknown, PluginInfo> = (_, callback) => callback(null, new PluginInfo().setVersion(version));
  const { getPluginInfo: definition } = ResourceProviderService as unknown as Record<string, grpc.MethodDefinition<unknown, PluginInfo>>;
  server.addService({ getPluginInfo: definition }, { getPluginInfo });
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) => process.stdout.write(`${port}\n`));
}

if (require.main === module) main(process.argv[2] ?? "");
