/** `npm run rehearse`: the whole environment on one machine, deployed for real by the real engine, and what it then answers. */
import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseSettings, type Settings } from "../config";
import { openAccess } from "../ops/access";
import { openStack, PROJECT, REPOSITORY } from "../ops/engine";
import { POLICY_PACKS } from "../ops/policy-packs";
import { readOutputs, type StackOutputs } from "../ops/stack-outputs";
import { verifyPage } from "../ops/verify/page/page";
import type { VerifyRecord } from "../ops/verify/record";
import { resultLine, summaryOf } from "../ops/verify/report";
import { verify } from "../ops/verify/run";
import { ownSettings } from "../settings/stack-file";
import { cacheDir } from "../toolchain/cache";
import { provideAll, REHEARSAL_TOOLS } from "../toolchain/tools";
import type { Report } from "../toolchain/run";
import { makeDirectory, noteProgress, readProgress, rehearsalDirectory, statePassphrase, takeRehearsal } from "./lib/directory";
import { takenPorts } from "./lib/ports";
import type { Rehearsal } from "./lib/substrate";
import { Supervisor } from "./lib/supervisor";
import { engineEnvironment } from "./access";
import { makeBackup, waitForPods } from "./first-night";
import { writeServiceFile } from "./service-file";
import { controlPlane } from "./substrates/control-plane";
import { datadogIntake } from "./substrates/datadog-intake";
import { moto } from "./substrates/moto";
import { nginx, startNginx } from "./substrates/nginx";
import { nodeAgent } from "./substrates/node-agent";
import { postgresql } from "./substrates/postgresql";

/** The stack that the rehearsal deploys. */
const STACK = "rehearsal";
/** In the order in which they stop. */
const SUBSTRATES = [nginx, nodeAgent, controlPlane, moto, datadogIntake, postgresql] as const;
/** Bytes that the data, the logs and a first dump take, with room to spare. */
const DISK_BYTES = 1024 ** 3;

/** Folders of the rehearsal with logs. */
const LOG_FOLDERS = ["logs", "pods", "nginx/logs"] as const;

/** Arguments of {@link rehearse}. */
export interface RehearseOptions {
  /** Leave everything running afterwards. */
  readonly keep: boolean;
  /** Start the servers, leave them running, and deploy nothing: for what was made by hand, and its adoption. @default false */
  readonly serversOnly?: boolean;
  readonly signal: AbortSignal;
}

/** What a rehearsal came to. */
export interface RehearsalRecord {
  readonly directory: string;
  /** Resources by operation. */
  readonly changes: Readonly<Record<string, number>>;
  /** What `ops verify` saw in the end; undefined: nothing was deployed. */
  readonly verification: VerifyRecord | undefined;
  /** File of the same for people; it stays when the rehearsal goes. */
  readonly page: string;
  /** Whether everything still runs. */
  readonly running: boolean;
}

/** Settings of the stack as its file has them. */
export async function loadSettings(): Promise<Settings> {
  return parseSettings(STACK, ownSettings(await readFile(join(REPOSITORY, `Pulumi.${STACK}.yaml`), "utf8"), PROJECT));
}

/**
 * Runs the rehearsal. What an earlier run left is used where it is whole, and replaced where it is not.
 *
 * @throws Error with what to do; then nothing that this run started is left running
 */
