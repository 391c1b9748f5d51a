/** The rehearsal's edge: nginx with the configuration that the program deployed, and a certificate of an authority of its own. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectToCluster } from "./control-plane";
import type { Settings } from "../../config";
import { type EdgeAddress, edgeClient } from "../../ops/edge-client";
import type { Rehearsal, Substrate } from "../lib/substrate";
import { type Report, runStep } from "../../toolchain/run";
import { nginxTool, provide } from "../../toolchain/tools";

/** User and group of nginx where root starts it: nobody, as the ports need no privilege. */
const NOBODY = 65534;
/** Key of the ConfigMap. @see components/edge.ts */
const CONFIGURATION_KEY = "nginx.conf";
/** Days that the certificates of the rehearsal are good for. */
const CERTIFICATE_DAYS = "30";

/** Certificate of the authority that signed the edge's. */
export function authorityFile(directory: string): string {
  return join(directory, "nginx", "authority.crt");
}

/** Where the edge is. */
export function edgeAddress(directory: string, { edge: { nginx }, hosts }: Pick<Settings, "edge" | "hosts">): EdgeAddress {
  return {
    host: hosts.api,
    address: nginx.listenAddress,
    httpPort: nginx.httpPort,
    httpsPort: nginx.httpsPort,
    authority: authorityFile(directory),
  };
}

/** The edge, its start aside: {@link startNginx} needs what was deployed. */
export const nginx: Omit<Substrate, "start"> = {
  title: "nginx",
  servers: ["nginx"],
  ports: ({ edge }) =>
    (["httpPort", "httpsPort"] as const).map((key) => ({
      address: edge.nginx.listenAddress,
      port: edge.nginx[key],
      setting: `edge.nginx.${key} in Pulumi.rehearsal.yaml`,
    })),
};

/**
 * Starts nginx with the configuration of a ConfigMap in the application's namespace, or lets a running one load it when it changed.
 *
 * @throws Error with nginx's own words when it refuses the configuration; a running one goes on with the old one
 */
export async function startNginx(rehearsal: Rehearsal, configMapName: string): Promise<void> {
  const { directory, settings, supervisor, report, signal } = rehearsal;
  const program = (await provide(nginxTool, report)).path;
  const folder = join(directory, "nginx");
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined;
  for (const each of [folder, join(folder, "logs"), join(folder, "tls")]) {
    mkdirSync(each, { recursive: true });
    if (user !== undefined) chownSync(each, user.uid, user.gid);
  }
  await makeCertificate(folder, settings.hosts.api, user, report);

  const configuration = await readConfiguration(rehearsal, configMapName);
  const file = join(folder, "nginx.conf");
  const changed = !existsSync(file) || readFileSync(file, "utf8") !== configuration;
  const candidate = join(folder, "nginx.conf.new");
  writeFileSync(candidate, configuration, { mode: 0o644 });
  const options = ["-p", folder, "-e", join(folder, "logs", "error.log"), "-g", "daemon off;"];
  const as = user === undefined ? [] : ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  await runStep("nginx -t", report, [...as, program, "-t", "-c", candidate, ...options] as [string, ...string[]]);
  renameSync(candidate, file);

  const client = edgeClient(edgeAddress(directory, settings));
  const running = supervisor.find("nginx");
  if (running !== undefined && changed) process.kill(running.pid, "SIGHUP");
  await supervisor.start(
    {
      name: "nginx",
      command: [program, "-c", file, ...options],
      ...(user === undefined ? {} : { user }),
      ready: async () => (await client({ scheme: "http", path: "/" })).status === 301,
    },
    signal,
  );
}

async function readConfiguration(rehearsal: Rehearsal, name: string): Promise<string> {
  const { namespace } = rehearsal.settings.cluster;
  const client = await connectToCluster(rehearsal);
  const configMap = await client.get({ apiVersion: "v1", kind: "ConfigMap", name, namespace });
  const text = (configMap?.["data"] as Record<string, string> | undefined)?.[CONFIGURATION_KEY];
  if (text === undefined)
    throw new Error(`ConfigMap ${namespace}/${name} has no ${CONFIGURATION_KEY}. It is what Edge deploys: run again.`);
  return text;
}

/** An authority and the edge's certificate; made once, and again before they expire. */
async function makeCertificate(
  folder: string,
  host: string,
  owner: { uid: number; gid: number } | undefined,
  report: Report,
): Promise<void> {
  const [authority, authorityKey] = [join(folder, "authority.crt"), join(folder, "authority.key")];
  const [certificate, key] = [join(folder, "tls", "tls.crt"), join(folder, "tls", "tls.key")];
  if (existsSync(certificate) && goodFor(certificate, 24 * 3600)) return;
  const openssl = (...args: string[]) => runStep("making the edge's certificate", report, ["openssl", ...args]);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    authorityKey,
    "-out",
    authority,
    "-days",
    CERTIFICATE_DAYS,
    "-subj",
    "/CN=Maestroverse rehearsal authority",
    "-addext",
    "basicConstraints=critical,CA:TRUE",
  );
  const request = join(folder, "request.csr");
  await openssl("req", ...newKey, "-keyout", key, "-out", request, "-subj", `/CN=${host}`);
  const extensions = join(folder, "extensions");
  writeFileSync(extensions, `subjectAltName=DNS:${host}\nbasicConstraints=CA:FALSE\n`);
  const signed = `${certificate}.new`;
  await openssl(
    "x509",
    "-req",
    "-in",
    request,
    "-CA",
    authority,
    "-CAkey",
    authorityKey,
    "-CAcreateserial",
    "-out",
    signed,
    "-days",
    CERTIFICATE_DAYS,
    "-extfile",
    extensions,
  );
  for (const each of [authorityKey, key]) chmodSync(each, 0o600);
  if (owner !== undefined) chownSync(key, owner.uid, owner.gid);
  for (const each of [request, extensions]) rmSync(each);
  // Last: without it the rest counts as not made.
  renameSync(signed, certificate);
}

function goodFor(certificate: string, seconds: number): boolean {
  try {
    execFileSync("openssl", ["x509", "-checkend", String(seconds), "-noout", "-in", certificate], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
