/** `ops up`: previews a stack, shows what changes, asks, and deploys; the policy packs gate both. */
import { openAccess } from "./access";
import { confirm, requireConfirmable } from "./cli/confirm";
import { type JsonTarget, writeRecord } from "./cli/flags";
import { type EngineStack } from "./engine";
import { POLICY_PACKS } from "./policy-packs";
import { describeStack, gate, type PreviewRecord } from "./preview";

/** Arguments of {@link up}. */
export interface UpOptions {
  readonly stack: string;
  /** Stack settings file. @default `Pulumi.<stack>.yaml` */
  readonly settingsFile?: string;
  /** Ask nothing. */
  readonly yes: boolean;
  /** Where the machine-readable record goes. */
  readonly json?: JsonTarget;
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The machine-readable record. */
export interface UpRecord {
  readonly formatVersion: 1;
  readonly stack: string;
  readonly backend: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Of the deployment alone; 0 when there was nothing to change. */
  readonly milliseconds: number;
  /** Resources by operation. */
  readonly changes: Readonly<Record<string, number>>;
}

/**
 * Deploys a stack.
 *
 * @throws Error before anything is previewed when it has no state that is kept, or has to ask and cannot
 * @throws ExitError when a policy refuses; nothing was changed
 * @throws EngineError when the deployment fails in the middle, with what to do
 */
export async function up(options: UpOptions): Promise<UpRecord> {
  const { stack, settingsFile, json, write, signal } = options;
  requireConfirmable(options);
  const access = await openAccess(stack, settingsFile === undefined ? {} : { settingsFile });
  const engine = await access.engine({ report: (line) => write(`${line}\n`), onOutput: write, signal });
  try {
    requireState(stack, engine);
    write(describeStack(engine));
    const planned = await gate(stack, engine, { write });
    const startedAt = new Date();
    let { changes } = planned;
    let milliseconds = 0;
    if (changesOf(planned).size === 0) write(`\n${stack}: nothing to change.\n`);
    else {
      write(`\n${changesText(planned)}\n`);
      await confirm(options, signal);
      ({ changes } = await engine.up({ policyPacks: POLICY_PACKS }).catch((error: unknown) => {
        throw unfinished(stack, error);
      }));
      milliseconds = Date.now() - startedAt.getTime();
      write(`\n${stack} is deployed. Look at it: npm run ops -- verify --stack ${stack}\n`);
    }
    const record: UpRecord = {
      formatVersion: 1,
      stack,
      backend: engine.backend,
      startedAt: startedAt.toISOString(),
      milliseconds,
      changes,
    };
    await writeRecord(json, record);
    return record;
  } finally {
    await engine.close();
  }
}

/** @throws Error when what is deployed would be forgotten */
function requireState(stack: string, { keepsState, backend }: EngineStack): void {
  if (keepsState) return;
  throw new Error(
    `${stack} has no state that is kept (${backend}), and nobody would find again what is deployed. Log in to the backend and make the stack: ` +
      `pulumi login s3://<bucket> && pulumi stack init ${stack} --secrets-provider awskms://alias/<key>`,
  );
}

/** What was done is in the state: the same command goes on from there. */
function unfinished(stack: string, error: unknown): Error {
  const { message } = error as Error;
  const advice = `What was changed until then stays, and is in the state. Mend it and run this again, or go back: revert the commit, then npm run ops -- up --stack ${stack}`;
  return new Error(`${message}\n${advice}`, { cause: error });
}

/** Operations that change nothing. */
const HARMLESS = new Set(["same", "read", "refresh"]);
/** What is destroyed stands last: it is read last. */
const ORDER = ["create", "update", "replace", "delete"] as const;

type Change = (typeof ORDER)[number];

function changeOf(operation: string): Change {
  // A replacement is told as three operations of one resource.
  if (operation.includes("replace")) return "replace";
  return ORDER.find((change) => change === operation) ?? "update";
}

/** Change by URN. */
function changesOf({ resources }: PreviewRecord): Map<string, Change> {
  const operations = resources.filter(({ operation }) => !HARMLESS.has(operation));
  return new Map(operations.map(({ urn, operation }) => [urn, changeOf(operation)]));
}

/** What a deployment changes, for who has to agree: created and updated resources are counted, replaced and deleted ones named. */
export function changesText(record: PreviewRecord): string {
  const changes = changesOf(record);
  const of = (wanted: Change) => [...changes].filter(([, change]) => change === wanted).map(([urn]) => nameOf(urn));
  const counts = ORDER.map((change) => `${of(change).length} to ${change}`).join(", ");
  const named = ORDER.filter((change) => change !== "create").flatMap((change) => of(change).map((name) => `  ${change.padEnd(8)}${name}`));
  return [`${record.stack}: ${counts}`, ...named].join("\n");
}

/** Type, without its parents', and name: `kubernetes:apps/v1:Deployment maestroverse-server`. */
function nameOf(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  return `${types.split("$").at(-1)} ${name}`;
}
