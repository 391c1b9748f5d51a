/** Settings as the database's component takes them: for the component, for the check of its settings, and for whoever compares a server with them. */
import type { RolloutPace } from "../components/lib/rollout";
import type { Settings } from "./schema";

/** How fast the web service's rollouts go. */
export function rolloutPace({ replicas, minReadySeconds, terminationGraceSeconds }: Settings["web"]): RolloutPace {
  return { maximumPods: replicas.maximum, minReadySeconds, terminationGraceSeconds };
}

/** Arguments of `DatabaseRoles` from a stack's settings, but for its namespaces and labels. */
export function databaseArgs({ database, web }: Pick<Settings, "database" | "web">) {
  return { ...database, ...rolloutPace(web), databaseName: database.name, generations: database.roles };
}