export async function rehearse({ keep, serversOnly = false, signal }: RehearseOptions): Promise<RehearsalRecord> {
  const directory = rehearsalDirectory();
  const settings = await loadSettings();
  mkdirSync(dirname(directory), { recursive: true });
  const giveBack = await takeRehearsal(directory);
  let keptBefore = false;
  let record: RehearsalRecord | undefined;
  const failed = new AbortController();
  const underWay: Promise<unknown>[] = [];
  try {
    makeDirectory(directory);
    const supervisor = new Supervisor(directory);
    const progress = readProgress(directory);
    keptBefore = progress === "kept";
    const rehearsal = { directory, settings, supervisor, signal: AbortSignal.any([signal, failed.signal]) };
    let changes: RehearsalRecord["changes"] = {};
    let outputs: StackOutputs | undefined;
    let verification: VerifyRecord | undefined;

    const { Listr } = await import("listr2");
    const step = (title: string, work: (context: Rehearsal) => Promise<string | undefined>) => ({
      title,
      task: async (_: unknown, task: { title?: string; output?: string }) => {
        rehearsal.signal.throwIfAborted();
        const working = work({ ...rehearsal, report: (line) => (task.output = line.trim()) });
        underWay.push(working);
        const told = await working;
        task.title = told === undefined ? title : `${title}: ${told}`;
      },
    });
    const steps = new Listr(
      [
        step("This machine", async ({ report }) => {
          // moto keeps its state in memory: where it has gone, or a deployment was cut off, nobody knows what exists.
          const lost = progress === "deploying" || (progress !== "nothing" && moto.servers.some((name) => !supervisor.find(name)));
          if (lost) {
            report("an earlier rehearsal was cut off: starting over");
            await tearDown(directory);
            makeDirectory(directory);
            keptBefore = false;
          }
          await preflight(rehearsal);
          return lost ? "an earlier rehearsal was cut off: started over" : undefined;
        }),
        step("Tools", async ({ report }) => {
          await provideAll(REHEARSAL_TOOLS, report, rehearsal.signal);
          return undefined;
        }),
        {
          title: "Servers",
          task: (_, task) =>
            task.newListr(
              [
                ...[postgresql, moto, datadogIntake].map((substrate) =>
                  step(substrate.title, (context) => substrate.start(context).then(() => undefined)),
                ),
                step(`${controlPlane.title} and ${nodeAgent.title.toLowerCase()}`, async (context) => {
                  await controlPlane.start(context);
                  await nodeAgent.start(context);
                  return undefined;
                }),
              ],
              { concurrent: true },
            ),
        },
        ...(serversOnly
          ? []
          : [
              step("pulumi up", async (context) => {
                noteProgress(directory, "deploying");
                ({ changes, outputs } = await deploy(context));
                noteProgress(directory, keptBefore ? "kept" : "deployed");
                return describeChanges(changes);
              }),
              step("Edge", async (context) => {
                await startNginx(context, (outputs as StackOutputs).names.nginxConfigMap);
                await writeServiceFile(context);
                return undefined;
              }),
              step("Pods", (context) => waitForPods(context, outputs as StackOutputs)),
              step("The night's backup", (context) => makeBackup(context, outputs as StackOutputs)),
              step("Verify", async ({ report, signal: stop }) => {
                const access = await openAccess(STACK);
                verification = await verify(access, {
                  ...(outputs === undefined ? {} : { outputs }),
                  signal: stop,
                  sendAges: true,
                  onStart: (running) => running.forEach(({ result }) => void result.then((found) => report(resultLine(found)))),
                });
                writePage(verification, settings);
                return summaryOf(verification);
              }),
            ]),
      ],
      {
        // Without a terminal a line for each event; with one, every step stays on the screen.
        fallbackRenderer: "verbose",
        rendererOptions: { collapseSubtasks: false },
        // Ctrl-C is ours: everything has to end in order.
        registerSignalListeners: false,
      },
    );
    await steps.run();
    if (keep || serversOnly) noteProgress(directory, "kept");
    record = { directory, changes, verification, page: pageFile(), running: keep || serversOnly || keptBefore };
    return record;
  } catch (error) {
    // Of steps side by side the others go on when one fails: none of them may start a server after the end.
    failed.abort(error);
    await Promise.allSettled(underWay);
    if (!keptBefore && !signal.aborted) keepLogs(directory);
    throw error;
  } finally {
    // A rehearsal that was kept before stays, whatever became of this run.
    if (record?.running !== true && !keptBefore) await tearDown(directory);
    giveBack();
  }
}

