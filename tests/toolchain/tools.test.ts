/** Looking for tools and getting them, on a machine whose programs are fakes: nothing is built or downloaded. */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { installPackages } from "../../toolchain/debian-tools";
import { provideEngine } from "../../toolchain/engine";
import { InterruptedError } from "../../toolchain/run";
import { lookUp, type Tool } from "../../toolchain/tool";
import {
  axeTool,
  controlPlaneTools,
  engineTool,
  gixyTool,
  motoTool,
  observatoryTool,
  postgresTool,
  provide,
  provideAll,
} from "../../toolchain/tools";
import { ETCD_VERSION, newerThan, PULUMI_VERSION } from "../../toolchain/versions";
import { type FakeMachine, startFakeMachine } from "../helpers/fake-machine";

let machine: FakeMachine;
let lines: string[];
const report = (line: string) => void lines.push(line);
beforeEach(() => {
  machine = startFakeMachine();
  lines = [];
});
afterEach(() => {
  jest.restoreAllMocks();
  machine.remove();
});

const failureOf = (step: Promise<unknown>) =>
  step.then(
    () => "no failure",
    (error: unknown) => (error as Error).message,
  );
const inCache = (folder: string, name: string) =>
  machine.program(name, "exit 1", join("cache", "maestroverse-ops", "tools", folder, "bin"));
const calls = () => readFileSync(join(machine.root, "calls"), "utf8").trim().split("\n");
const noting = (script = "") => `echo "\${0##*/} $*" >> ${join(machine.root, "calls")}\n${script}`;

describe("the engine", () => {
  const cached = () => inCache(`pulumi-${PULUMI_VERSION}`, "pulumi");

  it("is the one on PATH, before the one in the cache", async () => {
    cached();
    const path = machine.program("pulumi", "echo v3.300.0");
    expect(await lookUp(engineTool)).toEqual({ found: { path, version: "3.300.0", origin: "PATH" }, refused: [] });
  });

  it("is not one on PATH that is too old", async () => {
    const old = machine.program("pulumi", "echo v3.99.0");
    const path = cached();
    expect(await lookUp(engineTool)).toEqual({
      found: { path, version: PULUMI_VERSION, origin: "built from its Go module" },
      refused: [`${old} is pulumi 3.99.0; 3.212.0 or newer is wanted`],
    });
  });

  it("is the second on PATH where the first cannot run", async () => {
    const broken = machine.program("pulumi", "exit 1", "first");
    const path = machine.program("pulumi", "echo v3.212.1", "bin");
    expect(await lookUp(engineTool)).toEqual({
      found: { path, version: "3.212.1", origin: "PATH" },
      refused: [`${broken} does not tell its version (pulumi version); 3.212.0 or newer is wanted`],
    });
  });

  it("is the official release in the cache, before the built one", async () => {
    cached();
    const path = inCache(`pulumi-official-${PULUMI_VERSION}`, "pulumi");
    expect((await lookUp(engineTool)).found).toEqual({ path, version: PULUMI_VERSION, origin: "download" });
  });

  it("has a root for the Automation API also where a version manager keeps it elsewhere", async () => {
    const path = machine.program("pulumi", "echo v3.300.0", "first");
    const { root } = await provideEngine(report);
    expect(realpathSync(join(root, "bin", "pulumi"))).toBe(realpathSync(path));
    expect((await provideEngine(report)).root).toBe(root);
  });

  it("has its own folder as root where that is called bin", async () => {
    machine.program("pulumi", "echo v3.300.0", "bin");
    expect((await provideEngine(report)).root).toBe(machine.root);
  });
});

describe("a server of another version on PATH", () => {
  it("is used when only its patch differs, since other minor versions have other defaults", async () => {
    const older = machine.program("kube-apiserver", "echo Kubernetes v1.32.4", "first");
    const path = machine.program("kube-apiserver", "echo Kubernetes v1.36.9", "bin");
    expect(await lookUp(controlPlaneTools.apiServer)).toEqual({
      found: { path, version: "1.36.9", origin: "PATH" },
      refused: [`${older} is kube-apiserver 1.32.4; 1.36.* is wanted`],
    });
  });

  it("is not used when it is PostgreSQL's without the programs beside it", async () => {
    const alone = machine.program("postgres", "echo 'postgres (PostgreSQL) 18.1'");
    expect((await postgresTool.candidates()).map(({ path }) => path)).not.toContain(alone);
    machine.program("initdb", "exit 0");
    machine.program("pg_dump", "exit 0");
    expect((await lookUp(postgresTool)).found).toEqual({ path: alone, version: "18.1", origin: "PATH" });
  });
});

