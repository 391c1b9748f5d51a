/** `ops adopt`: takes over what was deployed by hand. It imports what exists and changes it in place; nothing is replaced, and nothing is deleted. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { readWaivers } from "../../policies/lib/pack";
import { inForce, stackOf } from "../../policies/lib/waivers";
import { IMPORT_SET_VARIABLE, type ImportSet } from "../../settings/import-set";
import { writeAtomically } from "../../toolchain/cache";
import { type Access, openAccess } from "../access";
import { confirm, requireConfirmable } from "../cli/confirm";
import { EXIT, ExitError } from "../cli/exit-codes";
import { type EngineStack } from "../engine";
import { EngineError } from "../engine-error";
import { POLICY_PACKS } from "../policy-packs";
import { passes, policyReport, policyText, summary } from "../policy-report";
import { describeStack } from "../preview";
import { Systems } from "../verify/systems";
import { type Candidate, candidatesIn } from "./candidate";
import { type ExistingSecrets, findExistingSecrets, keepExistingSecrets } from "./existing-secrets";
import { type Choices, findExisting } from "./find";
import { othersInNamespaces } from "./find-kubernetes";
import { destroyed, type Imported, REFUSED, rowsOf } from "./plan";
import { keepReplicas } from "./replicas";
import { type Findings, findingsText } from "./report";

/** Values that the program would make for the first generation of its secrets. */
const MADE_VALUES = /^app-secrets-.*-g1$/;
/** For previews: the official plugin's refuse fields that kubectl wrote, which its updates take over. Whose they are is looked at here. */
const TAKE_FIELDS = { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" };

/** Arguments of {@link adopt}. */
export interface AdoptOptions extends Choices {
  readonly stack: string;
  /** The stack's settings file, which is changed where secrets are kept. */
  readonly settingsFile: string;
  /** Look and tell, and change nothing. */
  readonly dryRun: boolean;
  /** Ask nothing. */
  readonly yes: boolean;
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The machine-readable record. */
export interface AdoptRecord extends Findings {
  readonly formatVersion: 1;
  readonly dryRun: boolean;
  /** File with the import set. */
  readonly importSet: string;
  /** Resources by operation; empty: nothing was changed. */
  readonly changes: Readonly<Record<string, number>>;
}

/**
 * Looks, tells, asks, takes over. Run again after an interruption it finds what is missing.
 *
 * @throws ExitError when something that exists would be replaced, is somebody else's or unclear, or a policy refuses: nothing was changed
 */
export async function adopt(options: AdoptOptions): Promise<AdoptRecord> {
  if (!options.dryRun) requireConfirmable(options);
  const work = await mkdtemp(join(tmpdir(), "maestroverse-adopt-"));
  try {
    return await new Adoption(options, work).run();
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

class Adoption {
  constructor(
    private readonly options: AdoptOptions,
    private readonly work: string,
  ) {}

  async run(): Promise<AdoptRecord> {
    const { stack, settingsFile, write } = this.options;
    const access = await openAccess(stack, { settingsFile });
    const systems = new Systems(access);
    try {
      const first = await this.withEngine(access, {}, async (engine) => {
        write(describeStack(engine));
        return engine.preview();
      });
      const candidates = candidatesIn(first.events);
      const secrets = await this.existingSecrets(systems, candidates);
      const { imports, refused } = await findExisting(systems, candidates, this.options);
      const file = await this.writeImportSet(access, imports);
      const settings = secrets === undefined || secrets.problems.length > 0 ? undefined : await this.settingsThatKeep(access, secrets);
      const planned = await openAccess(stack, { settingsFile: settings?.file ?? settingsFile });
      const importing = { [IMPORT_SET_VARIABLE]: file };
      const { events, failed } = await this.withEngine(planned, { ...importing, ...TAKE_FIELDS }, previewOf);
      const findings: Findings = {
        stack,
        ours: first.events.filter(({ resourcePreEvent }) => ["same", "update"].includes(resourcePreEvent?.metadata.op ?? "")).length,
        rows: [...rowsOf(imports, events, candidates), ...refused],
        made: candidatesIn(events).map(({ type, name }) => `${type} ${name}`),
        leftAlone: await this.leftAlone(systems, candidates, first.events),
        secrets,
      };
      // A preview that an error ended early says nothing of what it did not come to.
      if (failed !== undefined && !hasViolations(events)) throw failed;
      write(`\n${findingsText(findings)}\n`);
      this.refuse(findings, destroyed(events, imports), events);
      const record = { formatVersion: 1 as const, ...findings, dryRun: this.options.dryRun, importSet: file };
      if (rowsAreNone(findings)) write(`\nNothing of it exists, or all of it is the stack's: npm run ops -- up --stack ${stack}\n`);
      if (this.options.dryRun || rowsAreNone(findings)) return { ...record, changes: {} };
      await confirm(this.options, this.options.signal);
      if (settings !== undefined) await writeAtomically(settingsFile, settings.text, (await stat(settingsFile)).mode & 0o777);
      await keepReplicas(await systems.cluster(), imports);
      const { changes } = await this.withEngine(planned, importing, (engine) =>
        engine.up({ policyPacks: POLICY_PACKS }).catch((error: unknown) => {
          throw unfinished(stack, error);
        }),
      );
      write(`\n${stack} is taken over. Look at it: npm run ops -- verify --stack ${stack}\n`);
      return { ...record, changes };
    } finally {
      await systems.close();
    }
  }

  private async withEngine<T>(
    access: Access,
    environment: Readonly<Record<string, string>>,
    use: (engine: EngineStack) => Promise<T>,
  ): Promise<T> {
    const { stack, dryRun, write, signal } = this.options;
    const engine = await access.engine({ report: (line) => write(`${line}\n`), onOutput: () => undefined, environment, signal });
    try {
      if (!dryRun && !engine.keepsState)
        throw new Error(
          `${stack} has no state that is kept (${engine.backend}), so nothing can be taken over into it. Make the stack first: docs/first-deployment.md. ` +
            "To look only: --dry-run.",
        );
      return await use(engine);
    } finally {
      await engine.close();
    }
  }

  /** The values of before, as long as the stack has none of its own. */
  private async existingSecrets(systems: Systems, candidates: readonly Candidate[]): Promise<ExistingSecrets | undefined> {
    const { secrets } = systems.access.settings;
    const makes = candidates.filter(({ type, name }) => type === "random:index/randomBytes:RandomBytes" && MADE_VALUES.test(name));
    if (secrets.adopted !== undefined || makes.length === 0) return undefined;
    return findExistingSecrets(await systems.secretsManager(), secrets.secretsManagerName);
  }

  private async settingsThatKeep({ settings, stack }: Access, secrets: ExistingSecrets): Promise<{ file: string; text: string }> {
    const text = keepExistingSecrets(await readFile(this.options.settingsFile, "utf8"), settings, secrets);
    const file = join(this.work, `Pulumi.${stack}.yaml`);
    await writeFile(file, text, { mode: 0o600 });
    return { file, text };
  }

  private async writeImportSet({ records, stack }: Access, resources: readonly Imported[]): Promise<string> {
    await mkdir(records, { recursive: true, mode: 0o700 });
    const file = join(records, "import-set.json");
    const set: ImportSet = { formatVersion: 1, stack, resources: [...resources] };
    await writeAtomically(file, `${JSON.stringify(set, undefined, 2)}\n`, 0o600);
    return file;
  }

  private async leftAlone(systems: Systems, candidates: readonly Candidate[], events: readonly EngineEvent[]): Promise<string[]> {
    const { namespace, migrationsNamespace } = systems.access.settings.cluster;
    const ours = new Set(
      events.flatMap(({ resourcePreEvent }) => {
        const { type = "", old } = resourcePreEvent?.metadata ?? {};
        return old?.id === undefined ? [] : [`${type.split(":").at(-1)} ${old.id.split("/").at(-1)}`];
      }),
    );
    return othersInNamespaces(await systems.cluster(), [namespace, migrationsNamespace], candidates, (kind, name) =>
      ours.has(`${kind} ${name}`),
    );
  }

  /** @throws ExitError with everything that speaks against it */
  private refuse({ stack, rows, secrets }: Findings, lost: readonly string[], events: readonly EngineEvent[]): void {
    const refused = rows.filter(({ fate }) => REFUSED.includes(fate)).length + (secrets?.problems.length ?? 0);
    const problems = [
      ...(refused === 0 ? [] : [`${refused} of what exists cannot be taken over as it is: see REFUSED above`]),
      ...lost.map((each) => `the stack's own ${each} would be replaced or deleted: deploy first (npm run ops -- up --stack ${stack})`),
    ];
    const waivers = readWaivers().waivers.filter((waiver) => stackOf(waiver.urn) === stack && inForce(waiver, new Date()));
    const policies = policyReport(stack, events, waivers);
    this.options.write(`\n${policyText(policies)}\n`);
    if (!passes(policies)) problems.push(`the policies refuse it: ${summary(policies)}`);
    if (problems.length > 0)
      throw new ExitError(`${stack}: nothing was changed.\n${problems.map((problem) => `  - ${problem}`).join("\n")}`, EXIT.found);
  }
}

/** Whether there is nothing to take over. */
const rowsAreNone = ({ rows, secrets }: Findings) => rows.length === 0 && secrets === undefined;

/** Whether a policy found something: then it is what failed the preview. */
function hasViolations(events: readonly EngineEvent[]): boolean {
  return events.some(({ policyEvent }) => policyEvent?.enforcementLevel === "mandatory");
}

/** A preview with the policies; what fails it is told after what was found. */
async function previewOf(engine: EngineStack): Promise<{ events: readonly EngineEvent[]; failed?: EngineError }> {
  try {
    return await engine.preview({ policyPacks: POLICY_PACKS });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { events: error.events, failed: error };
  }
}

function unfinished(stack: string, error: unknown): Error {
  const advice =
    "What was taken over until then is in the state, and runs. Mend it and run this again: it takes what is missing. " +
    `Not npm run ops -- up --stack ${stack}, which would make again what is not taken over yet.`;
  return new Error(`${(error as Error).message}\n${advice}`, { cause: error });
}
