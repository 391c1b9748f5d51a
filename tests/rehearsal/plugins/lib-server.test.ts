import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";

import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

import { pluginVersion } from "../../../toolchain/versions";

const ROOT = resolve(__dirname, "../../..");
let plugin: ChildProcess | undefined;
afterEach(() => plugin?.kill("SIGKILL"));

/** Starts a plugin as the engine does. */
async function start(name: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(
    process.execPath,
    ["--import", require.resolve("tsx"), join(ROOT, "rehearsal/plugins", `${name}.ts`), "127.0.0.1:1"],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  plugin = child;
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, port: Number(line.toString()) };
}

describe("a plugin", () => {
  it("reports the version that the program's SDK asks for, or the engine would warn", async () => {
    const { port } = await start("kubernetes");
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const info = await new Promise<PluginInfo>((done, fail) =>
      client.getPluginInfo(new Empty(), (error: Error | null, answer: PluginInfo) => (error ? fail(error) : done(answer))),
    );
    client.close();
    expect(info.getVersion()).toBe(pluginVersion("kubernetes"));
  });

  it("ends when the engine is gone, however it went", async () => {
    const { child } = await start("random");
    child.stdin?.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("ends when the engine asks", async () => {
    const { child } = await start("random");
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
