/** A new database from a dump: created, restored, its roles as specified, compared with the manifest. Nothing that exists is written to. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { dirname, join } from "node:path";
import { type Client, escapeIdentifier } from "pg";
import { ROLE_NAMES } from "../../components/lib/privileges";
import { libpqTls } from "../../components/lib/database-url";
import { searchPath } from "../../toolchain/environment";
import { postgresTool, provide } from "../../toolchain/tools";
import { readContents } from "../backup/contents";
import type { AnyManifest } from "../backup/manifest";
import { readCatalogue } from "../database/catalogue";
import { compareCatalogue } from "../database/compare";
import { runContract, violations, withProbe } from "../database/contract-run";
import { renderDatabaseRoles } from "../database/script";
import type { Systems } from "../verify/systems";
import { differences } from "./compare";
import { databaseArgs } from "../../settings/database-args";

/** Sessions that restore at the same time. */
const RESTORE_JOBS = 2;
/** Lines of a program's complaint that are worth repeating. */
const COMPLAINT_LINES = 5;
/** Differences that are worth repeating. */
const REPEATED = 3;

/** The new database. */
export class NewDatabase {
  constructor(
    private readonly systems: Systems,
    readonly name: string,
    /** A folder of this run's own. */
    private readonly folder: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Creates it, for nobody but who is given access below. @throws Error when it exists */
  async create(): Promise<void> {
    const admin = await this.systems.administrator();
    await admin.query(`CREATE DATABASE ${escapeIdentifier(this.name)} TEMPLATE template0`);
    await admin.query(`REVOKE ALL ON DATABASE ${escapeIdentifier(this.name)} FROM PUBLIC`);
  }

  /** Removes it, whoever is in it. */
  async drop(): Promise<void> {
    const admin = await this.systems.administrator();
    await admin.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(this.name)} WITH (FORCE)`);
  }

  /** Restores a dump with its owners and its rights; the first error ends it. @throws Error with pg_restore's words */
  async restore(file: string): Promise<void> {
    const admin = await this.systems.administrator();
    await asOwner(admin, async () => {
      await this.program("pg_restore", ["--exit-on-error", "--no-password", `--jobs=${RESTORE_JOBS}`, `--dbname=${this.name}`, file]);
    });
    const session = await this.systems.administrator(this.name);
    await session.query("ANALYZE");
  }

  /** Gives the roles what is specified: what hangs on the database itself no dump carries. @throws Error with psql's words */
  async grant(): Promise<void> {
    const { settings } = this.systems.access;
    const script = renderDatabaseRoles({ ...settings, database: { ...settings.database, name: this.name } });
    await this.program("psql", ["--no-psqlrc", "--quiet", "--no-password", `--dbname=${settings.database.name}`, "--file=-"], script);
  }

  /** What is not as the manifest says. @param manifest one with contents */
  async differences({ contents, serverVersion }: Pick<AnyManifest, "contents" | "serverVersion">): Promise<string[]> {
    if (contents === undefined)
      return ["its manifest is of an earlier version and does not say what the database held: nothing could be compared."];
    const session = await this.systems.administrator(this.name);
    return asOwner(session, async () => {
      await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      try {
        const restored = await readContents(session, contents);
        const { rows } = await session.query<{ version: string }>("SELECT current_setting('server_version') AS version");
        const sameServerVersion = Number.parseInt(rows[0]?.version ?? "", 10) === Number.parseInt(serverVersion, 10);
        return differences(contents, restored, sameServerVersion);
      } finally {
        await session.query("ROLLBACK");
      }
    });
  }

  /** What the roles may do there and should not, or the other way round: tried, and read. @returns problems, and how many statements were tried */
  async privileges(): Promise<{ readonly problems: string[]; readonly tried: number }> {
    const { database, web } = this.systems.access.settings;
    const sessions = {
      app: await this.systems.sessionOf("app", this.name),
      backup: await this.systems.sessionOf("backup", this.name),
      migrator: await this.systems.sessionOf("migrator", this.name),
    };
    const results = await withProbe(sessions.migrator, (objects) => runContract({ sessions, objects, adminUser: database.adminUser }));
    // What the roles hold elsewhere is the stack's own database, on the same server, and `ops drift`'s affair.
    const catalogue = { ...(await readCatalogue(await this.systems.administrator(this.name))), elsewhere: [] };
    const drifted = compareCatalogue(catalogue, databaseArgs({ database, web }));
    const all = [...violations(results), ...drifted.map(({ problem }) => problem)];
    const more = all.length > REPEATED ? [`and ${all.length - REPEATED} more differences in the roles' rights.`] : [];
    await Promise.all(Object.values(sessions).map((session) => session.end()));
    return { problems: [...all.slice(0, REPEATED), ...more], tried: results.length };
  }

  /** What libpq checks the server's certificate against; as ops/access does where the images' file is not on this machine. */
  private async authorityFile({ pem, imageFile }: { readonly pem?: string | undefined; readonly imageFile?: string | undefined }) {
    if (pem === undefined) return imageFile !== undefined && existsSync(imageFile) ? imageFile : "system";
    const file = join(this.folder, "ca.pem");
    await writeFile(file, pem);
    return file;
  }

  /** Runs a program of PostgreSQL's as the administrator; the password is in its environment alone. */
  private async program(name: "pg_restore" | "psql", args: readonly string[], input?: string): Promise<void> {
    const { host, port, user, password } = await this.systems.database();
    const { sslMode, certificateAuthority = {} } = this.systems.access.settings.database;
    const authorityFile = await this.authorityFile(certificateAuthority);
    const folder = dirname((await provide(postgresTool, () => undefined)).path);
    const child = spawn(join(folder, name), args, {
      env: {
        PATH: searchPath(),
        PGHOST: host,
        PGPORT: String(port),
        PGUSER: user,
        PGPASSWORD: password,
        PGAPPNAME: "maestroverse-ops",
        ...libpqTls({ sslMode, authorityFile }),
      },
      stdio: [input === undefined ? "ignore" : "pipe", "ignore", "pipe"],
      signal: this.signal,
    });
    child.stdin?.on("error", () => undefined).end(input);
    const [complaint, [code]] = await Promise.all([
      text(child.stderr as NodeJS.ReadableStream),
      once(child, "close") as Promise<[number | null]>,
    ]);
    this.signal.throwIfAborted();
    if (code !== 0)
      throw new Error(
        `${name} failed (exit code ${code ?? "none"}): ${complaint.trim().split("\n").slice(0, COMPLAINT_LINES).join(" | ")}`,
      );
  }
}

/**
 * What the migrator owns is created for it, and read as it: who is no superuser is its member for that long.
 *
 * @throws Error that says what to do when the administrator may not become one
 */
async function asOwner<T>(admin: Client, work: () => Promise<T>): Promise<T> {
  const { rows } = await admin.query<{ super: boolean; name: string }>(
    "SELECT rolsuper AS super, quote_ident(rolname) AS name FROM pg_roles WHERE rolname = current_user",
  );
  const [who] = rows;
  if (who?.super === true) return work();
  await admin.query(`GRANT ${ROLE_NAMES.migrator} TO CURRENT_USER`).catch((error: unknown) => {
    throw new Error(
      `${who?.name} is no superuser and cannot act for ${ROLE_NAMES.migrator}: ${(error as Error).message}. Have who made the roles, or a superuser, ` +
        `run: GRANT ${ROLE_NAMES.migrator} TO ${who?.name} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
      { cause: error },
    );
  });
  try {
    return await work();
  } finally {
    await admin.query(`REVOKE ${ROLE_NAMES.migrator} FROM CURRENT_USER`);
  }
}