/** A tool that is there once it was got. */
function fakeTool(name: string, get: Tool["get"], more: Partial<Tool> = {}): Tool {
  const path = join(machine.root, "tools", name);
  return {
    name,
    purpose: "a test",
    wanted: newerThan("1.0"),
    versionArguments: ["--version"],
    remedy: "getting it",
    candidates: () => Promise.resolve(existsSync(path) ? [{ path, origin: "PATH" as const }] : []),
    get: async (...args) => {
      await get(...args);
      if (!existsSync(path)) machine.program(name, "echo 1.2", "tools");
    },
    ...more,
  };
}

describe("getting a missing tool", () => {
  it("happens once for two who need it at the same time", async () => {
    const got: number[] = [];
    const tool = fakeTool("thing", async () => {
      got.push(1);
      // Until the other one has come.
      while (lines.length < 2) await sleep(5);
    });
    const both = await Promise.all([provide(tool, report), provide(tool, report)]);
    expect(got).toEqual([1]);
    expect(both.map(({ version }) => version)).toEqual(["1.2", "1.2"]);
    expect(lines).toEqual([
      "thing is missing (a test): getting it",
      `  thing: waiting for another run (pid ${process.pid}) that is getting it: 0 s`,
      "thing 1.2: PATH",
    ]);
  });

  it("says what it found and what to do when the one it got is too old", async () => {
    const tool = fakeTool("thing", () => Promise.resolve(void machine.program("thing", "echo 0.9", "tools")));
    const path = join(machine.root, "tools", "thing");
    expect(await failureOf(provide(tool, report))).toBe(
      `thing 1.0 or newer is needed (a test), and there is none after: getting it. ${path} is thing 0.9; 1.0 or newer is wanted. ` +
        "Put thing 1.0 or newer on PATH and run again.",
    );
  });

  it("says that the disk is full", async () => {
    const tool = fakeTool("thing", () => {
      throw Object.assign(new Error("ENOSPC: no space left on device, mkdir '/cache'"), { code: "ENOSPC" });
    });
    expect(await failureOf(provide(tool, report))).toBe(
      "cannot get thing (a test): ENOSPC: no space left on device, mkdir '/cache' The disk is full: free some space and run again.",
    );
  });
});

describe("getting several", () => {
  const built = { prefetch: () => Promise.resolve() };

  it("builds one after the other, and beside that installs and fetches what the later builds need", async () => {
    const events: string[] = [];
    const step = (name: string) => async () => {
      events.push(`${name} begins`);
      await sleep(60);
      events.push(`${name} ends`);
    };
    const fetched = (name: string) => ({ prefetch: () => Promise.resolve(events.push(`fetch ${name}`)) });
    const tools = [
      fakeTool("engine", step("engine"), fetched("engine")),
      fakeTool("store", step("store"), fetched("store")),
      fakeTool("edge", step("edge")),
    ];
    const found = await provideAll(tools, report);
    expect(found.map(({ path }) => path.split("/").at(-1))).toEqual(["engine", "store", "edge"]);
    const position = (event: string) => events.indexOf(event);
    expect(events.filter((event) => event.startsWith("fetch"))).toEqual(["fetch store"]);
    expect(position("store begins")).toBeGreaterThan(position("engine ends"));
    expect(position("edge begins")).toBeLessThan(position("engine ends"));
  });

  it("fetches a module once for all that are built from it", async () => {
    const fetches: number[] = [];
    const prefetch = () => Promise.resolve(fetches.push(1));
    const get = () => Promise.resolve();
    await provideAll([fakeTool("first", get, built), ...["a", "b", "c"].map((name) => fakeTool(name, get, { prefetch }))], report);
    expect(fetches).toEqual([1]);
  });

  it("ends the build when an installation fails, and tells of that failure", async () => {
    let aborted = false;
    const endless = fakeTool(
      "engine",
      (_report, signal) =>
        new Promise((_, reject) => {
          const end = () => {
            aborted = true;
            reject(new InterruptedError("building engine", "aborted"));
          };
          // The installation may fail before this begins.
          if (signal?.aborted === true) end();
          else signal?.addEventListener("abort", end);
        }),
      built,
    );
    const edge = fakeTool("edge", () => Promise.reject(new Error("only root may")));
    expect(await failureOf(provideAll([endless, edge], report))).toBe("cannot get edge (a test): only root may");
    expect(aborted).toBe(true);
  });

  it("gets nothing when everything is there", async () => {
    const tool = fakeTool("thing", () => Promise.reject(new Error("must not be called")));
    machine.program("thing", "echo 1.0", "tools");
    expect(await provideAll([tool], report)).toEqual([{ path: join(machine.root, "tools", "thing"), version: "1.0", origin: "PATH" }]);
    expect(lines).toEqual([]);
  });
});

