/** An HTTP/2 session with the edge, from an address of its own. */
import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectTls } from "node:tls";
import type { EdgeServer } from "./edge-server";
import { HOST, newClient } from "./edge-settings";

export function openHttp2({ httpsPort, certificate }: EdgeServer): ClientHttp2Session {
  const options = {
    host: "127.0.0.1",
    port: httpsPort,
    servername: HOST,
    ca: certificate,
    ALPNProtocols: ["h2"],
    localAddress: newClient(),
  };
  return connect(`https://${HOST}:${httpsPort}`, { createConnection: () => connectTls(options) });
}
