/** The rehearsal's Datadog: an API on the loopback that checks each payload with the official client's models and records it. */
import { join } from "node:path";
import type { Settings } from "../../config";
import { REPOSITORY } from "../../toolchain/versions";
import { TSX } from "../../toolchain/plugins";
import type { Keys } from "../datadog-intake/api";
import { provideKeys, readKeys } from "../datadog-intake/keys";
import type { Substrate } from "../lib/substrate";

const NAME = "datadog-intake";

/** File with the keys of the rehearsal's Datadog. */
export const datadogKeysFile = (directory: string): string => join(directory, NAME, "keys.json");

/** The keys of the rehearsal's Datadog. @throws Error when there is no rehearsal in the folder */
export function readDatadogKeys(directory: string): Keys {
  return readKeys(datadogKeysFile(directory));
}

function listensOn({ observability }: Settings): { address: string; port: number } {
  const { hostname, port } = new URL(observability.datadogApiUrl);
  return { address: hostname, port: Number(port) };
}

/** Datadog. */
export const datadogIntake: Substrate = {
  title: "Datadog intake",
  servers: [NAME],
  ports: (settings) => [{ ...listensOn(settings), setting: "observability.datadogApiUrl in Pulumi.rehearsal.yaml" }],
  async start({ directory, settings, supervisor, signal }) {
    const { address, port } = listensOn(settings);
    const { apiKey } = provideKeys(datadogKeysFile(directory));
    const program = [...TSX, join(REPOSITORY, "rehearsal", NAME, "main.ts")];
    const options = ["--address", address, "--port", String(port), "--data", join(directory, NAME), "--keys", datadogKeysFile(directory)];
    await supervisor.start(
      {
        name: NAME,
        command: [process.execPath, ...program, ...options],
        ready: async () => {
          const url = new URL("/api/v1/validate", settings.observability.datadogApiUrl);
          return (await fetch(url, { headers: { "DD-API-KEY": apiKey }, signal: AbortSignal.timeout(1000) })).ok;
        },
      },
      signal,
    );
  },
};
