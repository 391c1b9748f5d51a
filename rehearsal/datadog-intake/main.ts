/** Runs the intake: `main.ts --port PORT --data FOLDER --keys FILE`. The keys come from a file: arguments are visible to everybody. */
import { parseArgs } from "node:util";
import { readKeys } from "./keys";
import { startIntake } from "./server";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { address: { type: "string" }, port: { type: "string" }, data: { type: "string" }, keys: { type: "string" } },
  });
  const { address = "127.0.0.1", port, data, keys } = values;
  if (port === undefined || !/^\d{1,5}$/.test(port) || data === undefined || keys === undefined)
    throw new Error("Usage: main.ts --port PORT --data FOLDER --keys FILE [--address ADDRESS]");
  const intake = await startIntake({ port: Number(port), folder: data, keys: readKeys(keys), address });
  process.stdout.write(`listening on ${address}:${intake.port}\n`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void intake.close().then(() => process.exit(0)));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
