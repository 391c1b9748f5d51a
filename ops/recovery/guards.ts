/** What is never restored into: production, and whatever exists already. */
import type { AnyManifest } from "../backup/manifest";

/** What a drill's or a recovery's new database begins with in a drill. */
export const DRILL_PREFIX = "maestroverse_drill_";

/** The server that is to take the new database. */
export interface Target {
  readonly stack: string;
  readonly host: string;
  readonly systemIdentifier: string;
  /** For example 15. */
  readonly majorVersion: number;
  /** The stack's own database. */
  readonly database: string;
  /** Names of all that are there. */
  readonly databases: readonly string[];
}

/** Where the dump comes from. */
export interface Source {
  /** Stack whose dumps they are. */
  readonly stack: string;
  readonly manifest: AnyManifest;
  /** Hosts of production's databases, by what the settings say. */
  readonly productionHosts: readonly string[];
}

/** Why nothing is restored under this name on this server for a drill, a sentence each. */
export function drillRefusals(target: Target, source: Source, name: string): string[] {
  const { stack, host } = target;
  const problems = newDatabaseRefusals(target, source.manifest, name);
  if (source.productionHosts.includes(host))
    problems.push(
      `the database server of ${stack}, ${host}, is production's: a drill never touches it. Give a stack with a server of its own.`,
    );
  if (source.stack !== stack && source.manifest.systemIdentifier === target.systemIdentifier)
    problems.push(
      `the server of ${stack} has the system identifier ${target.systemIdentifier} of the one that the dump was made on: under whatever name, it is ` +
        `${source.stack}'s. Give a stack with a server of its own.`,
    );
  if (!name.startsWith(DRILL_PREFIX)) problems.push(`a drill's database is called ${DRILL_PREFIX}…, got ${name}.`);
  return problems;
}

/** Why nothing is restored under this name on this server, a sentence each. */
export function newDatabaseRefusals({ host, database, databases, majorVersion }: Target, manifest: AnyManifest, name: string): string[] {
  const problems: string[] = [];
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name))
    problems.push(
      `--to must be a PostgreSQL identifier in lower case, got ${JSON.stringify(name)}. Write for example ${database}_restored.`,
    );
  if (name === database)
    problems.push(`--to must be a new database, got ${name}, which the application uses. Write for example ${database}_restored.`);
  else if (databases.includes(name))
    problems.push(
      `--to must be a new database, got ${name}, which ${host} has already. Nothing that exists is restored into: choose another name.`,
    );
  const dumped = Number.parseInt(manifest.serverVersion, 10);
  if (dumped > majorVersion)
    problems.push(
      `the dump is of PostgreSQL ${dumped}, the server ${host} is ${majorVersion}: it cannot take it. Upgrade it, or restore elsewhere.`,
    );
  return problems;
}
