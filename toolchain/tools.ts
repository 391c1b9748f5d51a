/**
 * The tools beyond Node.js: where each is looked for, and how it is had where it is missing. Order: PATH, the cache, the official download
 * (engine and plugins only), a build from its Go module, Debian's or PyPI's package.
 */
import { access, constants, readFile, rm, writeFile, mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { cacheDir, exists, installAtomically, withLock } from "./cache";
import { type Report, runStep, versionOf } from "./run";
import { ETCD_VERSION, KUBERNETES_VERSION, MOTO_VERSION, PULUMI_VERSION, REPOSITORY } from "./versions";

/** Where a tool came from. */
export type Origin = "PATH" | "Debian" | "download" | "built from its Go module" | "PyPI";

/** A tool that is there. */
export interface Found {
  /** The executable. */
  readonly path: string;
  readonly version: string;
  readonly origin: Origin;
}

/** A tool: how to look for it (quick, changes nothing) and how to get it. */
export interface Tool {
  /** The executable's name. */
  readonly name: string;
  /** What it is needed for. */
  readonly purpose: string;
  find(): Promise<Found | undefined>;
  /** Gets it; called under a lock, when `find` found nothing. @throws Error with what to do */
  get(report: Report): Promise<void>;
}

/** Seconds that an official download may take before the build is tried: a machine without that access must not wait long. */
const DOWNLOAD_SECONDS = 20;
/** Hours for which a failed download is not tried again. */
const DOWNLOAD_RETRY_HOURS = 24;

/** Finds a tool, or gets it. One run at a time; the others wait. */
export async function provide(tool: Tool, report: Report): Promise<Found> {
  const found = await tool.find();
  if (found !== undefined) return found;
  return withLock(
    `tool-${tool.name}`,
    async () => {
      const meanwhile = await tool.find();
      if (meanwhile !== undefined) return meanwhile;
      report(`${tool.name} is missing (${tool.purpose}); getting it`);
      await tool.get(report);
      const got = await tool.find();
      if (got === undefined)
        throw new Error(`${tool.name} is still missing after its installation. Run \`npm run doctor\` to see what was found.`);
      report(`${tool.name} ${got.version}: ${got.origin}`);
      return got;
    },
    (pid) => report(`${tool.name}: another run (pid ${pid}) is getting it; waiting`),
  );
}

/** An executable on PATH or in further folders. */
export async function onPath(name: string, further: readonly string[] = []): Promise<string | undefined> {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), ...further]) {
    if (folder === "") continue;
    const candidate = join(folder, name);
    const usable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return candidate;
  }
  return undefined;
}

/** Whether a download failed lately; remembers the failure of `attempt`. */
export async function tryDownload(name: string, report: Report, attempt: () => Promise<unknown>, now = Date.now()): Promise<boolean> {
  const marker = cacheDir("downloads", `${name}.failed`);
  const failedAt = Number(await readFile(marker, "utf8").catch(() => "0"));
  if (now - failedAt < DOWNLOAD_RETRY_HOURS * 3_600_000) return false;
  report(`  trying the official download of ${name}`);
  try {
    await attempt();
    return true;
  } catch {
    await mkdir(cacheDir("downloads"), { recursive: true });
    await writeFile(marker, String(now));
    report(`  the official download of ${name} cannot be reached from here (not tried again for ${DOWNLOAD_RETRY_HOURS} h)`);
    return false;
  }
}

/** Forgets failed downloads, so that the next run tries again. */
export async function forgetFailedDownloads(): Promise<void> {
  await rm(cacheDir("downloads"), { recursive: true, force: true });
}

/** Builds commands of a pinned Go module (toolchain/go/<module>, with checksums) into `folder/bin`. */
async function goBuild(
  module: string,
  commands: Readonly<Record<string, string>>,
  linkerFlags: string,
  folder: string,
  report: Report,
): Promise<void> {
  const cwd = join(REPOSITORY, "toolchain", "go", module);
  if ((await onPath("go")) === undefined)
    throw new Error(
      `${module} has to be built, and Go is not installed. Install Go (the version in toolchain/go/${module}/go.mod or newer) and run again.`,
    );
  const env = { GOFLAGS: "-mod=readonly", CGO_ENABLED: "0", GOWORK: "off" };
  await runStep(`downloading the Go modules of ${module}`, report, ["go", "mod", "download"], { cwd, env });
  for (const [name, path] of Object.entries(commands))
    await runStep(
      `building ${name}`,
      report,
      ["nice", "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", `-s -w ${linkerFlags}`, "-o", join(folder, "bin", name), path],
      { cwd, env },
    );
}

