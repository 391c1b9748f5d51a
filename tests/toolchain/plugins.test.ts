import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { chooseAnalyzer, choosePlugin, findOfficialPlugin, pluginPath } from "../../toolchain/plugins";
import { RUN_BUNDLE } from "../../toolchain/bundle";
import { bundleStandIns } from "../../toolchain/stand-ins";
import { PLUGIN_PACKAGES, pluginVersion, REPOSITORY } from "../../toolchain/versions";
import { type FakeMachine, startFakeMachine } from "../helpers/fake-machine";
import { pluginScript } from "../helpers/fake-plugin";

let machine: FakeMachine;
beforeEach(() => {
  machine = startFakeMachine();
  machine.forgoDownloads();
  machine.lendStandIns();
});
afterEach(() => machine.remove());

const silent = () => undefined;
const STAND_INS = PLUGIN_PACKAGES.map((name) => `pulumi-resource-${name}`);

describe("the plugin of a package", () => {
  it("is the stand-in where there is no other", async () => {
    expect(await choosePlugin("aws")).toEqual({
      package: "aws",
      kind: "stand-in",
      version: pluginVersion("aws"),
      origin: "rehearsal/plugins",
    });
  });

  it("is the official one on PATH, before the stand-in", async () => {
    machine.program("pulumi-resource-aws", pluginScript(`v${pluginVersion("aws")}`));
    const { dir, table } = await pluginPath(silent);
    expect(table.map((choice) => `${choice.package}: ${choice.kind}, ${choice.origin}`)).toEqual([
      "kubernetes: stand-in, rehearsal/plugins",
      "aws: official, PATH",
      "postgresql: stand-in, rehearsal/plugins",
      "random: stand-in, rehearsal/plugins",
      "datadog: stand-in, rehearsal/plugins",
    ]);
    expect(readdirSync(dir)).not.toContain("pulumi-resource-aws");
  });

  it("says the version of the one on PATH: a newer one of the same major version suits", async () => {
    const newer = pluginVersion("random").replace(/\.\d+\.\d+$/, ".9999.0");
    machine.program("pulumi-resource-random", pluginScript(newer));
    expect(await choosePlugin("random")).toEqual({ package: "random", kind: "official", version: newer, origin: "PATH" });
  });

  it.each([
    ["of an older version", pluginScript("4.0.1"), "is version 4.0.1"],
    ["of another major version", pluginScript("v5.0.0"), "is version 5.0.0"],
    ["that says no version", pluginScript(""), "does not tell its version"],
    ["that is no plugin", "echo hello; exit 3", "does not tell its version"],
    ["that ends at once", "exit 0", "does not tell its version"],
  ])("is none, and nothing starts, where PATH has one %s: the engine would take it", async (_, script, what) => {
    const path = machine.program("pulumi-resource-random", script);
    const message = `${path} ${what}; this program needs ${pluginVersion("random")} or newer, below the next major. Update it, or take it off PATH.`;
    await expect(choosePlugin("random")).rejects.toThrow(new Error(message));
    await expect(pluginPath(silent)).rejects.toThrow(new Error(message));
  });

  it("is the official one in Pulumi's folder when it has the version that the SDK expects", async () => {
    const install = (version: string) =>
      mkdirSync(join(machine.root, ".pulumi", "plugins", `resource-random-v${version}`), { recursive: true });
    install("0.0.1");
    expect((await choosePlugin("random")).kind).toBe("stand-in");
    install(pluginVersion("random"));
    expect(await choosePlugin("random")).toEqual({
      package: "random",
      kind: "official",
      version: pluginVersion("random"),
      origin: "plugin folder",
    });
  });

  it("is not taken for official because our own folder is on PATH, as it is while the engine runs", async () => {
    const { dir } = await pluginPath(silent);
    process.env["PATH"] = [process.env["PATH"], dir].join(delimiter);
    expect(await findOfficialPlugin("aws")).toBe(undefined);
    expect(await chooseAnalyzer()).toBe("@pulumi/pulumi");
    expect((await pluginPath(silent)).dir).toBe(dir);
  });
});

