/** The rehearsal that was kept, for the operator's commands. */
import { readProgress, rehearsalDirectory } from "./lib/directory";
import { Supervisor } from "./lib/supervisor";
import { postgresql, readDatabaseAdminPassword } from "./substrates/postgresql";

/** Its credentials, each read when it is asked for. */
export interface KeptRehearsal {
  readonly directory: string;
  databaseAdminPassword(): string;
}

/** @throws Error when none is kept, or it no longer runs */
export function keptRehearsal(directory = rehearsalDirectory()): KeptRehearsal {
  if (readProgress(directory) !== "kept")
    throw new Error("rehearsal: no rehearsal is kept on this machine. Start one: npm run rehearse -- --keep");
  const supervisor = new Supervisor(directory);
  const ended = postgresql.servers.filter((name) => supervisor.find(name) === undefined);
  if (ended.length > 0)
    throw new Error(`rehearsal: ${ended.join(", ")} does not run any more. Bring the rehearsal back: npm run rehearse -- --keep`);
  return { directory, databaseAdminPassword: () => readDatabaseAdminPassword(directory) };
}
