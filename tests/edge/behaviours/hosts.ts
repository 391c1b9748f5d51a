/** Hosts, redirects and TLS of an external nginx. */
import { connect as connectTls } from "node:tls";
import type { EdgeServer } from "../../helpers/edge-server";
import { openHttp2 } from "../../helpers/edge-http2";
import { HOST } from "../../helpers/edge-settings";

/** How Node.js sees a connection that was closed without a response. */
const NO_ANSWER = /^(socket hang up|read ECONNRESET)$/;

export function describeHosts(edgeOf: () => EdgeServer): void {
  const locationOf = (text: string) => /^Location: (.*)\r$/m.exec(text)?.[1];

  describe("plain HTTP", () => {
    it.each([
      "/",
      "/health",
      "/lessons/a%20b/../c?x=1&y=%2F&z=//evil.example",
      "//evil.example/x",
      "/%0d%0aSet-Cookie:%20a=b",
      "/@evil.example",
      "/a?b#c",
    ])("is redirected with 301 to the same path and query on the API's host: %s", async (path) => {
      const { text, statuses } = await edgeOf().raw(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`, {
        scheme: "http",
      });
      expect([statuses, locationOf(text), /^set-cookie/im.test(text)]).toEqual([
        [301],
        `https://${HOST}:${edgeOf().httpsPort}${path}`,
        false,
      ]);
    });

    it.each(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("is redirected whatever the method: %s", async (method) => {
      const { status, headers } = await edgeOf().send({ scheme: "http", method, path: "/x?y=1" });
      expect([status, headers["location"]]).toEqual([301, [`https://${HOST}:${edgeOf().httpsPort}/x?y=1`]]);
    });

    it.each([
      ["a port", `${HOST}:8080`],
      ["capitals", HOST.toUpperCase()],
      ["a dot at its end", `${HOST}.`],
    ])("is redirected to the API's host alone though the Host header has %s", async (_, host) => {
      const { text } = await edgeOf().raw(`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, { scheme: "http" });
      expect(locationOf(text)).toBe(`https://${HOST}:${edgeOf().httpsPort}/x`);
    });

    it("of HTTP/1.0 is redirected where it names the host, and gets no answer where it names none", async () => {
      const named = await edgeOf().raw(`GET /x HTTP/1.0\r\nHost: ${HOST}\r\n\r\n`, { scheme: "http" });
      expect([named.statuses, locationOf(named.text)]).toEqual([[301], `https://${HOST}:${edgeOf().httpsPort}/x`]);
      const unnamed = await edgeOf().raw("GET /x HTTP/1.0\r\n\r\n", { scheme: "http" });
      expect([unnamed.text, unnamed.closedAfter === undefined]).toEqual(["", false]);
    });

    it("with another host in the request's target gets no answer, though the Host header is right", async () => {
      await expect(edgeOf().send({ scheme: "http", path: "http://evil.example/x" })).rejects.toThrow(NO_ANSWER);
    });
  });

  describe("any other host", () => {
    const odd = [
      "evil.example",
      `${HOST}.evil.example`,
      `evil.example/${HOST}`,
      "[::1]",
      "[::1]:443",
      "127.0.0.1",
      "localhost",
      "a b",
      "..",
      "_",
    ];

    it.each(odd)("gets no redirect and no page over plain HTTP: %s", async (host) => {
      const { text, statuses, closedAfter } = await edgeOf().raw(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, { scheme: "http" });
      // What is no host name at all is a bad request.
      expect([statuses.filter((status) => status !== 400), locationOf(text), closedAfter === undefined]).toEqual([[], undefined, false]);
    });

    it.each(odd)("gets nothing of the application over a handshake for the right one: %s", async (host) => {
      const before = edgeOf().asked.length;
      const { statuses } = await edgeOf().raw(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect([statuses.filter((status) => status !== 400), edgeOf().asked.slice(before)]).toEqual([[], []]);
    });

    it("gets no handshake", async () => {
      await expect(edgeOf().send({ serverName: "evil.example" })).rejects.toThrow(/unrecognized name/);
    });
  });

  describe("TLS", () => {
    const handshake = (options: object) =>
      new Promise<{ protocol: string | null; cipher: string } | undefined>((resolve) => {
        const { certificate: ca, httpsPort: port } = edgeOf();
        const socket = connectTls({ host: "127.0.0.1", port, servername: HOST, ca, ...options }, () => {
          resolve({ protocol: socket.getProtocol(), cipher: socket.getCipher().standardName });
          socket.destroy();
        });
        socket.on("error", () => resolve(undefined));
      });

    it.each([
      ["TLSv1", false],
      ["TLSv1.1", false],
      ["TLSv1.2", true],
      ["TLSv1.3", true],
    ] as const)("speaks %s: %p", async (version, expected) => {
      const spoken = await handshake({ ciphers: "DEFAULT@SECLEVEL=0", minVersion: version, maxVersion: version });
      expect(spoken?.protocol).toBe(expected ? version : undefined);
    });

    it.each(["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "NULL", "DES-CBC3-SHA"])(
      "takes no weak cipher: %s",
      async (cipher) => {
        expect(await handshake({ ciphers: `${cipher}:@SECLEVEL=0`, maxVersion: "TLSv1.2" }).catch(() => undefined)).toBeUndefined();
      },
    );

    it("speaks HTTP/2", async () => {
      const session = openHttp2(edgeOf());
      const status = await new Promise((resolve, reject) => {
        session.on("error", reject);
        session.request({ ":path": "/", ":authority": HOST }).on("response", (headers) => resolve(headers[":status"]));
      });
      session.destroy();
      expect(status).toBe(200);
    });
  });
}
