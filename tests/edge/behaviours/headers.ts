/** The headers of an external nginx on each class of response. */
import { HEADER_OWNERS, HIDDEN_HEADERS, securityHeaders } from "../../../components/lib/security-headers";
import type { EdgeRequest, EdgeResponse, EdgeServer } from "../../helpers/edge-server";
import { HOST, HSTS, newClient } from "../../helpers/edge-settings";

export function describeHeaders(edgeOf: () => EdgeServer): void {
  const owned = () => securityHeaders({ authority: `${HOST}:${edgeOf().httpsPort}`, hsts: HSTS });
  const send = (request: EdgeRequest) => edgeOf().send({ from: newClient(), ...request });
  const classes: readonly (readonly [string, number, () => Promise<Pick<EdgeResponse, "status" | "headers">>])[] = [
    ["a success", 200, () => send({})],
    ["the health check", 200, () => send({ path: "/health" })],
    ["the application's 404", 404, () => send({ path: "/status/404" })],
    ["the application's 500", 500, () => send({ path: "/status/500" })],
    ["the application's 304", 304, () => send({ path: "/status/304" })],
    ["a HEAD request", 200, () => send({ method: "HEAD" })],
    ["a refused method", 403, () => send({ method: "POST", path: "/health" })],
    ["too large a body", 413, () => send({ method: "POST", body: Buffer.alloc(1_100_000) })],
    ["too long a header", 400, () => send({ headers: { "X-Long": "a".repeat(9000) } })],
    [
      "a refusal",
      429,
      async () => {
        const from = newClient();
        await edgeOf().flood(21, { from });
        return edgeOf().send({ from });
      },
    ],
    ["a broken application", 502, () => send({ path: "/drop" })],
    ["an application with a header that is none", 502, () => send({ path: "/garbage" })],
    ["an application with too many headers", 502, () => send({ path: "/huge" })],
    ["a websocket's upgrade", 101, () => upgrade(edgeOf())],
  ];

  describe("the headers", () => {
    it.each(classes)("are each there exactly once on %s (%d), with the edge's value", async (_, status, ask) => {
      const response = await ask();
      expect(response.status).toBe(status);
      expect(owned().map(({ name }) => [name, response.headers[name.toLowerCase()]])).toEqual(
        owned().map(({ name, value }) => [name, [value]]),
      );
      expect([response.headers["x-powered-by"], response.headers["server"]]).toEqual([undefined, ["nginx"]]);
    });

    it("are there on the redirect too (301), but for the one that RFC 6797 forbids over plain HTTP", async () => {
      const { status, headers } = await send({ scheme: "http" });
      expect(status).toBe(301);
      expect(owned().map(({ name }) => [name, headers[name.toLowerCase()]])).toEqual(
        owned().map(({ name, value }) => [name, name === "Strict-Transport-Security" ? undefined : [value]]),
      );
    });

    it("of the application pass where the table makes it their owner, or names them not at all", async () => {
      const { headers } = await send({});
      expect(headers["x-of-the-application"]).toEqual(["kept"]);
      const ofTheApplication = HEADER_OWNERS.filter(({ owner }) => owner === "application").map(({ name }) => name);
      expect(HIDDEN_HEADERS.filter((name) => ofTheApplication.includes(name))).toEqual([]);
    });
  });
}

/** The response to a websocket's upgrade, whose headers no HTTP client shows. */
async function upgrade(edge: EdgeServer): Promise<Pick<EdgeResponse, "status" | "headers">> {
  const lines = ["GET /socket.io/ HTTP/1.1", `Host: ${HOST}`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
  const request = `${[...lines, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="].join("\r\n")}\r\n\r\n`;
  const { text, statuses } = await edge.raw(request, { from: newClient(), wait: 500 });
  const headers: Record<string, string[]> = {};
  for (const line of (text.split("\r\n\r\n")[0] ?? "").split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    (headers[line.slice(0, colon).toLowerCase()] ??= []).push(line.slice(colon + 1).trim());
  }
  return { status: statuses[0] ?? 0, headers };
}
