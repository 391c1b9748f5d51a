/** Asks an executable provider plugin for its version, as the engine does: there is no flag that every official plugin knows. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

/** Seconds that a plugin has to start and answer: the largest takes two. */
const ANSWER_SECONDS = 15;
/** Stands for the engine: a plugin wants an address, and connects to it only when it has something to log. */
const NO_ENGINE = "127.0.0.1:1";

/** The plugin's version without `v`; undefined when it does not say one. */
export async function askPluginVersion(path: string): Promise<string | undefined> {
  const plugin = spawn(path, [NO_ENGINE], { stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<undefined>((resolve) => {
    plugin.once("error", () => resolve(undefined)).once("close", () => resolve(undefined));
  });
  const late = AbortSignal.timeout(ANSWER_SECONDS * 1000);
  late.addEventListener("abort", () => plugin.kill("SIGKILL"));
  try {
    return await Promise.race([ended, portOf(plugin.stdout).then(versionAt)]);
  } finally {
    plugin.kill("SIGKILL");
    await ended;
  }
}

/** A plugin prints its port first. Never resolves for one that prints nothing: it ends, or is ended. */
function portOf(stdout: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => createInterface(stdout).once("line", resolve));
}

function versionAt(port: string): Promise<string | undefined> {
  if (!/^\d{1,5}$/.test(port.trim())) return Promise.resolve(undefined);
  const client = new ResourceProviderClient(`127.0.0.1:${port.trim()}`, grpc.credentials.createInsecure());
  return new Promise<string | undefined>((resolve) => {
    client.getPluginInfo(new Empty(), (error: grpc.ServiceError | null, info: PluginInfo | undefined) => {
      const version = error === null ? info?.getVersion().replace(/^v/, "") : undefined;
      resolve(version === "" ? undefined : version);
    });
  }).finally(() => client.close());
}
