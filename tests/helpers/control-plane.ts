/** A real Kubernetes control plane for a test: etcd, API server and controller manager on free ports of the loopback. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { controlPlaneTools, provide, type Tool } from "../../toolchain/tools";
import { freePorts } from "./free-ports";

/** A running control plane. */
export interface ControlPlane {
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Address of the API server. */
  readonly server: string;
  /** Stops the servers and removes their data. */
  stop(): Promise<void>;
}

/** How long the servers have to start: a cold machine with two cores takes 5 s. */
const START_SECONDS = 60;

/**
 * Starts the servers, getting them first where the machine lacks them, and waits until they answer.
 *
 * @throws Error with the servers' last words when they do not come up.
 */
export async function startControlPlane(): Promise<ControlPlane> {
  const program = async (tool: Tool) => (await provide(tool, () => undefined)).path;
  const etcd = await program(controlPlaneTools.etcd);
  const apiServer = await program(controlPlaneTools.apiServer);
  const controllerManager = await program(controlPlaneTools.controllerManager);
  const folder = mkdtempSync(join(tmpdir(), "control-plane-"));
  const [clientPort, peerPort, apiPort, managerPort] = await freePorts(4);
  const children: ChildProcess[] = [];
  const start = (name: string, program: string, args: readonly string[]) => {
    // The servers must not outlive a test runner that is killed.
    const child = spawn("setpriv", ["--pdeathsig", "TERM", program, ...args], { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
    const log = createWriteStream(join(folder, `${name}.log`));
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    children.push(child);
  };
  const stop = async () => {
    // In the reverse order of the start: a server must not miss the one below it.
    for (const child of children.reverse()) await end(child);
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    const server = `https://127.0.0.1:${apiPort}`;
    const token = randomBytes(16).toString("hex");
    writeFileSync(join(folder, "tokens.csv"), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
    execFileSync("openssl", ["genrsa", "-out", join(folder, "service-account.key"), "2048"], { stdio: "ignore" });
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, kubeconfigText(server, token), { mode: 0o600 });

    const etcdUrl = `http://127.0.0.1:${clientPort}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    start("etcd", etcd, [
      `--data-dir=${join(folder, "etcd")}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      "--unsafe-no-fsync",
    ]);
    start("kube-apiserver", apiServer, [
      `--etcd-servers=${etcdUrl}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${apiPort}`,
      `--cert-dir=${join(folder, "certificates")}`,
      `--token-auth-file=${join(folder, "tokens.csv")}`,
      "--authorization-mode=RBAC",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${join(folder, "service-account.key")}`,
      `--service-account-signing-key-file=${join(folder, "service-account.key")}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--endpoint-reconciler-type=none",
    ]);
    await ready(server, token, children);
    start("kube-controller-manager", controllerManager, [
      `--kubeconfig=${kubeconfig}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${managerPort}`,
      `--cert-dir=${join(folder, "manager-certificates")}`,
      "--leader-elect=false",
      "--use-service-account-credentials=false",
      `--service-account-private-key-file=${join(folder, "service-account.key")}`,
    ]);
    return { kubeconfig, server, stop };
  } catch (error) {
    const lastWords = ["etcd", "kube-apiserver"].map((name) => `${name}: ${tail(join(folder, `${name}.log`))}`).join("\n");
    await stop();
    throw new Error(`The control plane did not start.\n${lastWords}`, { cause: error });
  }
}

async function ready(server: string, token: string, children: readonly ChildProcess[]): Promise<void> {
  const { Agent, fetch } = await import("undici");
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  for (let waited = 0; waited < START_SECONDS * 4; waited++) {
    if (children.some((child) => child.exitCode !== null)) throw new Error("a server ended");
    const answer = await fetch(`${server}/readyz`, { dispatcher, headers: { authorization: `Bearer ${token}` } }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return dispatcher.close();
    await sleep(250);
  }
  throw new Error(`not ready after ${START_SECONDS} s`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await ended;
  clearTimeout(force);
}

function kubeconfigText(server: string, token: string): string {
  return [
    "apiVersion: v1",
    "kind: Config",
    `clusters: [{ name: test, cluster: { server: "${server}", insecure-skip-tls-verify: true } }]`,
    `users: [{ name: admin, user: { token: ${token} } }]`,
    "contexts: [{ name: test, context: { cluster: test, user: admin } }]",
    "current-context: test",
    "",
  ].join("\n");
}

function tail(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(-1_000);
  } catch {
    return "(no log)";
  }
}