describe("a build from a Go module", () => {
  const target = () => machine.cache("tools", `etcd-${ETCD_VERSION}`);
  const go = (build: string) => {
    machine.program("nice", 'exec "$@"');
    return machine.program("go", noting(`case "$1" in version) echo go version go1.99.1 linux/amd64;; build) ${build};; esac`));
  };
  /** Writes what `-o` names. */
  const BUILDS = `while [ "$1" != -o ]; do shift; done; d=\${2%/*}; [ -d $d ] || /bin/mkdir -p $d; echo > $2`;

  it("downloads, builds and appears as a whole", async () => {
    go(BUILDS);
    const found = await provide(controlPlaneTools.etcd, report);
    expect(found).toEqual({ path: join(target(), "bin", "etcd"), version: ETCD_VERSION, origin: "built from its Go module" });
    expect(calls().map((call) => call.replace(/ -o \S+/, " -o …"))).toEqual([
      "go version",
      "go mod download",
      "go build -trimpath -buildvcs=false -gcflags=all=-dwarf=false -ldflags -s -w  -o … go.etcd.io/etcd/server/v3",
    ]);
    expect(readdirSync(machine.cache("tools"))).toEqual([`etcd-${ETCD_VERSION}`]);
  });

  it("keeps downloads and intermediate results for the next run until it is done, then removes them", async () => {
    const scratch = machine.cache("go", "etcd");
    const interrupted = '/bin/mkdir -p "$GOCACHE" "$GOMODCACHE"; exit 1';
    go(interrupted);
    await failureOf(provide(controlPlaneTools.etcd, report));
    expect(readdirSync(scratch).sort()).toEqual(["build", "modules"]);
    go(BUILDS);
    await provide(controlPlaneTools.etcd, report);
    expect(existsSync(scratch)).toBe(false);
  });

  it("leaves nothing when it fails, and is done by the next run", async () => {
    go("echo 'no space left on device' >&2; exit 1");
    expect(await failureOf(provide(controlPlaneTools.etcd, report))).toBe(
      "cannot get etcd (the control plane's store): building etcd failed after 0 s (exit code 1). " +
        "The disk is full: free some space and run again.\nno space left on device",
    );
    expect(readdirSync(machine.cache("tools"))).toEqual([]);
    go(BUILDS);
    expect((await provide(controlPlaneTools.etcd, report)).version).toBe(ETCD_VERSION);
  });

  it("ends when it is told to, and leaves nothing", async () => {
    go("exec /bin/sleep 60");
    const abort = new AbortController();
    const building = provide(controlPlaneTools.etcd, report, abort.signal);
    const ended = expect(building).rejects.toThrow(new InterruptedError("building etcd", "aborted"));
    while (!existsSync(join(machine.root, "calls")) || calls().length < 3) await sleep(20);
    abort.abort();
    await ended;
    expect([readdirSync(machine.cache("tools")), readdirSync(machine.cache("locks"))]).toEqual([[], []]);
  });

  it("says which Go to install when there is none", async () => {
    expect(await failureOf(provide(controlPlaneTools.etcd, report))).toBe(
      "cannot get etcd (the control plane's store): etcd has to be built from its Go module, and Go is not installed. " +
        "Install Go 1.24.0 or newer (https://go.dev/dl/), put it on PATH and run again.",
    );
  });

  it("says which Go was found when it is too old", async () => {
    const path = machine.program("go", "echo go version go1.19.8 linux/amd64");
    expect(await failureOf(provide(controlPlaneTools.apiServer, report))).toBe(
      `cannot get kube-apiserver (the rehearsal's control plane): kubernetes has to be built from its Go module, and ${path} is Go 1.19.8. ` +
        "Install Go 1.26.0 or newer (https://go.dev/dl/), put it on PATH and run again.",
    );
  });

  it("is what becomes of the engine when the official download failed lately", async () => {
    machine.forgoDownloads();
    go(BUILDS);
    expect((await provide(engineTool, report)).origin).toBe("built from its Go module");
  });
});