/** Folder of a tool in the cache. */
const toolDir = (name: string, version: string) => cacheDir("tools", `${name}-${version}`);

/** The Pulumi CLI, with its engine. */
export const engineTool: Tool = {
  name: "pulumi",
  purpose: "the engine",
  async find() {
    const own = await onPath("pulumi");
    const version = own === undefined ? undefined : await versionOf(own, ["version"], { PULUMI_SKIP_UPDATE_CHECK: "true" });
    // Older engines lack what the SDK relies on.
    if (own !== undefined && version !== undefined && atLeast(version, PULUMI_VERSION)) return { path: own, version, origin: "PATH" };
    for (const [kind, origin] of [
      ["pulumi-official", "download"],
      ["pulumi", "built from its Go module"],
    ] as const) {
      const path = join(toolDir(kind, PULUMI_VERSION), "bin", "pulumi");
      if (await exists(path)) return { path, version: PULUMI_VERSION, origin };
    }
    return undefined;
  },
  async get(report) {
    const downloaded = await tryDownload("pulumi", report, async () => {
      const reachable = await fetch("https://get.pulumi.com/", { method: "HEAD", signal: AbortSignal.timeout(DOWNLOAD_SECONDS * 1000) });
      if (!reachable.ok) throw new Error(`get.pulumi.com answered ${reachable.status}`);
      const { parse } = await import("semver");
      await installAtomically(toolDir("pulumi-official", PULUMI_VERSION), async (folder) => {
        await PulumiCommand.install({ root: folder, version: parse(PULUMI_VERSION) ?? undefined });
      });
    });
    if (downloaded) return;
    await installAtomically(toolDir("pulumi", PULUMI_VERSION), (folder) =>
      goBuild(
        "pulumi",
        { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
        `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${PULUMI_VERSION}`,
        folder,
        report,
      ),
    );
  },
};

/** A tool that is built from a Go module into the cache; PATH is not asked, since the version matters. */
function builtTool(
  name: string,
  purpose: string,
  module: string,
  version: string,
  commands: Readonly<Record<string, string>>,
  flags: string,
): Tool {
  const path = join(toolDir(module, version), "bin", name);
  return {
    name,
    purpose,
    find: async () => ((await exists(path)) ? { path, version, origin: "built from its Go module" } : undefined),
    get: async (report) => {
      await withLock(`build-${module}`, () =>
        installAtomically(toolDir(module, version), (folder) => goBuild(module, commands, flags, folder, report)),
      );
    },
  };
}

const KUBERNETES_COMMANDS = {
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
  "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
} as const;
// Clients parse the version that the API server reports.
const KUBERNETES_FLAGS = `-X k8s.io/component-base/version.gitVersion=v${KUBERNETES_VERSION} -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${KUBERNETES_VERSION.split(".")[1]}`;

const kubernetesTool = (name: keyof typeof KUBERNETES_COMMANDS) =>
  builtTool(name, "the rehearsal's control plane", "kubernetes", KUBERNETES_VERSION, KUBERNETES_COMMANDS, KUBERNETES_FLAGS);

/** The control plane. */
export const controlPlaneTools = {
  etcd: builtTool("etcd", "the control plane's store", "etcd", ETCD_VERSION, { etcd: "go.etcd.io/etcd/server/v3" }, ""),
  apiServer: kubernetesTool("kube-apiserver"),
  controllerManager: kubernetesTool("kube-controller-manager"),
  scheduler: kubernetesTool("kube-scheduler"),
  kubectl: kubernetesTool("kubectl"),
} as const;

/** A tool of a Debian package. */
function debianTool(
  name: string,
  purpose: string,
  packages: readonly string[],
  versionArguments: readonly string[],
  folders: readonly string[],
): Tool {
  return {
    name,
    purpose,
    async find() {
      // Debian's place first: a wrapper on PATH may lack the server programs beside it.
      for (const folder of [...folders, ...(process.env["PATH"] ?? "").split(delimiter)]) {
        const path = join(folder, name);
        if (folder === "" || !(await exists(path))) continue;
        const version = await versionOf(path, versionArguments);
        if (version !== undefined) return { path, version, origin: folders.includes(folder) ? "Debian" : "PATH" };
      }
      return undefined;
    },
    async get(report) {
      const command = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
      if (process.getuid?.() !== 0 || (await onPath("apt-get")) === undefined)
        throw new Error(`${name} is missing (${purpose}). Install it: sudo ${command}`);
      await withLock("apt", async () => {
        const env = { DEBIAN_FRONTEND: "noninteractive" };
        // PostgreSQL's package would make and start a cluster of its own.
        if (packages.some((each) => each.startsWith("postgresql")) && !(await exists("/etc/postgresql-common/createcluster.conf"))) {
          await mkdir("/etc/postgresql-common", { recursive: true });
          await writeFile("/etc/postgresql-common/createcluster.conf", "create_main_cluster = false\n");
        }
        await runStep("apt-get update", report, ["apt-get", "update"], { env });
        await runStep(
          command,
          report,
          ["apt-get", "-o", "Dpkg::Options::=--force-confold", "install", "-y", "--no-install-recommends", ...packages],
          { env: { ...env, RUNLEVEL: "1" } },
        );
      });
    },
  };
}

/** PostgreSQL's server; its other programs lie beside it. */
export const postgresTool = debianTool(
  "postgres",
  "the database",
  ["postgresql-15", "postgresql-client-15"],
  ["--version"],
  ["/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin"],
);
/** The edge. */
export const nginxTool = debianTool("nginx", "the edge", ["nginx-light"], ["-v"], ["/usr/sbin"]);
/** The sandbox of the rehearsal's pods. */
export const bubblewrapTool = debianTool("bwrap", "the sandbox of the rehearsal's pods", ["bubblewrap"], ["--version"], ["/usr/bin"]);
/** The browser of page tests. */
export const chromiumTool = debianTool("chromium", "page tests (not needed by the rehearsal)", ["chromium"], ["--version"], ["/usr/bin"]);

/** AWS in the rehearsal. */
export const motoTool: Tool = {
  name: "moto_server",
  purpose: "AWS in the rehearsal",
  async find() {
    const path = join(toolDir("moto", MOTO_VERSION), "bin", "moto_server");
    return (await exists(path)) ? { path, version: MOTO_VERSION, origin: "PyPI" } : undefined;
  },
  async get(report) {
    const target = toolDir("moto", MOTO_VERSION);
    if ((await onPath("python3")) === undefined)
      throw new Error("moto needs Python 3. Install it: sudo apt-get install -y python3 python3-venv");
    // A virtual environment holds absolute paths, so it is made in place; the marker of completeness is the server itself, linked last.
    await rm(target, { recursive: true, force: true });
    await mkdir(join(target, "bin"), { recursive: true });
    const environment = join(target, "venv");
    await runStep("making a Python environment (needs python3-venv)", report, ["python3", "-m", "venv", environment]);
    await runStep("installing moto from PyPI", report, [
      join(environment, "bin", "pip"),
      "install",
      "--quiet",
      "--disable-pip-version-check",
      `moto[s3,secretsmanager,kms,iam,sts,wafv2,rds,logs,server]==${MOTO_VERSION}`,
    ]);
    await writeFile(join(target, "bin", "moto_server"), `#!/bin/sh\nexec "${join(environment, "bin", "moto_server")}" "$@"\n`, {
      mode: 0o755,
    });
  },
};

/** Every tool, for the doctor's table. */
export const ALL_TOOLS: readonly Tool[] = [
  engineTool,
  ...Object.values(controlPlaneTools),
  postgresTool,
  nginxTool,
  motoTool,
  bubblewrapTool,
  chromiumTool,
];

function atLeast(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map((text) => text.split(".").map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
