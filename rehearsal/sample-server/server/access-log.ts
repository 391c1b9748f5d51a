/** access.log: every request in Apache's combined format, which the log pipeline parses (runbook §1 and §6). */
import { createWriteStream, renameSync, statSync, type WriteStream } from "node:fs";
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

/** Bytes after which a new file is begun. Two of them are a fifth of the volume, which evicts a pod that fills it. */
const FILE_BYTES = 50 * 1024 * 1024;

/**
 * Opens `<directory>/access.log` to append to. A full one becomes `access.log.1`, in place of the one before.
 *
 * @param fileBytes for tests @default 52428800
 * @throws Error of the file system
 */
export async function openAccessLog(directory: string, trustedProxies: number, fileBytes = FILE_BYTES): Promise<AccessLog> {
  const file = join(directory, "access.log");
  let stream = openStream(file);
  await once(stream, "open");
  let bytes = statSync(file).size;
  const write = (line: string) => {
    if (bytes >= fileBytes) {
      // What was written before goes on into the renamed file.
      stream.end();
      renameSync(file, `${file}.1`);
      stream = openStream(file);
      bytes = 0;
    }
    bytes += Buffer.byteLength(line);
    stream.write(line);
  };
  morgan.token("remote-addr", (request) => clientAddress(request, trustedProxies));
  // Nobody logs in by Basic authentication: whatever name a client sends that way is its own invention.
  morgan.token("remote-user", () => undefined);
  const combined = morgan("combined", { stream: { write } });
  return {
    // A websocket's upgrade has no response to log; the edge logs it.
    middleware: (request, response, next) => (request.headers.upgrade === undefined ? combined(request, response, next) : next()),
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}

function openStream(file: string): WriteStream {
  const stream = createWriteStream(file, { flags: "a", mode: 0o640 });
  // A full disk must not take the service down: it costs lines of the log.
  stream.on("error", () => undefined);
  return stream;
}
