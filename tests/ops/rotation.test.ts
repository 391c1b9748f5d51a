/**
 * `ops rotate` on the whole environment, with people at work all the while and everything going wrong that does: one rotation of all four secrets,
 * which is killed again and again, whose pods, API server and AWS go away, and whose image crashes at first. Does not prove what the real server
 * does with two values, nor how long AWS takes.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig, Watch } from "@kubernetes/client-node";
import { GetSecretValueCommand, ListSecretVersionIdsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { openAccess } from "../../ops/access";
import type { ClusterAccess } from "../../ops/cluster";
import type { RotationRecord } from "../../ops/rotate/machine";
import { verify } from "../../ops/verify/run";
import { CRASHING_TAG, SERVER_PROGRAM } from "../../rehearsal/images";
import { Supervisor } from "../../rehearsal/lib/supervisor";
import { statePassphrase } from "../../rehearsal/lib/directory";
import { controlPlane, kubeconfigFile } from "../../rehearsal/substrates/control-plane";
import { MOTO_SERVER } from "../../rehearsal/substrates/moto";
import { SECRET_NAMES } from "../../settings/schema";
import { keepRehearsal, KEEP_TIMEOUT, type SharedRehearsal } from "../helpers/kept-rehearsal";
import { type LoadRecord, People } from "../helpers/people";

const ROOT = resolve(__dirname, "..", "..");
const NAMESPACE = "maestroverse";
/** Moments at which the command is killed; the same in every run of the tests with the same seed. */
const SEED = Number(process.env["ROTATION_SEED"] ?? 20_261_125);
const KILLS = Number(process.env["ROTATION_KILLS"] ?? 3);
/** Milliseconds after its start at which it may be killed. */
const KILL_AFTER = { least: 3000, most: 25_000 };
const FAULT_MILLISECONDS = 10_000;
/** Milliseconds in which requests that the killed pod had are lost, and the edge may still choose it. */
const POD_KILL_MILLISECONDS = 8000;
const STORY_TIMEOUT = KEEP_TIMEOUT + 900_000;

/** A number from 0 to 1, of the seed. */
function moments(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

interface Run {
  readonly code: number | null;
  readonly killed: boolean;
  readonly output: string;
}

let rehearsal: SharedRehearsal;
let cluster: ClusterAccess;
let folder: string;
let settingsFile: string;
let recordFile: string;
/** Every value of the secrets that ever was, as it is and in base64. */
const canaries = new Set<string>();
/** What the command wrote, of every run. */
const outputs: string[] = [];
/** Process arguments that held a value. */
const exposed: string[] = [];
/** At each event of the watch: pods that can serve. */
const available: { readonly at: number; readonly pods: number }[] = [];
const faults: { readonly what: string; readonly at: number }[] = [];
let runs: Run[] = [];
let crash: { readonly run: Run; readonly served: number };
let load: LoadRecord;
let record: RotationRecord;
const closers: (() => unknown)[] = [];

/** `npm run ops -- rotate`, killed after some time or not. */
async function rotate(options: readonly string[] = [], killAfter?: number): Promise<Run> {
  const words = ["rotate", "--stack", "rehearsal", "--all", "--settings-file", settingsFile, "--json", recordFile, ...options];
  const child: ChildProcess = spawn(process.execPath, ["--import", require.resolve("tsx"), join(ROOT, "ops", "main.ts"), ...words], {
    cwd: ROOT,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (output += String(data)));
  let killed = false;
  const timer = killAfter === undefined ? undefined : setTimeout(() => (killed = child.kill("SIGKILL")), killAfter);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(timer);
  outputs.push(output);
  return { code, killed, output };
}

/** Again and again, until it is done. */
async function rotateThroughKills(): Promise<Run[]> {
  const moment = moments(SEED);
  const all: Run[] = [];
  for (let killed = 0; ;) {
    const isToEnd = killed >= KILLS;
    const run = await rotate([], isToEnd ? undefined : KILL_AFTER.least + moment() * (KILL_AFTER.most - KILL_AFTER.least));
    all.push(run);
    if (run.killed) killed++;
    if (run.code === 0) return all;
    if (all.length > KILLS + 3) throw new Error(`the rotation does not end:\n${all.map(({ output }) => output).join("\n---\n")}`);
  }
}

async function secretsOfPods(): Promise<string[]> {
  const { items } = await cluster.get<{ items: { metadata: { name: string }; data?: Record<string, string> }[] }>(
    `/api/v1/namespaces/${NAMESPACE}/secrets`,
  );
  const ours = items.filter(({ metadata }) => metadata.name.startsWith("maestroverse-app-secrets-"));
  for (const encoded of ours.flatMap(({ data = {} }) => Object.values(data))) {
    canaries.add(encoded);
    canaries.add(Buffer.from(encoded, "base64").toString("utf8"));
  }
  return ours.map(({ metadata }) => metadata.name);
}

/** Looks again and again for what nobody may see, and learns new values. */
async function lookForValues(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await secretsOfPods().catch(() => undefined);
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      let line = "";
      try {
        line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        continue;
      }
      if ([...canaries].some((value) => line.includes(value))) exposed.push(line.slice(0, 40));
    }
    await sleep(250, undefined, { signal }).catch(() => undefined);
  }
}

