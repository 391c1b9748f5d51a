/** OCSP stapling where the certificate has a responder: a real one, of openssl's. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { buildNginxConfig } from "../../../components/lib/nginx-config";
import { type EdgeServer, startEdge } from "../../helpers/edge-server";
import { HOST, nginxSettings, RUNBOOK } from "../../helpers/edge-settings";
import { freePort } from "../../helpers/free-ports";

let folder: string;
let responder: ChildProcess | undefined;
let edge: EdgeServer | undefined;
const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });

/** An authority, its certificate for the host, and its responder, which knows that one as good. */
async function startResponder(): Promise<void> {
  const port = await freePort();
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=authority");
  openssl("req", ...key, "-keyout", "tls.key", "-out", "tls.csr", "-subj", `/CN=${HOST}`);
  writeFileSync(join(folder, "extensions"), `subjectAltName=DNS:${HOST}\nauthorityInfoAccess=OCSP;URI:http://127.0.0.1:${port}/\n`);
  const serial = ["-set_serial", "0x1000", "-days", "2", "-extfile", "extensions"];
  openssl("x509", "-req", "-in", "tls.csr", "-CA", "ca.crt", "-CAkey", "ca.key", ...serial, "-out", "leaf.crt");
  writeFileSync(join(folder, "tls.crt"), readFileSync(join(folder, "leaf.crt"), "utf8") + readFileSync(join(folder, "ca.crt"), "utf8"));
  writeFileSync(join(folder, "index.txt"), `V\t301231235959Z\t\t1000\tunknown\t/CN=${HOST}\n`);
  const answers = ["-index", "index.txt", "-CA", "ca.crt", "-rsigner", "ca.crt", "-rkey", "ca.key", "-port", String(port)];
  responder = spawn("setpriv", ["--pdeathsig", "KILL", "openssl", "ocsp", ...answers], { cwd: folder, stdio: "ignore" });
}

/** The stapled answer, in bytes. */
function stapled({ httpsPort }: EdgeServer): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: httpsPort, servername: HOST, ca: readFileSync(join(folder, "ca.crt")), requestOCSP: true };
    const socket = connect(options).once("error", reject);
    // Before the handshake has ended; null when there is none.
    socket.once("OCSPResponse", (response: Buffer | null) => {
      socket.destroy();
      resolve(response?.length ?? 0);
    });
  });
}

async function start(ocspResolver: string | undefined): Promise<EdgeServer> {
  await startResponder();
  edge = await startEdge(
    HOST,
    (place) => {
      for (const file of ["tls.crt", "tls.key"])
        writeFileSync(join(place.certificateDirectory, `own-${file}`), readFileSync(join(folder, file)));
      const settings = nginxSettings(place, RUNBOOK);
      return buildNginxConfig({ ...settings, nginx: { ...settings.nginx, ocspResolver } }).replaceAll("/tls.", "/own-tls.");
    },
    () => readFileSync(join(folder, "ca.crt"), "utf8"),
  );
  return edge;
}

export function describeOcsp(): void {
  describe("OCSP", () => {
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "ocsp-"));
    });
    afterEach(async () => {
      await edge?.stop();
      responder?.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    });

    it("staples the responder's answer once it has one", async () => {
      const server = await start("127.0.0.1");
      const deadline = Date.now() + 20_000;
      let bytes = 0;
      // The first handshake asks for it, and a later one has it.
      while (bytes === 0 && Date.now() < deadline) {
        bytes = await stapled(server);
        await sleep(100);
      }
      expect(bytes).toBeGreaterThan(100);
    });

    it("staples nothing where no resolver is named", async () => {
      const server = await start(undefined);
      const answers = [await stapled(server), await sleep(500).then(() => stapled(server))];
      expect(answers).toEqual([0, 0]);
    });
  });
}