describe("an installation from Debian's packages", () => {
  const asUser = (uid: number) => jest.spyOn(process, "getuid" as never).mockReturnValue(uid as never);

  it("mends what an interrupted one left, then refreshes the lists, then installs", async () => {
    asUser(0);
    for (const name of ["apt-get", "dpkg"]) machine.program(name, noting());
    await installPackages("nginx 1.22 or newer", ["nginx"], report);
    const options = "-o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold";
    expect(calls()).toEqual([
      "dpkg --configure -a --force-confold",
      `apt-get ${options} update`,
      `apt-get ${options} install -y --no-install-recommends nginx`,
    ]);
  });

  it("gives the command to somebody who is not root", async () => {
    asUser(1000);
    machine.program("apt-get", noting());
    expect(await failureOf(installPackages("nginx 1.22 or newer", ["nginx"], report))).toBe(
      "nginx 1.22 or newer is not installed, and only root may. Run `sudo apt-get install -y --no-install-recommends nginx` and run again.",
    );
    expect(existsSync(join(machine.root, "calls"))).toBe(false);
  });

  it("names the package manager's absence", async () => {
    expect(await failureOf(installPackages("nginx 1.22 or newer", ["nginx"], report))).toBe(
      "nginx 1.22 or newer is not installed, and there is no apt-get here. Install it with your system's package manager and run again.",
    );
  });
});