/** Follows the Deployment by the API server's watch, also when the server was away. */
async function follow(signal: AbortSignal): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigFile(rehearsal.directory));
  while (!signal.aborted) {
    const ended = new AbortController();
    const request = await new Watch(config)
      .watch(
        `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
        {},
        (_, object: { metadata: { name: string }; status?: { availableReplicas?: number } }) => {
          if (object.metadata?.name === "maestroverse-server")
            available.push({ at: Date.now(), pods: object.status?.availableReplicas ?? 0 });
        },
        () => ended.abort(),
      )
      .catch(() => undefined);
    const stop = () => request?.abort();
    signal.addEventListener("abort", stop);
    while (request !== undefined && !ended.signal.aborted && !signal.aborted) await sleep(100);
    signal.removeEventListener("abort", stop);
    stop();
    await sleep(300);
  }
}

/** Waits until the settings say so, or the story is over. */
async function settingsSay(pattern: RegExp, signal: AbortSignal): Promise<void> {
  while (!pattern.test(readFileSync(settingsFile, "utf8"))) await sleep(200, undefined, { signal });
}

/** The API server is killed, and is back after ten seconds. */
async function killApiServer(): Promise<void> {
  const supervisor = new Supervisor(rehearsal.directory);
  process.kill(supervisor.find("kube-apiserver")?.pid as number, "SIGKILL");
  faults.push({ what: "API server", at: Date.now() });
  await sleep(FAULT_MILLISECONDS);
  const signal = AbortSignal.timeout(60_000);
  await controlPlane.start({ ...rehearsal, supervisor, signal, report: () => undefined });
}

/** AWS does not answer for ten seconds. Killed, moto would forget everything, which AWS does not. */
async function stopMoto(): Promise<void> {
  const pid = new Supervisor(rehearsal.directory).find(MOTO_SERVER)?.pid as number;
  process.kill(pid, "SIGSTOP");
  faults.push({ what: "moto", at: Date.now() });
  await sleep(FAULT_MILLISECONDS);
  process.kill(pid, "SIGCONT");
}

/** The process of a pod that serves is killed. */
async function killPod(): Promise<void> {
  const { items } = await cluster.get<{
    items: { metadata: { name: string; deletionTimestamp?: string }; status: { conditions?: { type: string; status: string }[] } }[];
  }>(`/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app.kubernetes.io/name%3Dmaestroverse-server`);
  const ready = items.find(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true,
  );
  const name = ready?.metadata.name as string;
  const at = Date.now();
  let killed = 0;
  for (const pid of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const [command, environment] = ["cmdline", "environ"].map((file) => readFileSync(`/proc/${pid}/${file}`, "utf8")) as [string, string];
      if (!command.includes(SERVER_PROGRAM) || !environment.split("\0").includes(`HOSTNAME=${name}`)) continue;
      process.kill(Number(pid), "SIGKILL");
      killed++;
    } catch {
      // It has ended by itself.
    }
  }
  // Of one pod several processes: the container's, and what starts and confines it.
  if (killed > 0) faults.push({ what: "pod", at });
}

function replaceInSettings(from: RegExp, to: string): void {
  const text = readFileSync(settingsFile, "utf8");
  if (text.search(from) === -1) throw new Error(`the settings do not say ${String(from)}`);
  writeFileSync(settingsFile, text.replace(from, to));
}

beforeAll(async () => {
  rehearsal = await keepRehearsal();
  rehearsal.spoil();
  folder = mkdtempSync(join(tmpdir(), "rotation-"));
  settingsFile = join(folder, "Pulumi.rehearsal.yaml");
  recordFile = join(folder, "record.json");
  cpSync(join(ROOT, "Pulumi.rehearsal.yaml"), settingsFile);
  const access = await openAccess("rehearsal", { settingsFile });
  cluster = await access.cluster();
  closers.push(() => cluster.close());
  await secretsOfPods();

  const over = new AbortController();
  const background = [lookForValues(over.signal), follow(over.signal)];
  const people = await People.start(access.edge, access.settings.secrets.tokenSeconds.session);
  try {
    // An image that crashes on a second value.
    const image = access.settings.image.tag as string;
    replaceInSettings(new RegExp(`tag: "${image}"`), `tag: "${CRASHING_TAG}"`);
    replaceInSettings(/((?:_PEPPER|_SECRET): .*)overlap: false/g, "$1overlap: next");
    const run = await rotate();
    crash = { run, served: available.at(-1)?.pods ?? 0 };
    replaceInSettings(new RegExp(`tag: "${CRASHING_TAG}"`), `tag: "${image}"`);
    // The rotation, with what goes wrong in the middle of it.
    const wrong = (async () => {
      await settingsSay(/PEPPER: .*overlap: next/, over.signal);
      await killApiServer();
      await settingsSay(/PEPPER: .*overlap: true/, over.signal);
      await stopMoto();
      await settingsSay(/PEPPER: { generation: 2, .*overlap: false/, over.signal);
      await sleep(8000);
      await killPod();
    })();
    // Of a rotation that fails, its own error is told.
    wrong.catch(() => undefined);
    runs = await rotateThroughKills();
    await wrong;
    record = JSON.parse(readFileSync(recordFile, "utf8")) as RotationRecord;
  } finally {
    load = await people.stop();
    over.abort();
    await Promise.all(background);
  }
}, STORY_TIMEOUT);

afterAll(async () => {
  for (const close of closers) await close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  rehearsal?.release();
});

describe("a new image that crashes on the new secret", () => {
  it("stops the rollout: old pods serve, their secrets stay valid, and the message says what to do", () => {
    expect(crash.run.code).toBe(1);
    expect(crash.run.output).toMatch(
      /The rollout was stopped: maestroverse-server-\S+, with the new secrets, does not start: its container ended with exit code 1/,
    );
    expect(crash.run.output).toContain("2 pods with the secrets before serve on, and those stay valid; nobody is logged out.");
    expect(crash.run.output).toContain("npm run ops -- rotate --stack rehearsal --all --rollback");
    expect(crash.served).toBe(2);
  });
});

describe(`kill -9 of ops rotate at ${KILLS} random moments (seed ${SEED})`, () => {
  it("is run again, and ends in the same place", () => {
    expect(runs.filter(({ killed }) => killed)).toHaveLength(KILLS);
    expect([runs.at(-1)?.code, runs.at(-1)?.output]).toEqual([0, expect.stringContaining("rotated MAESTROVERSE_PEPPER")]);
    const wanted = readFileSync(join(ROOT, "Pulumi.rehearsal.yaml"), "utf8").replace(
      /(_PEPPER|_SECRET): { generation: 1, rotatedOn: "[\d-]+"/g,
      `$1: { generation: 2, rotatedOn: "${new Date().toISOString().slice(0, 10)}"`,
    );
    expect(readFileSync(settingsFile, "utf8")).toBe(wanted);
  });

  it("leaves one Secret in the cluster, AWSCURRENT with its values, AWSPREVIOUS empty and no AWSPENDING", async () => {
    expect(await secretsOfPods()).toEqual(["maestroverse-app-secrets-2-2-2-2"]);
    const access = await openAccess("rehearsal", { settingsFile });
    const client = new SecretsManagerClient(access.aws());
    const SecretId = access.settings.secrets.secretsManagerName;
    const at = async (VersionStage: string) =>
      JSON.parse((await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString as string) as Record<
        string,
        string
      >;
    const current = await at("AWSCURRENT");
    expect(Object.keys(current).sort()).toEqual([...SECRET_NAMES].sort());
    expect(Object.values(current).filter((value) => !canaries.has(value))).toEqual([]);
    expect(await at("AWSPREVIOUS")).toEqual({});
    const { Versions = [] } = await client.send(new ListSecretVersionIdsCommand({ SecretId }));
    expect(Versions.flatMap(({ VersionStages = [] }) => VersionStages).sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
    client.destroy();
  });

  it("is what ops verify finds in order", async () => {
    const access = await openAccess("rehearsal", { settingsFile });
    const found = await verify(access, { only: ["RB-3.1"], signal: AbortSignal.timeout(60_000) });
    expect(found.probes.filter(({ outcome }) => outcome !== "pass").map(({ name, seen }) => `${name}: ${seen}`)).toEqual([]);
  }, 90_000);
});

describe("under 50 requests a second", () => {
  it("sends them: by token, by cookie, changes with a CSRF token, logins, and a socket.io connection", () => {
    expect(load.sent).toBeGreaterThan(2000);
    expect(load.logins).toBeGreaterThan(20);
    expect(load.socket.echoes).toBeGreaterThan(50);
  });

  it("logs nobody out", () => {
    expect(load.failures.filter(({ loggedOut }) => loggedOut).map(({ what }) => what)).toEqual([]);
    expect(load.socket.refused).toBe(0);
  });

  it("loses no request, but those that a killed pod had in hand", () => {
    const killed = faults.filter(({ what }) => what === "pod").map(({ at }) => at);
    const isItsFault = ({ at }: { at: number }) => killed.some((moment) => at >= moment && at < moment + POD_KILL_MILLISECONDS);
    expect(load.failures.filter((failure) => !isItsFault(failure)).map(({ what }) => what)).toEqual([]);
  });

  it("has at most one pod unavailable at every event of the API server's watch", () => {
    expect(available.length).toBeGreaterThan(20);
    expect(available.filter(({ pods }) => pods < 1)).toEqual([]);
    const killed = faults.find(({ what }) => what === "pod")?.at ?? Infinity;
    expect(available.filter(({ at, pods }) => pods < 2 && at < killed)).toEqual([]);
  });
});

describe("a pod, the API server and AWS that go away in the middle", () => {
  it("do go away, and the rotation completes", () => {
    expect(faults.map(({ what }) => what)).toEqual(["API server", "moto", "pod"]);
  });
});

describe("the record", () => {
  it("has every key that every pod was asked about, and no failed request of its own client", () => {
    expect(record.problems).toEqual([]);
    const last = record.steps.at(-1);
    expect(last).toMatchObject({ what: "deploy", generations: "2-2-2-2" });
    const pods = new Set(last?.checks.map(({ pod }) => pod));
    expect(pods.size).toBe(2);
    expect(last?.checks.filter(({ expected, found }) => expected !== found)).toEqual([]);
    for (const pod of pods)
      expect(
        last?.checks
          .filter((check) => check.pod === pod && check.found === "current")
          .map(({ secret }) => secret)
          .sort(),
      ).toEqual([...SECRET_NAMES].sort());
  });
});

describe("the values", () => {
  /** Files under a folder with one of the values in them. */
  function filesWithValues(root: string): string[] {
    if (!existsSync(root)) return [];
    return readdirSync(root, { recursive: true, encoding: "utf8" })
      .map((name) => join(root, name))
      .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
      .filter((file) => {
        const text = readFileSync(file, "latin1");
        return [...canaries].some((value) => text.includes(value) || text.includes(encodeURIComponent(value)));
      });
  }

  it("are those of two generations of four secrets, and the search finds what it looks for", () => {
    // Twice each: as it is, and as the cluster writes it.
    expect(canaries.size).toBe(2 * 2 * SECRET_NAMES.length);
    writeFileSync(join(folder, "planted"), `a log line with ${[...canaries][0]}\n`);
    expect(filesWithValues(folder)).toEqual([join(folder, "planted")]);
    rmSync(join(folder, "planted"));
  });

  it("are in no log, record, state, settings file or golden file", () => {
    const folders = ["state", "logs", "pods", "pod-volumes", "nginx", "records", "processes", "node-agent", "datadog-intake"];
    expect(
      [...folders.map((name) => join(rehearsal.directory, name)), folder, join(ROOT, "tests", "golden")].flatMap(filesWithValues),
    ).toEqual([]);
  });

  it("are in nothing that the command printed, and in no process's arguments while it ran", () => {
    expect(outputs.filter((text) => [...canaries].some((value) => text.includes(value)))).toEqual([]);
    expect(exposed).toEqual([]);
  });

  it("are in no preview of what is deployed, as text, JSON, SARIF, JUnit or Markdown", () => {
    const out = join(folder, "preview");
    const files = ["json", "sarif", "junit", "markdown"].flatMap((kind) => [`--${kind}`, `${out}.${kind}`]);
    let text = "";
    try {
      text = execFileSync(
        process.execPath,
        ["--import", require.resolve("tsx"), join(ROOT, "ops", "main.ts"), "preview", "--stack", "rehearsal", ...files],
        {
          cwd: ROOT,
          encoding: "utf8",
          stdio: ["ignore", "pipe", "pipe"],
          env: {
            ...process.env,
            PULUMI_BACKEND_URL: `file://${join(rehearsal.directory, "state")}`,
            PULUMI_CONFIG_PASSPHRASE: statePassphrase(rehearsal.directory),
          },
        },
      );
    } catch (error) {
      text = `${(error as { stdout: string }).stdout}${(error as { stderr: string }).stderr}`;
    }
    expect(text).toContain("rehearsal");
    expect(existsSync(`${out}.json`)).toBe(true);
    writeFileSync(`${out}.txt`, text);
    expect(filesWithValues(folder)).toEqual([]);
  }, 120_000);
});
