/** The sample service behind the edge, graded by the rules of Mozilla's HTTP Observatory. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildNginxConfig } from "../../components/lib/nginx-config";
import { observatoryTool, provide } from "../../toolchain/tools";
import { type EdgeServer, startEdge } from "../helpers/edge-server";
import { HOST, nginxSettings, RUNBOOK } from "../helpers/edge-settings";
import { makeSecrets, type SampleDatabase, type SampleServer, startSampleDatabase, startSampleServer } from "../helpers/sample-server";

const run = promisify(execFile);

let database: SampleDatabase;
let sample: SampleServer;
let edge: EdgeServer;
beforeAll(async () => {
  database = await startSampleDatabase();
  sample = await startSampleServer({ ...makeSecrets(), DATABASE_URL: database.appUrl });
  edge = await startEdge(HOST, (place) => buildNginxConfig(nginxSettings({ ...place, upstream: `127.0.0.1:${sample.port}` }, RUNBOOK)));
}, 120_000);
afterAll(async () => {
  await edge.stop();
  await sample.stop();
  await database.stop();
});

it("gets an A+: no rule costs it a point", async () => {
  const { path: sources } = await provide(observatoryTool, () => undefined);
  const folder = mkdtempSync(join(tmpdir(), "observatory-"));
  try {
    const certificate = join(folder, "authority.pem");
    writeFileSync(certificate, edge.certificate);
    const script = join(__dirname, "../helpers/observatory.mjs");
    const { stdout } = await run(process.execPath, [script, sources, HOST, String(edge.httpPort), String(edge.httpsPort), "/health"], {
      env: { PATH: process.env["PATH"], NODE_EXTRA_CA_CERTS: certificate },
    });
    expect(JSON.parse(stdout)).toEqual({
      grade: "A+",
      score: 130,
      tests: {
        "content-security-policy": ["csp-implemented-with-no-unsafe-default-src-none", 10],
        cookies: ["cookies-not-found", 0],
        "cross-origin-resource-sharing": ["cross-origin-resource-sharing-not-implemented", 0],
        redirection: ["redirection-to-https", 0],
        "referrer-policy": ["referrer-policy-private", 5],
        "strict-transport-security": ["hsts-implemented-max-age-at-least-six-months", 0],
        "subresource-integrity": ["sri-not-implemented-response-not-html", 0],
        "x-content-type-options": ["x-content-type-options-nosniff", 0],
        "x-frame-options": ["x-frame-options-implemented-via-csp", 5],
        "cross-origin-resource-policy": ["corp-implemented-with-same-site", 10],
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
