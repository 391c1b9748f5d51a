/** Tools that are built from pinned Go modules (toolchain/go/<module>, with checksums) into the cache. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir, exists, installAtomically, withLock } from "./cache";
import { type Report, runStep, versionOf } from "./run";
import { allOnPath, onPath } from "./search-path";
import { cached, type Candidate, type Tool, toolDir, waiting } from "./tool";
import { ACTIONLINT_VERSION, atLeast, ETCD_VERSION, KUBERNETES_VERSION, likeVersion, REPOSITORY } from "./versions";

/** A pinned Go module and the commands that are built from it. */
interface GoModule {
  /** Folder under toolchain/go, and name in the cache. */
  readonly name: string;
  readonly version: string;
  /** Package by the name of its command. */
  readonly commands: Readonly<Record<string, string>>;
  readonly linkerFlags: string;
}

/** Nothing but the pinned versions; no C compiler, no workspace of the user's; downloads that can be removed. */
const GO_ENVIRONMENT = { GOFLAGS: "-mod=readonly -modcacherw", CGO_ENABLED: "0", GOWORK: "off" };
/** The linker strips debug information: without it the intermediate results are much smaller. */
const COMPILER_FLAGS = "-gcflags=all=-dwarf=false";

/** Folder of a module's downloads and intermediate results: gigabytes that nobody needs once the commands are built. */
const scratch = (name: string, ...parts: readonly string[]) => cacheDir("go", name, ...parts);

/**
 * Builds a module's commands into the cache; nothing happens when they are there. What an interrupted run has downloaded and compiled is
 * gone on with; when the commands are built it is removed.
 */
export async function buildModule(module: GoModule, report: Report, signal?: AbortSignal): Promise<void> {
  const { name, version, commands } = module;
  await withLock(
    `build-${name}`,
    async () => {
      const target = toolDir(name, version);
      // Somebody has taken a command away: the folder is no use, and without this it would be in the way for ever.
      if (!(await everyOne(Object.keys(commands).map((command) => join(target, "bin", command)))))
        await rm(target, { recursive: true, force: true });
      return installAtomically(target, async (folder) => {
        await downloadModule(module, report, signal);
        // One after the other: two linkers at once need more memory than a laptop may have left.
        for (const [command, path] of Object.entries(commands)) {
          const flags = [
            "-trimpath",
            "-buildvcs=false",
            COMPILER_FLAGS,
            "-ldflags",
            `-s -w ${module.linkerFlags}`,
            "-o",
            join(folder, "bin", command),
          ];
          await runStep(`building ${command}`, report, ["nice", "go", "build", ...flags, path], { ...workspace(module), signal });
        }
        await rm(scratch(name), { recursive: true, force: true });
      });
    },
    waiting(name, report, signal),
  );
}

const everyOne = async (paths: readonly string[]) => (await Promise.all(paths.map(exists))).every(Boolean);

/** Fetches a module and what it needs. */
export async function downloadModule(module: GoModule, report: Report, signal?: AbortSignal): Promise<void> {
  await requireGo(module);
  await runStep(`downloading the Go modules of ${module.name}`, report, ["go", "mod", "download"], { ...workspace(module), signal });
}

const workspace = ({ name }: GoModule) => ({
  cwd: join(REPOSITORY, "toolchain", "go", name),
  env: { ...GO_ENVIRONMENT, GOCACHE: scratch(name, "build"), GOMODCACHE: scratch(name, "modules") },
});

/** @throws Error when Go is missing or older than the module needs */
async function requireGo(module: GoModule): Promise<void> {
  const { cwd, env } = workspace(module);
  const minimum = /^go (\S+)$/m.exec(await readFile(join(cwd, "go.mod"), "utf8"))?.[1] ?? "0";
  const remedy = `Install Go ${minimum} or newer (https://go.dev/dl/), put it on PATH and run again.`;
  const go = await onPath("go");
  if (go === undefined) throw new Error(`${module.name} has to be built from its Go module, and Go is not installed. ${remedy}`);
  // Asked in the module's folder: a Go that may fetch the toolchain that a module names answers with that one.
  const version = await versionOf(go, ["version"], { cwd, env });
  if (version === undefined || !atLeast(version, minimum))
    throw new Error(`${module.name} has to be built from its Go module, and ${go} is Go ${version ?? "of no known version"}. ${remedy}`);
}

/** Tools of one module. One on PATH serves when its minor version is the same: others have other defaults. */
function toolsOf(module: GoModule, purpose: string, versionArguments: Readonly<Record<string, readonly string[]>> = {}) {
  const prefetch = (report: Report, signal?: AbortSignal) => downloadModule(module, report, signal);
  return (name: string): Tool => ({
    name,
    purpose,
    wanted: likeVersion(module.version, 2),
    versionArguments: versionArguments[name] ?? ["--version"],
    async candidates() {
      const own = (await allOnPath(name)).map((path): Candidate => ({ path, origin: "PATH" }));
      return [
        ...own,
        ...(await cached(join(toolDir(module.name, module.version), "bin", name), module.version, "built from its Go module")),
      ];
    },
    remedy: "building it from its Go module",
    get: (report, signal) => buildModule(module, report, signal),
    prefetch,
  });
}

const etcdTool = toolsOf(
  { name: "etcd", version: ETCD_VERSION, commands: { etcd: "go.etcd.io/etcd/server/v3" }, linkerFlags: "" },
  "the control plane's store",
);

/** Checks of GitHub's workflows. */
export const actionlintTool = toolsOf(
  {
    name: "actionlint",
    version: ACTIONLINT_VERSION,
    commands: { actionlint: "github.com/rhysd/actionlint/cmd/actionlint" },
    linkerFlags: `-X github.com/rhysd/actionlint.version=${ACTIONLINT_VERSION}`,
  },
  "checks of GitHub's workflows",
)("actionlint");

const VERSION_PACKAGE = "k8s.io/component-base/version";
const kubernetesTool = toolsOf(
  {
    name: "kubernetes",
    version: KUBERNETES_VERSION,
    commands: {
      "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
      "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
      "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
      kubectl: "k8s.io/kubernetes/cmd/kubectl",
    },
    // Clients parse the version that the API server reports.
    linkerFlags: Object.entries({ gitVersion: `v${KUBERNETES_VERSION}`, gitMajor: "1", gitMinor: KUBERNETES_VERSION.split(".")[1] })
      .map(([name, value]) => `-X ${VERSION_PACKAGE}.${name}=${value}`)
      .join(" "),
  },
  "the rehearsal's control plane",
  { kubectl: ["version", "--client"] },
);

/** The control plane. */
export const controlPlaneTools = {
  etcd: etcdTool("etcd"),
  apiServer: kubernetesTool("kube-apiserver"),
  controllerManager: kubernetesTool("kube-controller-manager"),
  scheduler: kubernetesTool("kube-scheduler"),
  kubectl: kubernetesTool("kubectl"),
} as const;