describe("moto", () => {
  /** A Python whose environments hold a pip that notes how it is called. */
  const python = (version: string, pip: string, hasVenv = true) =>
    machine.program(
      "python3",
      `case "$1$2" in
        --version) echo Python ${version};;
        -c*) ${hasVenv ? "echo 1.0" : "exit 1"};;
        -mvenv) /bin/mkdir -p "$3/bin"; /bin/cp ${machine.program("pip", noting(pip), "later")} "$3/bin/pip";;
      esac`,
    );

  it("is installed with the pinned versions of all that it needs", async () => {
    python("3.12.1", "");
    const found = await provide(motoTool, report);
    expect(found.path).toBe(machine.cache("tools", "moto-5.2.1", "bin", "moto_server"));
    expect(calls().map((call) => call.replace(/--constraint \S+\/toolchain\//, "--constraint toolchain/"))).toEqual([
      "pip install --quiet --disable-pip-version-check --no-input --constraint toolchain/python/moto-constraints.txt " +
        "moto[s3,secretsmanager,kms,iam,sts,wafv2,rds,logs,server]==5.2.1",
    ]);
  });

  it("has a neighbour, gixy, that is installed likewise", async () => {
    python("3.12.1", "");
    expect((await provide(gixyTool, report)).path).toBe(machine.cache("tools", "gixy-0.2.59", "bin", "gixy"));
    expect(calls().map((call) => call.replace(/--constraint \S+\/toolchain\//, "--constraint toolchain/"))).toEqual([
      "pip install --quiet --disable-pip-version-check --no-input --constraint toolchain/python/gixy-constraints.txt gixy-ng==0.2.59",
    ]);
  });

  it("is not there after an installation that failed, and is installed by the next run", async () => {
    python("3.12.1", "echo '[Errno 28] No space left on device'; exit 1");
    expect(await failureOf(provide(motoTool, report))).toBe(
      "cannot get moto_server (AWS in the rehearsal): installing moto from PyPI failed after 0 s (exit code 1). " +
        "The disk is full: free some space and run again.\n[Errno 28] No space left on device",
    );
    expect((await lookUp(motoTool)).found).toBe(undefined);
    python("3.12.1", "");
    expect((await provide(motoTool, report)).version).toBe("5.2.1");
  });

  it.each([
    ["is too old", "3.9.2", true, "is Python 3.9.2"],
    ["cannot make environments", "3.12.1", false, "cannot make environments (python3-venv)"],
  ])("says what to install when Python %s", async (_, version, hasVenv, words) => {
    const path = python(version, "", hasVenv);
    expect(await failureOf(provide(motoTool, report))).toBe(
      "cannot get moto_server (AWS in the rehearsal): Python 3.11 or newer with its venv module is not installed, and there is no apt-get here. " +
        "Install it with your system's package manager and run again.",
    );
    expect(lines).toEqual([
      "moto_server is missing (AWS in the rehearsal): installing it from PyPI into a Python environment of its own",
      `  Python 3.11 or newer with its venv module is missing: ${path} ${words}`,
    ]);
  });
});

it("takes a program in a folder that cannot be read, or a folder of that name, for absent", async () => {
  mkdirSync(join(machine.root, "bin", "pulumi"));
  writeFileSync(join(machine.root, "first", "pulumi"), "not executable");
  expect(await lookUp(engineTool)).toEqual({ found: undefined, refused: [] });
  expect(dirname(machine.cache())).toBe(join(machine.root, "cache"));
});

describe("the Observatory", () => {
  const npm = (rest: string) => machine.program("npm", noting(rest));
  const target = () => machine.cache("tools", "observatory-1.4.8");
  const installed = () => join(target(), "node_modules", "@mdn", "mdn-http-observatory");

  it("is installed without its scripts, which would download lists, and with an empty list in their place", async () => {
    npm(`/bin/mkdir -p ${installed()}/conf`);
    expect(await provide(observatoryTool, report)).toEqual({ path: join(installed(), "src"), version: "1.4.8", origin: "npm" });
    expect(readFileSync(join(installed(), "conf", "hsts-preload.json"), "utf8")).toBe("{}");
    expect(calls()).toEqual([
      `npm install --prefix ${target()} --ignore-scripts --no-audit --no-fund --omit=optional --loglevel=error --before=2026-11-25 @mdn/mdn-http-observatory@1.4.8`,
    ]);
  });

  it("is not there after an installation that failed", async () => {
    npm(`/bin/mkdir -p ${installed()}/conf; exit 1`);
    expect(await failureOf(provide(observatoryTool, report))).toMatch(
      /^cannot get observatory \(grades of the edge's headers\): installing the Observatory from npm failed after \d s \(exit code 1\)\.?/,
    );
    expect((await lookUp(observatoryTool)).found).toBe(undefined);
  });
});

describe("axe", () => {
  const modules = () => join(machine.cache("tools", "axe-4.14.1"), "node_modules");

  it("is installed as it is pinned, and is there when npm has written its list", async () => {
    machine.program("npm", noting(`/bin/mkdir -p ${modules()}/axe-core; : > ${modules()}/.package-lock.json`));
    expect(await provide(axeTool, report)).toEqual({ path: join(modules(), "axe-core", "axe.min.js"), version: "4.14.1", origin: "npm" });
    expect(calls()).toEqual([
      `npm install --prefix ${machine.cache("tools", "axe-4.14.1")} --ignore-scripts --no-audit --no-fund --omit=optional --loglevel=error axe-core@4.14.1`,
    ]);
  });

  it("is not there after an installation that was cut off", async () => {
    machine.program("npm", `/bin/mkdir -p ${modules()}/axe-core; : > ${modules()}/axe-core/axe.min.js; exit 1`);
    expect(await failureOf(provide(axeTool, report))).toContain("installing axe from npm failed");
    expect((await lookUp(axeTool)).found).toBe(undefined);
  });
});
