/** The kept rehearsal with the ways to break it. Each way gives back what undoes it. */
import { type Access, openAccess } from "../../../ops/access";
import type { StackOutputs } from "../../../ops/stack-outputs";
import { Systems } from "../../../ops/verify/systems";
import { keepRehearsal, type SharedRehearsal } from "../kept-rehearsal";
import { BreakableCluster } from "./cluster";
import { BreakableDatadog } from "./datadog";
import { BreakableDumps } from "./dumps";
import { BreakableEdge } from "./edge";
import { BreakableSecret } from "./secret";
import type { Undo } from "./undo";

/** An environment to break. */
export interface Environment {
  readonly access: Access;
  readonly outputs: StackOutputs;
  readonly systems: Systems;
  readonly edge: BreakableEdge;
  readonly cluster: BreakableCluster;
  readonly datadog: BreakableDatadog;
  readonly dumps: BreakableDumps;
  readonly secret: BreakableSecret;
  /** Runs SQL as the administrator. @param undo the SQL that takes it back */
  sql(statement: string, undo: string): Promise<Undo>;
  readonly rehearsal: SharedRehearsal;
  close(): Promise<void>;
}

/** Takes the kept rehearsal. */
export async function openEnvironment(): Promise<Environment> {
  const rehearsal = await keepRehearsal();
  try {
    const access = await openAccess("rehearsal");
    const outputs = await access.outputs();
    const systems = new Systems(access, outputs);
    const administrator = await systems.administrator();
    const { directory, settings } = rehearsal;
    return {
      access,
      outputs,
      systems,
      rehearsal,
      edge: new BreakableEdge(directory, settings.hosts.api),
      cluster: await BreakableCluster.connect(directory, settings),
      datadog: new BreakableDatadog(rehearsal),
      dumps: await BreakableDumps.open(systems, settings),
      secret: new BreakableSecret(await systems.secretsManager(), outputs.names.secretsManagerSecret),
      async sql(statement, undo) {
        await administrator.query(statement);
        return () => administrator.query(undo);
      },
      async close() {
        await systems.close();
        rehearsal.release();
      },
    };
  } catch (error) {
    rehearsal.release();
    throw error;
  }
}
