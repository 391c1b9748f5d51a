/** Every nginx configuration that the stacks and the settings at their ends make: accepted by nginx, and looked through by gixy. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildNginxConfig, type NginxConfigArgs } from "../../../components/lib/nginx-config";
import { ENVIRONMENTS } from "../../../config";
import { readStackSettings } from "../../../ops/access";
import { render } from "../../../ops/render";
import { gixyTool, provide } from "../../../toolchain/tools";
import { type EdgePlace, refusalOf } from "../../helpers/edge-server";
import { nginxSettings, RUNBOOK } from "../../helpers/edge-settings";
import { readGolden } from "../../helpers/stack-dumps";

const run = promisify(execFile);
const PLACE: EdgePlace = { httpPort: 80, httpsPort: 443, upstream: "127.0.0.1:9", certificateDirectory: "tls" };

type Change = (args: NginxConfigArgs) => NginxConfigArgs;
const limit = (change: Partial<NginxConfigArgs["rateLimit"]>): Change => {
  return (args) => ({ ...args, rateLimit: { ...args.rateLimit, ...change } });
};
const nginx = (change: Partial<NginxConfigArgs["nginx"]>): Change => {
  return (args) => ({ ...args, nginx: { ...args.nginx, ...change } });
};
const CHANGES: readonly (readonly [string, Change])[] = [
  ["the runbook's settings", (args) => args],
  ["no burst", limit({ burst: 0 })],
  ["the largest limit", limit({ requestsPerMinute: 60_000, burst: 10_000 })],
  ["each IPv6 address by itself", limit({ ipv6PrefixLength: 128 })],
  ["no trusted proxy", limit({ trustedProxies: [] })],
  ["trusted proxies of both families", limit({ trustedProxies: ["10.0.0.0/8", "2001:db8::/32"] })],
  ["many exempt paths", limit({ exemptPaths: ["/health", "/a", "/a/b.c~d", "/socket.iox"] })],
  ["an IPv6 address to listen on", nginx({ listenAddress: "::1" })],
  ["all addresses of both families", nginx({ listenAddress: "::" })],
  ["a resolver for OCSP", nginx({ ocspResolver: "127.0.0.1" })],
  ["an IPv6 resolver for OCSP", nginx({ ocspResolver: "::1" })],
  ["as many replicas as requests", nginx({ replicas: 100 })],
  ["the longest host name", (args) => ({ ...args, apiHost: [63, 63, 63, 61].map((length) => "a".repeat(length)).join(".") })],
];
const rendered = (change: Change, place = PLACE) => buildNginxConfig(change(nginxSettings(place, RUNBOOK)));

interface Issue {
  readonly severity: string;
  readonly plugin: string;
  readonly path: string;
}

/** What gixy finds of medium severity or above; it ends with 1 when it finds something. */
async function issuesOf(files: readonly string[]): Promise<string[]> {
  const { path } = await provide(gixyTool, () => undefined);
  const said = await run(path, ["-ll", "-f", "json", ...files], { env: { PATH: process.env["PATH"] } }).catch(
    (error: { stdout: string }) => error,
  );
  const issues = JSON.parse(said.stdout) as Issue[];
  return issues
    .filter(({ severity }) => severity !== "LOW" && severity !== "UNSPECIFIED")
    .map(({ severity, plugin }) => `${severity} ${plugin}`);
}

export function describeRendered(): void {
  describe("nginx accepts", () => {
    it.each(CHANGES)("%s", async (_, change) => {
      expect(await refusalOf((place) => rendered(change, place))).toBeUndefined();
    });

    it.each(ENVIRONMENTS)("that of stack %s, at another place", async (stack) => {
      const { edge, hosts } = await readStackSettings(stack);
      const settings = { ...edge, apiHost: hosts.api, healthPath: "/health" };
      expect(await refusalOf((place) => buildNginxConfig({ ...settings, nginx: { ...edge.nginx, ...place } }))).toBeUndefined();
    });

    it("nothing that is no configuration, as a proof of the proof", async () => {
      expect(await refusalOf((place) => rendered((args) => ({ ...args, apiHost: "a; evil" }), place))).toContain(
        'unknown directive "evil"',
      );
    });
  });

  it.each(ENVIRONMENTS)("ops render edge --stack %s gives the text that the stack deploys", async (stack) => {
    expect(readGolden(stack)).toContain(JSON.stringify(await render("edge", stack)));
  });

  describe("gixy", () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "gixy-"));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const files = (texts: readonly string[]) =>
      texts.map((text, index) => {
        const file = join(folder, `${texts.length}-${index}.conf`);
        writeFileSync(file, text);
        return file;
      });

    it("finds nothing of medium severity or above in any of them", async () => {
      const stacks = await Promise.all(ENVIRONMENTS.map((stack) => render("edge", stack)));
      expect(await issuesOf(files([...CHANGES.map(([, change]) => rendered(change)), ...stacks]))).toEqual([]);
    }, 120_000);

    it("finds what is wrong with the runbook's own kind of snippet, as a proof of the proof", async () => {
      const snippet = "http { server { listen 80; server_name a; location / { return 301 https://$host$uri; } } }";
      expect(await issuesOf(files([snippet]))).toContain("HIGH http_splitting");
    }, 60_000);
  });
}
