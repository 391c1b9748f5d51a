/** A moto server for a test. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import { motoEnvironment } from "../../rehearsal/substrates/moto";
import { motoTool, provide } from "../../toolchain/tools";
import { freePort } from "./free-ports";

/** A running moto. */
export interface Moto {
  readonly endpoint: string;
  /** What the SDK's clients take. */
  client(region: string): object;
  stop(): Promise<void>;
}

/** Account of the test. */
export const ACCOUNT = "111122223333";
/** How long moto has to start: a cold machine with two busy cores takes 10 s. */
const START_SECONDS = 60;

/**
 * Starts moto, getting it first where the machine lacks it, and waits until it answers.
 *
 * @param port for a second one where the first was. @default a free one
 * @throws Error when it does not come up
 */
export async function startMoto(port?: number): Promise<Moto> {
  const { path } = await provide(motoTool, () => undefined);
  const chosen = port ?? (await freePort());
  // It must not outlive a test runner that is killed.
  const child = spawn("setpriv", ["--pdeathsig", "TERM", path, "-H", "127.0.0.1", "-p", String(chosen)], {
    stdio: "ignore",
    env: { ...process.env, ...motoEnvironment(ACCOUNT) },
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  const endpoint = `http://127.0.0.1:${chosen}`;
  for (let waited = 0; waited < START_SECONDS * 5; waited++) {
    if (child.exitCode !== null) break;
    if (
      await fetch(`${endpoint}/moto-api/`).then(
        (answer) => answer.ok,
        () => false,
      )
    ) {
      const credentials = { accessKeyId: "test", secretAccessKey: "test" };
      return { endpoint, stop, client: (region) => ({ endpoint, region, credentials, forcePathStyle: true }) };
    }
    await sleep(200);
  }
  await stop();
  throw new Error(`moto did not answer within ${START_SECONDS} s`);
}
