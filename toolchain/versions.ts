/** Every version that the toolchain pins, and why it is this one. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The repository's root. */
export const REPOSITORY = resolve(__dirname, "..");

/** The engine: the newest version of its Go module that the module proxy serves, so that download and build give the same (toolchain/go/pulumi). */
export const PULUMI_VERSION = "3.212.0";

/** The control plane: the newest minor version when this was written; other minor versions have other defaults (toolchain/go/kubernetes). */
export const KUBERNETES_VERSION = "1.36.3";

/** The control plane's store: the version that Kubernetes 1.36 itself is tested with (toolchain/go/etcd). */
export const ETCD_VERSION = "3.6.8";

/** Checks of GitHub's workflows, from its Go module (toolchain/go/actionlint). */
export const ACTIONLINT_VERSION = "1.7.12";

/** AWS in the rehearsal, from PyPI; the versions of what it needs are in toolchain/python/moto-constraints.txt. */
export const MOTO_VERSION = "5.2.1";

/** Checks of nginx's configuration, from PyPI (gixy-ng); the versions of what it needs are in toolchain/python/gixy-constraints.txt. */
export const GIXY_VERSION = "0.2.59";

/** Mozilla's HTTP Observatory, from npm, and the day as of which its dependencies are taken. */
export const OBSERVATORY_VERSION = "1.4.8";
export const OBSERVATORY_BEFORE = "2026-11-25";

/** axe-core, from npm. */
export const AXE_VERSION = "4.14.1";

/** Oldest Python for which those versions exist: Debian 12's. */
export const PYTHON_MINIMUM = "3.11";

/** Oldest PostgreSQL: from 15 on PUBLIC may not create in schema public, which the database roles build on. Debian 12 has 15. */
export const POSTGRES_MINIMUM = "15";

/** Oldest nginx that the edge's configuration was run with: Debian 12's. */
export const NGINX_MINIMUM = "1.22";

/** Oldest bubblewrap that the node agent was run with (`--chmod`, `--size`): Debian 12's. */
export const BUBBLEWRAP_MINIMUM = "0.8";

/** Oldest OpenSSL that certificates were made with: Debian 12's. */
export const OPENSSL_MINIMUM = "3.0";

/** Oldest util-linux (setpriv, flock) that servers were started with: Debian 12's. */
export const UTIL_LINUX_MINIMUM = "2.38";

/** Debian's packages. Their versions are the distribution's: it mends them without changing how they behave. */
export const DEBIAN_PACKAGES = {
  postgres: ["postgresql", "postgresql-client"],
  nginx: ["nginx"],
  bubblewrap: ["bubblewrap"],
  openssl: ["openssl"],
  utilLinux: ["util-linux"],
  chromium: ["chromium"],
} as const;

/** Packages whose provider plugins the program needs. */
export const PLUGIN_PACKAGES = ["kubernetes", "aws", "postgresql", "random", "datadog"] as const;
/** One of {@link PLUGIN_PACKAGES}. */
export type PluginPackage = (typeof PLUGIN_PACKAGES)[number];

/** Version of the plugin that the installed SDK of a package expects: package.json and package-lock.json pin it. */
export function pluginVersion(name: PluginPackage): string {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, "node_modules", "@pulumi", name, "package.json"), "utf8")) as {
    version: string;
  };
  return manifest.version.replace(/^v/, "");
}

/** A rule about versions. */
export interface Wanted {
  /** For people, for example `15 or newer`. */
  readonly text: string;
  accepts(version: string): boolean;
}

/** Accepts `minimum` and everything newer. */
export const newerThan = (minimum: string): Wanted => ({
  text: `${minimum} or newer`,
  accepts: (version) => atLeast(version, minimum),
});

/** Accepts the versions that agree with `version` in their first `parts` numbers. */
export const likeVersion = (version: string, parts: number): Wanted => ({
  text: version.split(".").length === parts ? version : `${head(version, parts)}.*`,
  accepts: (other) => head(other, parts) === head(version, parts),
});

const head = (version: string, parts: number) => version.split(".").slice(0, parts).join(".");

/** Whether a dotted version is `minimum` or newer; missing parts count as 0. */
export function atLeast(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map((text) => text.split(".").map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
