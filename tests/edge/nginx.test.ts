/** An external nginx as it is rendered, run, and asked by clients. What it does is in behaviours/; a websocket is silent meanwhile. */
import { buildNginxConfig } from "../../components/lib/nginx-config";
import { type EdgeServer, startEdge } from "../helpers/edge-server";
import { FROZEN, HOST, nginxSettings, RUNBOOK } from "../helpers/edge-settings";
import { describeClients, type LongClients, startLongClients } from "./behaviours/clients";
import { describeHeaders } from "./behaviours/headers";
import { describeHosts } from "./behaviours/hosts";
import { describeLimit } from "./behaviours/limit";
import { describeOcsp } from "./behaviours/ocsp";
import { describeRendered } from "./behaviours/rendered";
import { describeReplicas } from "./behaviours/replicas";

let edge: EdgeServer;
let runbookEdge: EdgeServer;
let longClients: LongClients;
beforeAll(async () => {
  edge = await startEdge(HOST, (place) => buildNginxConfig(nginxSettings(place, FROZEN)));
  longClients = startLongClients(edge);
  runbookEdge = await startEdge(HOST, (place) => buildNginxConfig(nginxSettings(place, RUNBOOK)));
});
afterAll(async () => {
  await edge.stop();
  await runbookEdge.stop();
});

describeLimit(
  () => edge,
  () => runbookEdge,
);
describeHeaders(() => edge);
describeHosts(() => edge);
describeReplicas();
describeOcsp();
describeRendered();
// Last: by now those who wait have waited.
describeClients(
  () => edge,
  () => longClients,
);
