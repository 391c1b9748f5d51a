/** The intake as a server: a Datadog API on the loopback that checks and records what it is told. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { createApi, type Keys } from "./api";
import { onCallRoutes } from "./on-call";
import { objectiveRoutes } from "./objectives";
import { loadModels } from "./payload";
import { Store } from "./store";
import { teamRoutes } from "./teams";
import { telemetryRoutes } from "./telemetry";
import { version1 } from "./version1";

/** Every route. */
const ROUTES = [...version1, ...objectiveRoutes, ...teamRoutes, ...onCallRoutes, ...telemetryRoutes];

/** Arguments of {@link startIntake}. */
export interface IntakeOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Folder of the records. */
  readonly folder: string;
  readonly keys: Keys;
  /** @default "127.0.0.1" */
  readonly address?: string;
}

/** An intake that listens. */
export interface Intake {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the intake. @throws Error when the port is taken or the records cannot be read */
export async function startIntake({ port, folder, keys, address = "127.0.0.1" }: IntakeOptions): Promise<Intake> {
  const server: Server = createApi(ROUTES, new Store(folder), keys).listen(port, address);
  await once(server, "listening");
  // A taken port shows at once; nothing is answered before this is done.
  loadModels();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
