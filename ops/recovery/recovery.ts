/**
 * A dump, restored into a new database and proven (runbook §5). `ops drill` removes the database again and keeps the findings; `ops restore` leaves
 * it, for the application to be pointed at.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { backupKeyAliasArn } from "../../components/lib/backup-names";
import { PAGING_ENVIRONMENT } from "../../components/lib/alerts";
import { type AccessOptions, openAccess, readStackSettings } from "../access";
import type { AnyManifest } from "../backup/manifest";
import { uploadText } from "../backup/upload";
import type { ShowStep } from "../cli/steps";
import { whoIsAtWork } from "../../toolchain/environment";
import { Systems } from "../verify/systems";
import { DumpSource } from "./dump-source";
import { type Findings, findingsKey, findingsMarkdown, type StepFinding } from "./findings";
import { DRILL_PREFIX, drillRefusals, newDatabaseRefusals, type Target } from "./guards";
import { type Identities, readIdentities } from "./identities";
import { NewDatabase } from "./new-database";
import { removeLeftTrials, Trial } from "./trial";

/** Number of PostgreSQL's advisory lock: one drill or recovery on a server at a time, from whatever machine. */
const ADVISORY_LOCK = 5_030_826;

/** Arguments of {@link recover}. */
export interface RecoveryOptions extends AccessOptions {
  readonly kind: Findings["kind"];
  /** Stack on whose server the new database is made. */
  readonly stack: string;
  /** Stack whose dumps are used. */
  readonly dumpsOf: string;
  /** Name of the new database. @default one of the drill's own */
  readonly to?: string | undefined;
  /** File name of one dump, and no other. @default the newest that is whole */
  readonly dump?: string | undefined;
  /** What opens an encrypted dump; called when there is one. @default says which flags there are */
  readonly identities?: () => Promise<Identities>;
  readonly show: ShowStep;
  /** Asked once everything is known and nothing done. @throws Error to end it */
  readonly confirm?: (what: string) => Promise<void>;
  readonly signal: AbortSignal;
  /** @default the system's clock */
  readonly now?: () => Date;
}

/**
 * Does it. Interrupted or failed, it removes what it made; killed, the next run does.
 *
 * @throws Error when it may not be done, or could not be begun; what fails afterwards is a finding
 */
export async function recover(options: RecoveryOptions): Promise<Findings> {
  const { stack, dumpsOf } = options;
  const access = await openAccess(stack, options);
  // Before a credential is asked for.
  if (options.kind === "drill" && access.settings.environment === PAGING_ENVIRONMENT)
    throw new Error(`stack ${stack} is production: a drill never touches it. Give another stack, and --dumps-of ${stack} for its dumps.`);
  const here = new Systems(access);
  const there = dumpsOf === stack ? here : new Systems(await openAccess(dumpsOf));
  const folder = await mkdtemp(join(tmpdir(), "maestroverse-recovery-"));
  try {
    const lock = await takeLock(here, stack);
    try {
      return await new Recovery(options, here, there, folder).run();
    } finally {
      await lock.end();
    }
  } finally {
    // It holds every row.
    await rm(folder, { recursive: true, force: true });
    await Promise.all([...new Set([here, there])].map((systems) => systems.close()));
  }
}

async function takeLock(systems: Systems, stack: string): Promise<Client> {
  const session = await (await systems.database()).connect();
  const { rows } = await session.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [ADVISORY_LOCK]);
  if (rows[0]?.locked === true) return session;
  await session.end();
  throw new Error(`${stack}: another drill or recovery is at work on this server. Nothing was done; wait for it to end.`);
}

class Recovery {
  private readonly run_ = randomBytes(4).toString("hex");
  private readonly now: () => Date;
  private readonly steps: StepFinding[] = [];
  private readonly problems: string[] = [];

  constructor(
    private readonly options: RecoveryOptions,
    private readonly here: Systems,
    private readonly there: Systems,
    private readonly folder: string,
  ) {
    this.now = options.now ?? (() => new Date());
  }