/** The page of the last run's verification: not in the folder, which goes with the rehearsal. */
const pageFile = () => join(cacheDir("records", STACK), "verify.html");

function writePage(verification: VerifyRecord, { observability }: Settings): void {
  mkdirSync(dirname(pageFile()), { recursive: true, mode: 0o700 });
  writeFileSync(pageFile(), verifyPage(verification, observability), { mode: 0o600 });
}

/** Folder of the logs of the last run that failed. */
export function failureLogs(directory: string): string {
  return `${directory}-last-failure`;
}

/** Saves the logs of servers, engine and pods from being removed with the rest. */
function keepLogs(directory: string): void {
  rmSync(failureLogs(directory), { recursive: true, force: true });
  for (const folder of LOG_FOLDERS)
    if (existsSync(join(directory, folder))) cpSync(join(directory, folder), join(failureLogs(directory), folder), { recursive: true });
}

/** Refuses before anything starts: the disk and every port, all problems at once. */
async function preflight({ directory, settings, supervisor }: Pick<Rehearsal, "directory" | "settings" | "supervisor">): Promise<void> {
  const problems = await takenPorts(SUBSTRATES, settings, supervisor);
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  if (free < DISK_BYTES)
    problems.push(
      `the disk of ${directory} has ${Math.floor(free / 1024 ** 2)} MiB free, and ${DISK_BYTES / 1024 ** 2} are needed. Free some space.`,
    );
  if (problems.length > 0)
    throw new Error(`The rehearsal cannot start; nothing was started:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
}

/** A true `up` of the stack, gated by the policy pack, with its state in the rehearsal's folder. */
async function deploy({
  directory,
  report,
  signal,
}: Rehearsal): Promise<{ changes: Readonly<Record<string, number>>; outputs: StackOutputs }> {
  const log = join(directory, "logs", "engine.log");
  const stack = await openStack({
    stack: STACK,
    state: { directory: join(directory, "state"), passphrase: statePassphrase(directory) },
    environment: engineEnvironment(directory),
    report,
    onOutput: (text) => {
      appendFileSync(log, text, { mode: 0o600 });
      const line = text.trim().split("\n").at(-1)?.trim();
      if (line !== undefined && line !== "") report(line);
    },
    signal,
  });
  try {
    // The rehearsal is this process's alone: a lock of the engine is what a killed run left.
    await stack.unlock().catch(() => undefined);
    const { changes } = await stack.up({ policyPacks: POLICY_PACKS });
    return { changes, outputs: readOutputs(STACK, await stack.outputs()) };
  } finally {
    await stack.close();
  }
}

/** `93 created`, or `0 changes, 93 as they were`. */
function describeChanges(changes: Readonly<Record<string, number>>): string {
  const { same = 0, ...changed } = changes;
  const parts = Object.entries(changed).map(([operation, count]) => `${count} ${operation}`);
  return parts.length === 0 ? `0 changes, ${same} as they were` : parts.join(", ");
}

/** Ends every server and removes what they had. Needs the rehearsal to be this process's. */
async function tearDown(directory: string): Promise<void> {
  const supervisor = new Supervisor(directory);
  for (const name of SUBSTRATES.flatMap(({ servers }) => servers)) await supervisor.stop(name);
  // A server of another version of this program.
  for (const { name } of supervisor.running()) await supervisor.stop(name);
  rmSync(directory, { recursive: true, force: true });
}

/** `rehearse -- down`: nothing of it is left. @returns whether there was something */
export async function down(report: Report): Promise<boolean> {
  const directory = rehearsalDirectory();
  mkdirSync(dirname(directory), { recursive: true });
  const giveBack = await takeRehearsal(directory);
  try {
    const existed = readProgress(directory) !== "nothing" || new Supervisor(directory).running().length > 0;
    report("ending the servers");
    await tearDown(directory);
    rmSync(failureLogs(directory), { recursive: true, force: true });
    return existed;
  } finally {
    giveBack();
  }
}
