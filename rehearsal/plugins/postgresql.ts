/**
 * Stand-in for the `postgresql` provider plugin: the statements of the official one, by `pg`.
 *
 * It revokes, grants, locks and reads the catalogue as the official plugin does, so that what fails or drifts there fails or drifts here.
 * It is stricter in two things: `name` and `host` must be said, and a wrong type of an input is refused at preview.
 */
import type { StandIn } from "./lib/contract";
import { serve } from "./lib/server";
import { PostgresqlClient } from "./postgresql/client";
import { checkConnection, SETTINGS } from "./postgresql/connection";
import { defaultPrivileges } from "./postgresql/default-privileges";
import { grant } from "./postgresql/grant";
import { role } from "./postgresql/role";
import { schema } from "./postgresql/schema";

/** The `postgresql` package. */
export const postgresql: StandIn<PostgresqlClient> = {
  package: "postgresql",
  config: SETTINGS,
  checkConfig: checkConnection,
  connect: (config) => PostgresqlClient.connect(config),
  disconnect: (client) => client.close(),
  resources: {
    "postgresql:index/role:Role": role,
    "postgresql:index/schema:Schema": schema,
    "postgresql:index/grant:Grant": grant,
    "postgresql:index/defaultPrivileges:DefaultPrivileges": defaultPrivileges,
  },
};

if (require.main === module) void serve(postgresql);
