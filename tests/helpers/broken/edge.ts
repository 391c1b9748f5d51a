/** Breaks the rehearsal's nginx: other lines of its configuration, another certificate. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Supervisor } from "../../../rehearsal/lib/supervisor";
import type { Undo } from "./undo";

/** Milliseconds that a reload may take. */
const RELOAD_MILLISECONDS = 10_000;

/** The edge. */
export class BreakableEdge {
  private readonly folder: string;
  private readonly supervisor: Supervisor;

  constructor(
    directory: string,
    private readonly host: string,
  ) {
    this.folder = join(directory, "nginx");
    this.supervisor = new Supervisor(directory);
  }

  /** Replaces texts of nginx.conf, wherever they stand; each has to be there. */
  async edit(...changes: readonly (readonly [from: string | RegExp, to: string])[]): Promise<Undo> {
    const file = join(this.folder, "nginx.conf");
    const before = readFileSync(file, "utf8");
    const after = changes.reduce((text, [from, to]) => {
      const changed = text.replaceAll(from, to);
      if (changed === text) throw new Error(`the mutation changes nothing: nginx.conf does not say ${String(from)}`);
      return changed;
    }, before);
    return this.put({ [file]: after });
  }

  /** A certificate of the same authority that ends in so many days. */
  async shortCertificate(days: number): Promise<Undo> {
    const work = mkdtempSync(join(tmpdir(), "short-certificate-"));
    try {
      const [request, key, signed, extensions] = ["csr", "key", "crt", "extensions"].map((name) => join(work, name)) as [
        string,
        string,
        string,
        string,
      ];
      writeFileSync(extensions, `subjectAltName=DNS:${this.host}\nbasicConstraints=CA:FALSE\n`);
      const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
      const authority = ["-CA", join(this.folder, "authority.crt"), "-CAkey", join(this.folder, "authority.key")];
      openssl(
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        key,
        "-out",
        request,
        "-subj",
        `/CN=${this.host}`,
      );
      openssl("x509", "-req", "-in", request, ...authority, "-out", signed, "-days", String(days), "-extfile", extensions);
      const tls = join(this.folder, "tls");
      return await this.put({ [join(tls, "tls.key")]: readFileSync(key, "utf8"), [join(tls, "tls.crt")]: readFileSync(signed, "utf8") });
    } finally {
      rmSync(work, { recursive: true });
    }
  }

  /** Writes files in place, so that owner and mode stay, and has nginx load them. */
  private async put(files: Readonly<Record<string, string>>): Promise<Undo> {
    const before = Object.fromEntries(Object.keys(files).map((file) => [file, readFileSync(file, "utf8")]));
    const write = async (texts: Readonly<Record<string, string>>) => {
      for (const [file, text] of Object.entries(texts)) writeFileSync(file, text);
      await this.reload();
    };
    const undo = () => write(before);
    try {
      await write(files);
    } catch (error) {
      await undo();
      throw error;
    }
    return undo;
  }

  /** Forgets the connections to the application: the next requests go where the Service says now. */
  forgetConnections(): Promise<void> {
    return this.reload();
  }

  /** Returns once no worker of before takes connections. @throws Error with nginx's words when it refuses the configuration */
  private async reload(): Promise<void> {
    const master = this.supervisor.find("nginx")?.pid;
    if (master === undefined) throw new Error("nginx does not run");
    const before = workers(master);
    process.kill(master, "SIGHUP");
    for (const until = performance.now() + RELOAD_MILLISECONDS; ; await sleep(50)) {
      const now = workers(master);
      if (now.length > 0 && !now.some((pid) => before.includes(pid))) return;
      if (performance.now() > until)
        throw new Error(
          `nginx did not reload: ${readFileSync(join(this.folder, "logs", "error.log"), "utf8")
            .split("\n")
            .slice(-4)
            .join("\n")}`,
        );
    }
  }
}

/** Processes of nginx that take connections. */
function workers(master: number): number[] {
  const children = readFileSync(`/proc/${master}/task/${master}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  return children.filter((pid) => {
    try {
      // One that is about to end says so, and takes none.
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() === "nginx: worker process";
    } catch {
      return false;
    }
  });
}
