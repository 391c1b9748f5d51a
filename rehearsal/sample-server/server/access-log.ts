/** access.log: every request in Apache's combined format, which the log pipeline parses (runbook §1 and §6). */
import { createWriteStream, type WriteStream } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import morgan from "morgan";
import { clientAddress, type Middleware } from "./http-headers";

/** An open access.log. */
export interface AccessLog {
  readonly middleware: Middleware;
  /** Writes what is left. */
  close(): Promise<void>;
}

/**
 * Opens `<directory>/access.log` to append to.
 *
 * @throws Error of the file system
 */
export async function openAccessLog(directory: string, trustedProxies: number): Promise<AccessLog> {
  const stream: WriteStream = createWriteStream(join(directory, "access.log"), { flags: "a", mode: 0o640 });
  await once(stream, "open");
  // A full disk must not take the service down: it costs lines of the log.
  stream.on("error", () => undefined);
  morgan.token("remote-addr", (request) => clientAddress(request, trustedProxies));
  // Nobody logs in by Basic authentication: whatever name a client sends that way is its own invention.
  morgan.token("remote-user", () => undefined);
  const combined = morgan("combined", { stream });
  return {
    // A websocket's upgrade has no response to log; the edge logs it.
    middleware: (request, response, next) => (request.headers.upgrade === undefined ? combined(request, response, next) : next()),
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}