  async run(): Promise<Findings> {
    const { kind, stack, dumpsOf, to } = this.options;
    const started = this.now();
    const name = to ?? `${DRILL_PREFIX}${started.toISOString().replace(/\D/g, "").slice(0, 12)}_${this.run_}`;
    const target = await this.target();
    const bucket = this.bucket();
    const file = join(this.folder, "dump");
    await this.refuseProduction(target, name);
    const { dump, identities = () => readIdentities({}), signal } = this.options;
    const dumps = await DumpSource.open(await this.there.s3(), { bucket, dump, identities, signal });
    const found = await this.step("Fetch the newest whole dump", (report) => dumps.fetch(file, report));
    const manifest = found?.manifest;
    let recovered: Date | undefined;
    if (found !== undefined && manifest !== undefined) {
      const refusals = await this.refusals(target, manifest, name);
      if (refusals.length > 0) throw new Error(`${stack}: nothing was changed.\n${refusals.map((each) => `  - ${each}`).join("\n")}`);
      const size = `${manifest.sizeBytes} bytes`;
      await this.options.confirm?.(`${found.key} (${size}, of ${manifest.startedAt}) into new database ${name} on ${target.host}`);
      recovered = await this.restoreAndTry(manifest, name, file);
    }
    const findings: Findings = {
      formatVersion: 1,
      kind,
      stack,
      dumpsOf,
      run: this.run_,
      who: whoIsAtWork(),
      startedAt: started.toISOString(),
      milliseconds: this.now().getTime() - started.getTime(),
      passed: this.problems.length + dumps.skipped.length === 0,
      ...(manifest === undefined
        ? {}
        : {
            dump: { location: manifest.location, sizeBytes: manifest.sizeBytes, startedAt: manifest.startedAt },
            recoveryPointSeconds: Math.round((started.getTime() - Date.parse(manifest.startedAt)) / 1000),
          }),
      ...(recovered === undefined ? {} : { recoveryTimeSeconds: Math.round((recovered.getTime() - started.getTime()) / 1000) }),
      skipped: dumps.skipped,
      target: { host: target.host, database: name, serverVersion: target.serverVersion },
      steps: this.steps,
      problems: this.problems,
    };
    if (kind === "drill") await this.store(bucket, findings);
    return findings;
  }

  /** @returns when the application served from it; undefined: it did not */
  private async restoreAndTry(manifest: AnyManifest, name: string, file: string): Promise<Date | undefined> {
    const { kind, signal } = this.options;
    const database = new NewDatabase(this.here, name, this.folder, signal);
    const trial = new Trial(this.here, name, this.run_, signal);
    let keep = false;
    try {
      await this.step("Remove what killed runs left", async () => {
        const left = [...(await removeLeftTrials(this.here)), ...(await this.removeLeftDatabases())];
        return { told: left.length === 0 ? "nothing" : left.join(", "), result: true };
      });
      const isRestored = await this.step(`Restore into ${name}`, async () => {
        await database.create();
        await database.restore(file);
        return { told: `${manifest.sizeBytes} bytes`, result: true };
      });
      if (isRestored !== true) return undefined;
      await this.step("Compare with the manifest", async () => {
        const differences = await database.differences(manifest);
        this.problems.push(...differences);
        const tables = Object.values(manifest.contents?.tables ?? {});
        const rows = tables.reduce((sum, table) => sum + table.rows, 0);
        return {
          told:
            differences.length === 0 ? `${tables.length} tables, ${rows} rows, schema and values are the dump's` : differences.join(" "),
          result: true,
        };
      });
      await this.step("Give the roles their rights", async () => {
        await database.grant();
        return { told: "as specified", result: true };
      });
      const isMigrated = await this.step("npm run db:migrate", async () => {
        const lines = await trial.migrate();
        return { told: lines.at(-1) ?? "", result: true };
      });
      await this.step("Try the privilege contract", async () => {
        const { problems, tried } = await database.privileges();
        this.problems.push(...problems);
        return { told: problems.length === 0 ? `${tried} statements, allowed or refused as specified` : problems.join("; "), result: true };
      });
      const served =
        isMigrated &&
        (await this.step("Smoke tests", async () => ({ told: (await trial.smoke(kind === "restore")).join(", "), result: this.now() })));
      keep = kind === "restore" && this.problems.length === 0;
      return served === false ? undefined : served;
    } finally {
      await this.step("Remove what this run made", async () => {
        await trial.clear();
        if (!keep) await database.drop();
        return { told: keep ? `${name} stays` : "done", result: true };
      });
    }
  }

