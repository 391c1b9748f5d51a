/** Ports that a rehearsal needs: all of them are looked at before anything starts. */
import { createServer } from "node:net";
import type { Settings } from "../../config";
import type { Substrate } from "./substrate";
import type { Supervisor } from "./supervisor";

/**
 * Ports that somebody else has, one line each.
 *
 * @param substrates those whose servers run have their ports themselves
 */
export async function takenPorts(
  substrates: readonly Pick<Substrate, "title" | "ports" | "servers">[],
  settings: Settings,
  supervisor: Pick<Supervisor, "find">,
): Promise<string[]> {
  const idle = substrates.filter(({ servers }) => servers.every((name) => supervisor.find(name) === undefined));
  const problems = await Promise.all(
    idle.flatMap(({ title, ports }) =>
      ports(settings).map(async ({ address, port, setting }) => {
        const code = await listenError(address, port);
        if (code === undefined) return undefined;
        const why = code === "EADDRINUSE" ? "is taken by another program" : `cannot be listened on (${code})`;
        return `${title}: port ${address}:${port} ${why}. End that program (ss -ltnp shows it), or choose another port: ${setting}.`;
      }),
    ),
  );
  return problems.filter((problem) => problem !== undefined);
}

function listenError(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, address, () => server.close(() => resolve(undefined)));
  });
}
