/** A Kubernetes control plane of etcd, API server, controller manager and scheduler: how each is started, and when it answers. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Supervisor } from "./supervisor";
import { controlPlaneTools, provide } from "../../toolchain/tools";
import type { Report } from "../../toolchain/run";

/** Ports of the loopback. */
export interface ControlPlanePorts {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

/** What {@link startControlPlane} needs. */
export interface ControlPlaneOptions {
  /** Folder of the data, the certificates and the keys; made when it is missing. */
  readonly directory: string;
  /** File that the administrator's kubeconfig is written to. */
  readonly kubeconfig: string;
  /** Name of its context. */
  readonly context: string;
  readonly ports: ControlPlanePorts;
  readonly supervisor: Supervisor;
  readonly report: Report;
  readonly signal?: AbortSignal;
}

/** Names of the servers, in the order in which they stop: none must miss the one below it. */
export const CONTROL_PLANE_SERVERS = ["kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"] as const;

/**
 * Starts what does not run and waits until it answers. The data stay in the folder: a killed control plane comes back with what it had.
 *
 * etcd does not wait for the disk: what a crash of the machine loses, a crash of the process does not.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<void> {
  const { directory, kubeconfig, ports, supervisor, report, signal } = options;
  const program = async (tool: Parameters<typeof provide>[0]) => (await provide(tool, report)).path;
  const [etcd, apiServer, controllerManager, scheduler] = [
    await program(controlPlaneTools.etcd),
    await program(controlPlaneTools.apiServer),
    await program(controlPlaneTools.controllerManager),
    await program(controlPlaneTools.scheduler),
  ];
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(directory, name);
  const token = keep(file("token"), () => randomBytes(32).toString("hex"));
  const serviceAccountKey = file("service-account.key");
  keep(serviceAccountKey, () => execFileSync("openssl", ["genrsa", "2048"], { stdio: ["ignore", "pipe", "ignore"] }).toString());
  // Files, since arguments are visible to everybody.
  writeFileSync(file("tokens.csv"), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  const authority = join(file("certificates"), "apiserver.crt");
  writeFileSync(kubeconfig, kubeconfigText(options.context, `https://127.0.0.1:${ports.apiServer}`, authority, token), { mode: 0o600 });

  const etcdUrl = `http://127.0.0.1:${ports.etcd}`;
  const peerUrl = `http://127.0.0.1:${ports.etcdPeer}`;
  await supervisor.start(
    {
      name: "etcd",
      command: [
        etcd,
        `--data-dir=${file("etcd")}`,
        `--listen-client-urls=${etcdUrl}`,
        `--advertise-client-urls=${etcdUrl}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=default=${peerUrl}`,
        "--unsafe-no-fsync",
        "--log-level=warn",
      ],
      ready: () => answers(`${etcdUrl}/health`),
    },
    signal,
  );
  await supervisor.start(
    {
      name: "kube-apiserver",
      command: [
        apiServer,
        `--etcd-servers=${etcdUrl}`,
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        `--secure-port=${ports.apiServer}`,
        `--cert-dir=${file("certificates")}`,
        `--token-auth-file=${file("tokens.csv")}`,
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        `--service-account-key-file=${serviceAccountKey}`,
        `--service-account-signing-key-file=${serviceAccountKey}`,
        "--service-cluster-ip-range=10.96.0.0/16",
        // Endpoints of `kubernetes.default` may not lie on the loopback.
        "--endpoint-reconciler-type=none",
      ],
      ready: () => answers(`https://127.0.0.1:${ports.apiServer}/readyz`, { token, authority }),
    },
    signal,
  );
  const common = [`--kubeconfig=${kubeconfig}`, "--bind-address=127.0.0.1", "--leader-elect=false"];
  await Promise.all([
    supervisor.start(
      {
        name: "kube-controller-manager",
        command: [
          controllerManager,
          ...common,
          `--secure-port=${ports.controllerManager}`,
          `--cert-dir=${file("controller-manager")}`,
          "--use-service-account-credentials=false",
          `--service-account-private-key-file=${serviceAccountKey}`,
          // An autoscaler raises a new Deployment to its minimum at once, not after 15 s.
          "--horizontal-pod-autoscaler-sync-period=2s",
        ],
        ready: () => answers(`https://127.0.0.1:${ports.controllerManager}/healthz`),
      },
      signal,
    ),
    supervisor.start(
      {
        name: "kube-scheduler",
        command: [scheduler, ...common, `--secure-port=${ports.scheduler}`, `--cert-dir=${file("scheduler")}`],
        ready: () => answers(`https://127.0.0.1:${ports.scheduler}/healthz`),
      },
      signal,
    ),
  ]);
}

/** The content of a file of mode 0600 that is made once, whole or not at all. */
function keep(file: string, make: () => string): string {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, make(), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, "utf8");
}

/** Whether a server of the loopback answers 200. Without `authority` its self-made certificate is taken as it is. */
async function answers(url: string, credentials?: { readonly token: string; readonly authority: string }): Promise<boolean> {
  const { Agent, fetch } = await import("undici");
  const tls = credentials === undefined ? { rejectUnauthorized: false } : { ca: readFileSync(credentials.authority) };
  const dispatcher = new Agent({ connect: { ...tls, timeout: 2_000 } });
  try {
    const headers = credentials === undefined ? {} : { authorization: `Bearer ${credentials.token}` };
    const answer = await fetch(url, { dispatcher, headers, signal: AbortSignal.timeout(5_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } finally {
    await dispatcher.close();
  }
}

function kubeconfigText(context: string, server: string, authority: string, token: string): string {
  return [
    "apiVersion: v1",
    "kind: Config",
    `clusters: [{ name: ${context}, cluster: { server: "${server}", certificate-authority: "${authority}" } }]`,
    `users: [{ name: ${context}-admin, user: { token: ${token} } }]`,
    `contexts: [{ name: ${context}, context: { cluster: ${context}, user: ${context}-admin } }]`,
    `current-context: ${context}`,
    "",
  ].join("\n");
}