  /** A step that fails is a finding, and what depends on it is left out. @returns undefined: it failed */
  private async step<T>(
    name: string,
    work: (report: (line: string) => void) => Promise<{ told: string; result: T }>,
  ): Promise<T | undefined> {
    const began = Date.now();
    let told = "";
    const result = await this.options.show<T | undefined>(name, async (report) => {
      try {
        const done = await work(report);
        told = done.told;
        return done;
      } catch (error) {
        this.options.signal.throwIfAborted();
        told = (error as Error).message;
        this.problems.push(`${name}: ${told}`);
        return { told, result: undefined };
      }
    });
    this.steps.push({ name, milliseconds: Date.now() - began, told });
    return result;
  }

  private bucket(): string {
    const { method, bucket } = this.there.access.settings.backups;
    if (method === "rds")
      throw new Error(`${this.options.dumpsOf}: backups.method is rds: AWS restores (docs/runbook/5-backups.md#managed-alternative).`);
    return bucket;
  }

  private async target(): Promise<Target & { readonly serverVersion: string }> {
    const admin = await this.here.administrator();
    const { database } = this.here.access.settings;
    const { rows } = await admin.query<{ version: string; number: number; identifier: string; databases: string[] }>(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
              (SELECT system_identifier::text FROM pg_control_system()) AS identifier, array(SELECT datname::text FROM pg_database) AS databases`,
    );
    const [server] = rows;
    if (server === undefined) throw new Error(`${this.options.stack}: the server did not say who it is.`);
    return {
      stack: this.options.stack,
      host: database.host,
      database: database.name,
      systemIdentifier: server.identifier,
      majorVersion: Math.floor(server.number / 10_000),
      serverVersion: server.version,
      databases: server.databases,
    };
  }

  /** Before anything is fetched. */
  private async refuseProduction(target: Target, name: string): Promise<void> {
    const nothing = { serverVersion: "0" } as AnyManifest;
    const refusals = await this.refusals(target, nothing, name);
    if (refusals.length > 0) throw new Error(`${target.stack}: nothing was done.\n${refusals.map((each) => `  - ${each}`).join("\n")}`);
  }

  private async refusals(target: Target, manifest: AnyManifest, name: string): Promise<string[]> {
    const { kind, dumpsOf } = this.options;
    if (kind === "restore") return newDatabaseRefusals(target, manifest, name);
    const production = await readStackSettings(PAGING_ENVIRONMENT).catch(() => undefined);
    return drillRefusals(
      target,
      { stack: dumpsOf, manifest, productionHosts: production === undefined ? [] : [production.database.host] },
      name,
    );
  }

  /** Databases of drills that were killed: this run holds the lock, so nobody is at work in them. */
  private async removeLeftDatabases(): Promise<string[]> {
    const admin = await this.here.administrator();
    const { rows } = await admin.query<{ name: string }>("SELECT datname::text AS name FROM pg_database WHERE starts_with(datname, $1)", [
      DRILL_PREFIX,
    ]);
    for (const { name } of rows) await new NewDatabase(this.here, name, this.folder, this.options.signal).drop();
    return rows.map(({ name }) => name);
  }

  /** Beside the dumps, where the age of the last drill is read. */
  private async store(bucket: string, findings: Findings): Promise<void> {
    const { aws } = this.there.access.settings;
    const client = await this.there.s3();
    const kmsKey = backupKeyAliasArn(aws.accountId, aws.region);
    const key = findingsKey(findings);
    await uploadText(client, { bucket, kmsKey, key: `${key}.md` }, findingsMarkdown(findings));
    // The record last: it is what is counted.
    await uploadText(client, { bucket, kmsKey, key: `${key}.json` }, `${JSON.stringify(findings, undefined, 2)}\n`);
  }
}
