/**
 * `npm run rehearse` as a user runs it, in the one place on a machine where it can run. Proves the whole: real engine, real servers, real pods,
 * and that nothing is left. Does not prove what README lists under "Not proven here".
 */
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PROBES } from "../../ops/verify/probes";
import { readProgress, rehearsalDirectory } from "../../rehearsal/lib/directory";
import { Supervisor } from "../../rehearsal/lib/supervisor";
import { failureLogs, loadSettings, type RehearsalRecord } from "../../rehearsal/rehearse";
import { serviceFile } from "../../rehearsal/service-file";
import { kubeconfigFile } from "../../rehearsal/substrates/control-plane";
import { controlPlaneTools } from "../../toolchain/go-tools";
import { provide } from "../../toolchain/tools";
import { KEEP_TIMEOUT, takeRehearsalForTests } from "../helpers/kept-rehearsal";

const ROOT = resolve(__dirname, "..", "..");
const directory = rehearsalDirectory();
const PROGRAM = ["--import", require.resolve("tsx"), join(ROOT, "ops", "main.ts"), "rehearse"];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ended> {
  return new Promise((resolveRun) => {
    execFile(file, args, { cwd: ROOT, env, maxBuffer: 64e6 }, (error, stdout, stderr) =>
      resolveRun({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}
const rehearse = (...args: string[]) => run(process.execPath, [...PROGRAM, ...args]);
const runningServers = () => new Supervisor(directory).running().map(({ name }) => name);

/** Every process of the machine that names the rehearsal's folder. */
async function processesOfRehearsal(): Promise<string[]> {
  const { stdout } = await run("ps", ["-eo", "stat=,args="]);
  return stdout.split("\n").filter((line) => line.includes(directory) && !line.startsWith("Z"));
}

let folder: string;
let giveBack: () => void;
beforeAll(async () => {
  giveBack = await takeRehearsalForTests();
  folder = mkdtempSync(join(tmpdir(), "rehearse-test-"));
  await rehearse("down");
}, KEEP_TIMEOUT);
afterAll(async () => {
  await rehearse("down");
  rmSync(folder, { recursive: true, force: true });
  giveBack();
}, 60_000);

it("refuses before anything starts when a port is taken, naming it and its setting", async () => {
  const blocker = createServer();
  await new Promise<void>((ready) => blocker.listen(28443, "127.0.0.1", ready));
  try {
    const { code, stderr } = await rehearse();
    expect(code).toBe(1);
    expect(stderr).toContain("The rehearsal cannot start; nothing was started:\n");
    expect(stderr).toContain(
      "  - nginx: port 127.0.0.1:28443 is taken by another program. End that program (ss -ltnp shows it), or choose another port: edge.nginx.httpsPort in Pulumi.rehearsal.yaml.",
    );
    expect([await processesOfRehearsal(), existsSync(directory)]).toEqual([[], false]);
  } finally {
    blocker.close();
  }
}, 120_000);

it("recovers from a kill in the middle of the deployment, keeps everything running, and every check passes", async () => {
  const killed = spawn(process.execPath, PROGRAM, { cwd: ROOT, stdio: "ignore" });
  const ended = new Promise((done) => killed.once("exit", done));
  while (readProgress(directory) !== "deploying" && killed.exitCode === null) await sleep(100);
  await sleep(5_000);
  killed.kill("SIGKILL");
  await ended;
  expect(runningServers()).toContain("etcd");

  const record = join(folder, "first.json");
  const { code, stderr } = await rehearse("--keep", "--json", record);
  expect({ code, why: code === 0 ? "" : stderr }).toEqual({ code: 0, why: "" });
  const { verification, changes, running } = JSON.parse(readFileSync(record, "utf8")) as RehearsalRecord;
  expect(verification?.probes.map(({ name, outcome }) => [name, outcome === "not-applicable" ? "pass" : outcome])).toEqual(
    PROBES.map(({ name }) => [name, "pass"]),
  );
  expect(verification?.probes.filter(({ outcome }) => outcome === "not-applicable").map(({ name }) => name)).toEqual([
    "backup-copy",
    "drill",
  ]);
  expect([Object.keys(changes), running]).toEqual([["create"], true]);
}, 420_000);

it("changes nothing when it runs again, and leaves what was kept", async () => {
  const record = join(folder, "second.json");
  const before = new Supervisor(directory).running();
  const { code, stdout } = await rehearse("--json", record);
  const { changes, running, page, verification } = JSON.parse(readFileSync(record, "utf8")) as RehearsalRecord;
  expect([code, Object.keys(changes), running]).toEqual([0, ["same"], true]);
  // A page for people, of this run, where it says.
  expect(stdout).toContain(`The same as a page, with the evidence: ${page}\n`);
  expect(readFileSync(page, "utf8")).toContain(`<code>${verification?.run}</code>`);
  expect(new Supervisor(directory).running()).toEqual(before);
}, 240_000);

it("shows kubectl an available Deployment, a CronJob and Ingresses with an address", async () => {
  const { path: kubectl } = await provide(controlPlaneTools.kubectl, () => undefined);
  const get = async (kind: string, columns: string) =>
    (
      await run(kubectl, [
        "--kubeconfig",
        kubeconfigFile(directory),
        "-n",
        "maestroverse",
        "get",
        kind,
        "--no-headers",
        "-o",
        `custom-columns=${columns}`,
      ])
    ).stdout
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/).join(" "));
  expect(await get("deploy", "N:.metadata.name,A:.status.availableReplicas")).toEqual(["maestroverse-server 2"]);
  expect(await get("cronjob", "N:.metadata.name,S:.spec.schedule")).toEqual(["maestroverse-backup 0 2 * * *"]);
  expect(await get("ingress", "N:.metadata.name,A:.status.loadBalancer.ingress[0].ip")).toEqual([
    "maestroverse-api 127.0.0.1",
    "maestroverse-api-exempt 127.0.0.1",
    "maestroverse-api-host 127.0.0.1",
  ]);
  expect((await get("pods", "P:.status.phase,N:.metadata.labels.app\\.kubernetes\\.io/name")).sort()).toEqual([
    "Running maestroverse-server",
    "Running maestroverse-server",
  ]);
}, 60_000);

it("lets psql as maestro_app read and write rows, and create nothing", async () => {
  const psql = (statement: string) =>
    run("psql", ["service=maestro_app", "-XAtc", statement], { ...process.env, PGSERVICEFILE: serviceFile(directory) });
  expect(await psql(`INSERT INTO "User" ("email", "passwordHash") VALUES ('psql@example.edu', 'none') RETURNING "email"`)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^psql@example\.edu\n/) as string,
  });
  expect(await psql(`DELETE FROM "User" WHERE "email" = 'psql@example.edu' RETURNING 1`)).toMatchObject({ code: 0 });
  const { code, stderr } = await psql("CREATE TABLE stolen (id int)");
  expect([code, stderr.split("\n")[0]]).toEqual([1, "ERROR:  permission denied for schema public"]);
}, 60_000);

it("shows `ops drift` what a superuser granted, and is clean again after the advice", async () => {
  const { adminUser } = (await loadSettings()).database;
  const env = { ...process.env, PGSERVICEFILE: serviceFile(directory) };
  const psql = (statements: string) => run("psql", [`service=${adminUser}`, "-XAtqc", statements, "-v", "ON_ERROR_STOP=1"], env);
  const drift = async () => {
    const { code, stdout } = await run(process.execPath, [
      ...PROGRAM.slice(0, 2),
      join(ROOT, "ops", "main.ts"),
      "drift",
      "--stack",
      "rehearsal",
    ]);
    return {
      code,
      findings: stdout.split("\n").filter((line) => line.startsWith("  - ")),
      advice: /^BEGIN;[\s\S]*^COMMIT;$/m.exec(stdout)?.[0],
    };
  };
  await psql("GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO maestro_app");
  const { code, findings, advice } = await drift();
  const tables = ['"Course"', '"CourseEvent"', '"Session"', '"User"', "_prisma_migrations"];
  expect({ code, findings }).toEqual({
    code: 2,
    findings: [
      "  - PUBLIC holds CREATE on schema public, which is not specified",
      ...tables.map((table) => `  - maestro_app holds TRUNCATE on table public.${table}, which is not specified`),
    ],
  });
  expect(await psql(advice ?? "none")).toMatchObject({ code: 0 });
  expect(await drift()).toEqual({ code: 0, findings: [], advice: undefined });
}, 180_000);

it("tells a second one at once that the first is at work", async () => {
  const first = spawn(process.execPath, PROGRAM, { cwd: ROOT, stdio: "ignore" });
  const ended = new Promise((done) => first.once("exit", done));
  try {
    while (!existsSync(`${directory}.lock`) && first.exitCode === null) await sleep(50);
    const second = await rehearse();
    expect([second.code, second.stderr.trim()]).toEqual([
      1,
      `Another rehearsal is at work on this machine (pid ${first.pid}): there are its ports only once. Wait for it to end, or end it, then run again.`,
    ]);
  } finally {
    first.kill("SIGTERM");
    await ended;
  }
  expect(runningServers()).toContain("etcd");
}, 120_000);

it("leaves nothing after down: no process, no file, no port", async () => {
  const { code, stdout } = await rehearse("down");
  expect([code, stdout.trim().split("\n").at(-1)]).toEqual([0, "The rehearsal is gone."]);
  expect(await processesOfRehearsal()).toEqual([]);
  expect([directory, failureLogs(directory)].filter((each) => existsSync(each))).toEqual([]);
  expect((await rehearse("status")).code).toBe(3);
}, 60_000);

it("ends what it started when it is interrupted", async () => {
  const interrupted = spawn(process.execPath, PROGRAM, { cwd: ROOT, stdio: "ignore" });
  const ended = new Promise((done) => interrupted.once("exit", (code) => done(code)));
  while (runningServers().length < 3 && interrupted.exitCode === null) await sleep(100);
  // A terminal's Ctrl-C arrives more than once: npm and tsx pass it on.
  for (let count = 0; count < 3; count++) interrupted.kill("SIGINT");
  expect(await ended).toBe(130);
  expect([await processesOfRehearsal(), existsSync(directory)]).toEqual([[], false]);
}, 120_000);