describe("the folder of stand-ins", () => {
  it("holds an executable for each, and the policy analyzer, of this clone", async () => {
    const { dir } = await pluginPath(silent);
    expect(readdirSync(dir).sort()).toEqual([".clone", "pulumi-analyzer-policy", ...[...STAND_INS].sort()]);
    for (const name of [...STAND_INS, "pulumi-analyzer-policy"]) accessSync(join(dir, name), constants.X_OK);
    expect(readFileSync(join(dir, "pulumi-resource-aws"), "utf8")).toBe(
      `#!/bin/sh\nNODE_PATH='${REPOSITORY}/node_modules' exec '${process.execPath}' '${RUN_BUNDLE}' '${(await bundleStandIns()).aws}' "$@"\n`,
    );
  });

  it("has no policy analyzer where PATH has the engine's own", async () => {
    machine.program("pulumi-analyzer-policy", "");
    expect(readdirSync((await pluginPath(silent)).dir).sort()).toEqual([".clone", ...[...STAND_INS].sort()]);
  });

  it("is another one after a plugin was installed, so that a run under way keeps its own", async () => {
    const before = await pluginPath(silent);
    machine.program("pulumi-resource-aws", pluginScript(pluginVersion("aws")));
    const after = await pluginPath(silent);
    expect(after.dir).not.toBe(before.dir);
    expect(existsSync(join(before.dir, "pulumi-resource-aws"))).toBe(true);
  });

  it("is whole however many runs make it at once", async () => {
    const dirs = await Promise.all(Array.from({ length: 8 }, async () => (await pluginPath(silent)).dir));
    expect(new Set(dirs).size).toBe(1);
    expect(readdirSync(dirs[0])).toHaveLength(2 + STAND_INS.length);
  });

  it("is removed once its clone is gone", async () => {
    const { dir } = await pluginPath(silent);
    const make = (name: string, clone?: string) => {
      mkdirSync(machine.cache("plugins", name));
      if (clone !== undefined) writeFileSync(machine.cache("plugins", name, ".clone"), `${clone}\n`);
    };
    make("gone", join(machine.root, "no-such-clone"));
    make("begun");
    make("orphan");
    utimesSync(machine.cache("plugins", "orphan"), 0, 0);
    await pluginPath(silent);
    expect(readdirSync(machine.cache("plugins")).sort()).toEqual(["begun", dir.split("/").at(-1)].sort());
  });
});

describe("the programs of the stand-ins", () => {
  const written = () => readdirSync(machine.cache("stand-ins"), { recursive: true }).length;

  it("run without a compiler, and serve", async () => {
    const { dir } = await pluginPath(silent);
    for (const name of STAND_INS) {
      const plugin = spawn(join(dir, name), ["127.0.0.1:9"], { stdio: ["ignore", "pipe", "inherit"] });
      const [line] = (await once(plugin.stdout, "data")) as [Buffer];
      expect([name, String(line)]).toEqual([name, expect.stringMatching(/^\d+\n$/)]);
      plugin.kill("SIGKILL");
      await once(plugin, "exit");
    }
  });

  it("are bundled once, and removed after a week without use", async () => {
    rmSync(machine.cache("stand-ins"), { recursive: true });
    await bundleStandIns();
    expect(written()).toBe(1 + PLUGIN_PACKAGES.length);
    const old = machine.cache("stand-ins", "of-other-sources");
    mkdirSync(old);
    utimesSync(old, 0, 0);
    const random = (await bundleStandIns()).random;
    const before = statSync(random).ino;
    expect([existsSync(old), statSync(random).ino]).toEqual([true, before]);
    rmSync(random);
    await bundleStandIns();
    expect([existsSync(old), existsSync(random)]).toEqual([false, true]);
    // Bundles twice.
  }, 120_000);
});

it("does not try a download again that failed in the last 24 hours", async () => {
  const lines: string[] = [];
  await pluginPath((line) => lines.push(line));
  expect(lines).toEqual([]);
});
