import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { EXIT } from "../../ops/cli/exit-codes";
import { formatTable, inspect, missingOf, type Row } from "../../toolchain/doctor";
import { chromiumTool, engineTool, flockTool, motoTool, opensslTool, setprivTool } from "../../toolchain/tools";
import { pluginVersion, PULUMI_VERSION, REPOSITORY } from "../../toolchain/versions";
import { type FakeMachine, startFakeMachine } from "../helpers/fake-machine";
import { pluginScript } from "../helpers/fake-plugin";

let machine: FakeMachine;
beforeEach(() => {
  machine = startFakeMachine();
  machine.forgoDownloads();
});
afterEach(() => machine.remove());

const row = (rows: readonly Row[], component: string) => rows.filter((each) => each.component === component);
const STAND_IN = "STAND-IN: previews of any stack, deployments of the rehearsal only";

describe("the table", () => {
  it("says of each component its version, where it comes from and what was found but not used", async () => {
    const old = machine.program("pulumi", "echo v3.99.0");
    const path = machine.program("pulumi", "", join("cache", "maestroverse-ops", "tools", `pulumi-${PULUMI_VERSION}`, "bin"));
    expect(row(await inspect([engineTool]), "pulumi")).toEqual([
      {
        component: "pulumi",
        version: PULUMI_VERSION,
        origin: "built from its Go module",
        path,
        required: true,
        note: `the engine; ${old} is pulumi 3.99.0; 3.212.0 or newer is wanted`,
      },
    ]);
  });

  it("says of a missing one what would be done", async () => {
    expect(row(await inspect([motoTool]), "moto_server")).toEqual([
      {
        component: "moto_server",
        origin: "missing: installing it from PyPI into a Python environment of its own",
        required: true,
        note: "AWS in the rehearsal",
      },
    ]);
  });

  it("tells official plugins from stand-ins", async () => {
    machine.program("pulumi-resource-random", pluginScript(pluginVersion("random")));
    const rows = (await inspect([])).filter(({ component }) => component.startsWith("plugin "));
    expect(rows.map(({ component, version, origin, note }) => [component, version, origin, note])).toEqual([
      ["plugin kubernetes", pluginVersion("kubernetes"), "rehearsal/plugins", STAND_IN],
      ["plugin aws", pluginVersion("aws"), "rehearsal/plugins", STAND_IN],
      ["plugin postgresql", pluginVersion("postgresql"), "rehearsal/plugins", STAND_IN],
      ["plugin random", pluginVersion("random"), "PATH", "official plugin"],
      ["plugin datadog", pluginVersion("datadog"), "rehearsal/plugins", STAND_IN],
    ]);
  });

  it("has a plugin on PATH that does not suit as missing, with what to do", async () => {
    const path = machine.program("pulumi-resource-random", pluginScript("4.0.1"));
    const rows = await inspect([]);
    expect(row(rows, "plugin random")).toEqual([
      {
        component: "plugin random",
        origin: "PATH, refused",
        required: true,
        note: `${path} is version 4.0.1; this program needs ${pluginVersion("random")} or newer, below the next major. Update it, or take it off PATH.`,
      },
    ]);
    expect(missingOf(rows)).toEqual(["plugin random"]);
  });

  it.each([
    [opensslTool, 'echo "OpenSSL 3.0.19 27 Jan 2026"', "3.0.19"],
    [setprivTool, 'echo "setpriv from util-linux 2.38.1"', "2.38.1"],
    [flockTool, 'echo "flock from util-linux 2.38.1"', "2.38.1"],
  ])("has $name, which the rehearsal needs", async (tool, script, version) => {
    const path = machine.program(tool.name, script);
    expect((await inspect([tool])).filter(({ component }) => component === tool.name)).toEqual([
      { component: tool.name, version, origin: "PATH", path, required: true, note: tool.purpose },
    ]);
    expect(tool.remedy).toBe(`apt-get install ${tool === opensslTool ? "openssl" : "util-linux"}`);
  });

  it("counts as missing only what the rehearsal needs", async () => {
    const rows = await inspect([engineTool, { ...chromiumTool, candidates: () => Promise.resolve([]) }, motoTool]);
    expect(missingOf(rows)).toEqual(["pulumi", "moto_server"]);
  });

  it("has straight columns", () => {
    const rows: Row[] = [
      { component: "pulumi", version: "3.212.0", origin: "PATH", required: true, note: "the engine" },
      { component: "nginx", origin: "missing: apt-get install nginx", required: true, note: "the edge" },
    ];
    expect(formatTable(rows)).toBe(
      [
        "component  version  origin                          note",
        "---------  -------  ------------------------------  ----------",
        "pulumi     3.212.0  PATH                            the engine",
        "nginx      -        missing: apt-get install nginx  the edge",
      ].join("\n"),
    );
  });
});

describe("npm run doctor", () => {
  const doctor = async (...args: string[]) => {
    const tsx = join(REPOSITORY, "node_modules", "tsx", "dist", "loader.mjs");
    const child = spawn(process.execPath, ["--import", tsx, join(REPOSITORY, "ops", "main.ts"), "doctor", ...args], {
      env: machine.environment,
    });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close") as Promise<[number]>]);
    return { out, err, code };
  };
  /** Not those that this machine may have in Debian's folders. */
  const OURS = ["pulumi", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "moto_server"];

  it("fails when something is missing, says what, and how it is had", async () => {
    const { out, err, code } = await doctor("--json");
    const { missing, components } = JSON.parse(out) as { missing: string[]; components: Row[] };
    expect(missing.filter((name) => OURS.includes(name))).toEqual(OURS);
    expect(row(components, "etcd").map(({ origin }) => origin)).toEqual(["missing: building it from its Go module"]);
    // With --json the table is for people, beside the record.
    const advice = `Missing: ${missing.join(", ")}. The rehearsal gets them when it needs them; now: npm run doctor -- --provide\n`;
    expect(err).toBe(`${formatTable(components)}\n\n${advice}`);
    expect(code).toBe(EXIT.found);
  });

  it("fails with one error when something cannot be had", async () => {
    const { out, err, code } = await doctor("--provide");
    const last = err.trimEnd().split("\n").at(-1);
    expect([last?.startsWith("cannot get "), out, code]).toEqual([true, "", 1]);
    expect(err.match(/cannot get /g)).toHaveLength(1);
  });

  it("refuses an option that it does not know", async () => {
    const { err, code } = await doctor("--provid");
    expect(err.split("\n")[0]).toBe("error: unknown option '--provid'");
    expect(code).toBe(1);
  });
});
