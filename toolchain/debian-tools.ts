/** Tools of the distribution: on PATH, where Debian puts them, or installed by apt-get. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists, withLock } from "./cache";
import { type Report, runStep } from "./run";
import { executablesIn, onPath, pathFolders } from "./search-path";
import { type Tool, waiting } from "./tool";
import {
  atLeast,
  BUBBLEWRAP_MINIMUM,
  DEBIAN_PACKAGES,
  newerThan,
  NGINX_MINIMUM,
  OPENSSL_MINIMUM,
  POSTGRES_MINIMUM,
  UTIL_LINUX_MINIMUM,
} from "./versions";

const POSTGRESQL_FOLDER = "/usr/lib/postgresql";
/** Seconds that apt-get waits for another one, and has to end cleanly when it is interrupted: dpkg must not be torn from its database. */
const APT_LOCK_SECONDS = 300;
const APT_GRACE_SECONDS = 30;

/**
 * Installs Debian packages.
 *
 * @param what for messages
 * @throws Error with the command to run when this process may not
 */
export async function installPackages(what: string, packages: readonly string[], report: Report, signal?: AbortSignal): Promise<void> {
  const install = ["install", "-y", "--no-install-recommends", ...packages] as const;
  if ((await onPath("apt-get")) === undefined)
    throw new Error(`${what} is not installed, and there is no apt-get here. Install it with your system's package manager and run again.`);
  if (process.getuid?.() !== 0)
    throw new Error(`${what} is not installed, and only root may. Run \`sudo apt-get ${install.join(" ")}\` and run again.`);
  const options = { env: { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" }, graceSeconds: APT_GRACE_SECONDS, signal };
  const aptGet = ["apt-get", "-o", `DPkg::Lock::Timeout=${APT_LOCK_SECONDS}`, "-o", "Dpkg::Options::=--force-confold"] as const;
  await withLock(
    "apt",
    async () => {
      // What an interrupted run left half installed.
      await runStep("dpkg --configure -a", report, ["dpkg", "--configure", "-a", "--force-confold"], options);
      await runStep("apt-get update", report, [...aptGet, "update"], options);
      await runStep(`apt-get install ${packages.join(" ")}`, report, [...aptGet, ...install], options);
    },
    waiting("apt-get", report, signal),
  );
}

type DebianTool = Pick<Tool, "name" | "purpose" | "wanted"> & {
  readonly packages: readonly string[];
  readonly versionArguments?: readonly string[];
  /** Where Debian puts it, the best first. */
  readonly folders: () => Promise<readonly string[]>;
  /** Whether an executable on PATH is of use. @default each is */
  readonly serves?: (path: string) => Promise<boolean>;
  /** Before the installation. */
  readonly prepare?: () => Promise<void>;
};

function debianTool({ packages, folders, serves = () => Promise.resolve(true), prepare, ...tool }: DebianTool): Tool {
  return {
    versionArguments: ["--version"],
    ...tool,
    async candidates() {
      const places = await folders();
      // A wrapper on PATH may be a link into Debian's folder: that folder has the other programs.
      const found = await executablesIn([...places, ...pathFolders()], tool.name);
      const isDebian = (path: string) => places.includes(dirname(path));
      const own: string[] = [];
      for (const path of found) if (!isDebian(path) && (await serves(path))) own.push(path);
      return [
        ...own.map((path) => ({ path, origin: "PATH" as const })),
        ...found.filter(isDebian).map((path) => ({ path, origin: "Debian" as const })),
      ];
    },
    remedy: `apt-get install ${packages.join(" ")}`,
    async get(report, signal) {
      await prepare?.();
      await installPackages(`${tool.name} ${tool.wanted.text}`, packages, report, signal);
    },
  };
}

/** PostgreSQL's server; its other programs lie beside it. */
export const postgresTool = debianTool({
  name: "postgres",
  purpose: "the database",
  wanted: newerThan(POSTGRES_MINIMUM),
  packages: DEBIAN_PACKAGES.postgres,
  async folders() {
    const majors = await readdir(POSTGRESQL_FOLDER).catch((): string[] => []);
    return majors.sort((a, b) => (atLeast(a, b) ? -1 : 1)).map((major) => join(POSTGRESQL_FOLDER, major, "bin"));
  },
  // A link to the server alone does not do.
  serves: async (path) =>
    (await executablesIn([dirname(path)], "initdb")).length + (await executablesIn([dirname(path)], "pg_dump")).length === 2,
  // The package would make and start a cluster of its own.
  async prepare() {
    const file = "/etc/postgresql-common/createcluster.conf";
    if (process.getuid?.() !== 0 || (await exists(file))) return;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "create_main_cluster = false\n");
  },
});

/** The edge. */
export const nginxTool = debianTool({
  name: "nginx",
  purpose: "the edge",
  wanted: newerThan(NGINX_MINIMUM),
  packages: DEBIAN_PACKAGES.nginx,
  versionArguments: ["-v"],
  folders: () => Promise.resolve(["/usr/sbin"]),
});

/** The sandbox of the rehearsal's pods. */
export const bubblewrapTool = debianTool({
  name: "bwrap",
  purpose: "the sandbox of the rehearsal's pods",
  wanted: newerThan(BUBBLEWRAP_MINIMUM),
  packages: DEBIAN_PACKAGES.bubblewrap,
  folders: () => Promise.resolve(["/usr/bin"]),
});

/** Certificates and keys of the rehearsal, and of tests. */
export const opensslTool = debianTool({
  name: "openssl",
  purpose: "certificates and keys of the rehearsal",
  wanted: newerThan(OPENSSL_MINIMUM),
  packages: DEBIAN_PACKAGES.openssl,
  versionArguments: ["version"],
  folders: () => Promise.resolve(["/usr/bin"]),
});

/** Starts servers as a user of their own, and has them end with whoever started them. */
export const setprivTool = debianTool({
  name: "setpriv",
  purpose: "servers as a user of their own",
  wanted: newerThan(UTIL_LINUX_MINIMUM),
  packages: DEBIAN_PACKAGES.utilLinux,
  folders: () => Promise.resolve(["/usr/bin"]),
});

/** The nightly dump's lock. */
export const flockTool = debianTool({
  name: "flock",
  purpose: "one nightly dump at a time",
  wanted: newerThan(UTIL_LINUX_MINIMUM),
  packages: DEBIAN_PACKAGES.utilLinux,
  folders: () => Promise.resolve(["/usr/bin"]),
});

/** The browser of page tests; the rehearsal does without. */
export const chromiumTool = debianTool({
  name: "chromium",
  purpose: "page tests",
  wanted: newerThan("0"),
  packages: DEBIAN_PACKAGES.chromium,
  folders: () => Promise.resolve(["/usr/bin"]),
});
