import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { installAtomically, tryLock, withLock, writeAtomically } from "../../toolchain/cache";
import { ownProcess } from "../../toolchain/processes";
import { REPOSITORY } from "../../toolchain/versions";
import { type FakeMachine, startFakeMachine } from "../helpers/fake-machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = startFakeMachine();
});
afterEach(() => machine.remove());

const locks = () => readdirSync(machine.cache("locks"));
const lockFile = (name: string) => machine.cache("locks", `${name}.lock`);

/** Runs a script that may use the cache, in a process of its own. */
function child(script: string): ChildProcess {
  const cache = JSON.stringify(join(REPOSITORY, "toolchain", "cache.ts"));
  const code = `const { withLock } = require(${cache}); const fs = require("node:fs"); (async () => { ${script} })();`;
  return spawn(
    process.execPath,
    ["--import", join(REPOSITORY, "node_modules", "tsx", "dist", "loader.mjs"), "--input-type=commonjs", "-e", code],
    {
      env: machine.environment,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
}

describe("a lock", () => {
  it("lets in one at a time, and everyone in the end", async () => {
    let inside = 0;
    const seen: number[] = [];
    await Promise.all(
      Array.from({ length: 6 }, () =>
        withLock("one", async () => {
          seen.push(++inside);
          await sleep(5);
          inside--;
        }),
      ),
    );
    expect(seen).toEqual([1, 1, 1, 1, 1, 1]);
    expect(locks()).toEqual([]);
  });

  it("keeps processes apart that race for what a dead one held", async () => {
    mkdirSync(machine.cache("locks"), { recursive: true });
    writeFileSync(lockFile("count"), JSON.stringify({ pid: process.pid, started: "1" }));
    const counter = join(machine.root, "counter");
    writeFileSync(counter, "0");
    const add = `for (let i = 0; i < 5; i++) await withLock("count", async () => {
      const before = Number(fs.readFileSync(${JSON.stringify(counter)}, "utf8"));
      await new Promise((resolve) => setTimeout(resolve, 5));
      fs.writeFileSync(${JSON.stringify(counter)}, String(before + 1));
    });`;
    const racers = [child(add), child(add), child(add)];
    expect(await Promise.all(racers.map(async (racer) => ((await once(racer, "exit")) as [number])[0]))).toEqual([0, 0, 0]);
    expect(readFileSync(counter, "utf8")).toBe("15");
    expect(locks()).toEqual([]);
  });

  it("is given back when the work fails", async () => {
    await expect(withLock("one", () => Promise.reject(new Error("no luck")))).rejects.toThrow("no luck");
    expect(locks()).toEqual([]);
  });

  it("is taken over from a process that was killed while it held it", async () => {
    const holder = child(
      `await withLock("one", async () => { console.log("held"); await new Promise(() => setInterval(() => 0, 1000)); });`,
    );
    await once(holder.stdout as NodeJS.ReadableStream, "data");
    expect(await tryLock(lockFile("one"))).toBe(false);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    expect(await withLock("one", () => Promise.resolve("mine"))).toBe("mine");
  });

  it("is taken over when what it holds cannot be understood", async () => {
    mkdirSync(machine.cache("locks"), { recursive: true });
    writeFileSync(lockFile("one"), "");
    expect(await withLock("one", () => Promise.resolve("mine"))).toBe("mine");
  });

  it("says whom it waits for, and stops waiting when told to", async () => {
    mkdirSync(machine.cache("locks"), { recursive: true });
    writeFileSync(lockFile("one"), JSON.stringify(ownProcess()));
    const abort = new AbortController();
    const words: unknown[] = [];
    const waiting = withLock("one", () => Promise.resolve(), {
      signal: abort.signal,
      onWait: (pid, seconds) => {
        words.push([pid, seconds]);
        abort.abort(new Error("enough"));
      },
    });
    await expect(waiting).rejects.toThrow("enough");
    expect(words).toEqual([[process.pid, 0]]);
    expect(locks()).toEqual(["one.lock"]);
  });
});

describe("an installation", () => {
  const target = () => machine.cache("tools", "thing-1.0");

  it("appears only when it is complete", async () => {
    const made = await installAtomically(target(), async (folder) => {
      await writeFile(join(folder, "half"), "");
      expect(readdirSync(machine.cache("tools")).filter((name) => !name.startsWith("."))).toEqual([]);
    });
    expect([made, readdirSync(target())]).toEqual([true, ["half"]]);
  });

  it("leaves nothing when it fails", async () => {
    const failing = installAtomically(target(), async (folder) => {
      await writeFile(join(folder, "half"), "");
      throw new Error("disk gone");
    });
    await expect(failing).rejects.toThrow("disk gone");
    expect(readdirSync(machine.cache("tools"))).toEqual([]);
  });

  it("removes what a killed one left, and nothing of others", async () => {
    await mkdir(machine.cache("tools", ".thing-1.0.partial-abc", "deep"), { recursive: true });
    await mkdir(machine.cache("tools", ".other-1.0.partial-abc"));
    await installAtomically(target(), () => Promise.resolve());
    expect(readdirSync(machine.cache("tools")).sort()).toEqual([".other-1.0.partial-abc", "thing-1.0"]);
  });

  it("does not touch what is there", async () => {
    await mkdir(target(), { recursive: true });
    expect(await installAtomically(target(), () => Promise.reject(new Error("must not be called")))).toBe(false);
  });
});

describe("a small file", () => {
  it("is whole at every moment while many write it", async () => {
    const file = join(machine.root, "script");
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(5000));
    await Promise.all([
      ...texts.map((text) => writeAtomically(file, text, 0o755)),
      ...texts.map(async () => {
        const seen = await readFile(file, "utf8").catch(() => texts[0]);
        expect(texts).toContain(seen);
      }),
    ]);
    expect(readdirSync(machine.root).filter((name) => name.startsWith("script"))).toEqual(["script"]);
    expect(statSync(file).mode & 0o777).toBe(0o755);
  });

  it("is left alone when it says the same already", async () => {
    const file = join(machine.root, "script");
    await writeAtomically(file, "same", 0o755);
    const { ino } = statSync(file);
    await writeAtomically(file, "same", 0o755);
    expect(statSync(file).ino).toBe(ino);
  });
});
