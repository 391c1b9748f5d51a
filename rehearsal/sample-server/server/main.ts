/** `npm start --workspace=server`: reads the environment, serves, and ends at SIGTERM. */
import { EnvironmentError, readEnvironment, type ServerSettings } from "./environment";
import { createErrorLog } from "./error-log";
import { startServer } from "./server";

async function main(): Promise<void> {
  const settings = readEnvironment(process.env);
  const log = createErrorLog(secretsOf(settings));
  process.on("uncaughtException", (error) => {
    log(error, "uncaught");
    process.exit(1);
  });
  const server = await startServer(settings, log);
  process.stdout.write(`Listening on ${settings.listenAddress}:${settings.port}\n`);

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    process.stdout.write(`${signal}: letting requests end\n`);
    // Without a deadline of its own: the pod's grace period is the one, and only its owner knows it.
    void server.stop().then(() => process.exit(0));
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);
}

/** Every value that must not be logged. */
function secretsOf({ secrets, database }: ServerSettings): string[] {
  const { password } = database.connection;
  return [
    ...Object.values(secrets).flatMap(({ current, rolling = "" }) => [current, rolling]),
    typeof password === "string" ? password : "",
  ];
}

main().catch((error: unknown) => {
  const problems = error instanceof EnvironmentError ? error.problems : [(error as Error).message];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
});
