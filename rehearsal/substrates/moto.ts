/**
 * The rehearsal's AWS: moto, one account.
 *
 * moto keeps everything in memory: what was deployed is gone with its process, and what Pulumi remembers of it is then wrong. So whoever goes
 * on with a rehearsal asks first whether {@link MOTO_SERVER} still runs (`supervisor.find`), and otherwise refreshes the stack or starts over.
 */
import { join } from "node:path";
import type { Substrate } from "../lib/substrate";
import { motoTool, provide } from "../../toolchain/tools";

/** Name of the server with the supervisor. */
export const MOTO_SERVER = "moto";

/** Where moto says that it is there. */
const READY_PATH = "/moto-api/";

/** Environment of the server: its one account, and what moto lacks (moto-policies/). */
export function motoEnvironment(accountId: string): Record<string, string> {
  return { MOTO_ACCOUNT_ID: accountId, PYTHONPATH: join(__dirname, "moto-policies"), PYTHONDONTWRITEBYTECODE: "1" };
}

/** AWS. */
export const moto: Substrate = {
  title: "AWS (moto)",
  servers: [MOTO_SERVER],
  ports: ({ aws }) => {
    const { hostname, port } = endpointOf(aws.endpoint);
    return [{ address: hostname, port: Number(port), setting: "aws.endpoint in Pulumi.rehearsal.yaml" }];
  },
  async start({ settings, supervisor, report, signal }) {
    const endpoint = endpointOf(settings.aws.endpoint);
    const { path } = await provide(motoTool, report, signal);
    await supervisor.start(
      {
        name: MOTO_SERVER,
        command: [path, "-H", endpoint.hostname, "-p", endpoint.port],
        env: motoEnvironment(settings.aws.accountId),
        ready: async () => (await fetch(new URL(READY_PATH, endpoint), { signal: AbortSignal.timeout(2_000) })).ok,
      },
      signal,
    );
  },
};

/** @throws Error when the stack's settings name no endpoint: the rehearsal would deploy to AWS itself */
function endpointOf(endpoint: string | undefined): URL {
  if (endpoint === undefined)
    throw new Error("aws.endpoint is missing in Pulumi.rehearsal.yaml. Set it, for example http://127.0.0.1:25566.");
  return new URL(endpoint);
}
