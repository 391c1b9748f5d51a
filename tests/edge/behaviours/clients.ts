/** Clients that mean no good to an external nginx, or are slow, or stay for long. */
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import type { EdgeServer, RawExchange } from "../../helpers/edge-server";
import { openHttp2 } from "../../helpers/edge-http2";
import { got, HOST, newClient } from "../../helpers/edge-settings";

/** Seconds that a client may take (client_header_timeout, client_body_timeout). */
const CLIENT_SECONDS = 10;
/** Seconds that the websocket is silent. */
const IDLE_SECONDS = 120;

/** What takes long, and waits while other tests run. */
export interface LongClients {
  readonly silent: Promise<RawExchange>;
  readonly dripping: Promise<RawExchange>;
  readonly stalled: Promise<RawExchange>;
  /** What a websocket heard after its silence. */
  readonly websocket: Promise<{ readonly answer: string; readonly from: string; readonly seconds: number }>;
}

/** Starts them. */
export function startLongClients(edge: EdgeServer): LongClients {
  const slow = { wait: (CLIENT_SECONDS + 8) * 1000 };
  const head = (line: string) => `${line}\r\nHost: ${HOST}\r\n`;
  const clients = {
    silent: edge.raw("", { ...slow, from: newClient() }),
    dripping: edge.raw(head("GET / HTTP/1.1"), { ...slow, from: newClient(), then: { bytes: `X: ${"a".repeat(100)}`, every: 500 } }),
    stalled: edge.raw(`${head("POST / HTTP/1.1")}Content-Length: 1000\r\n\r\nten bytes.`, { ...slow, from: newClient() }),
    websocket: silentWebsocket(edge),
  };
  // Their failures are their tests'.
  for (const each of Object.values(clients)) each.catch(() => undefined);
  return clients;
}

async function silentWebsocket(edge: EdgeServer) {
  const from = newClient();
  const socket = await openWebsocket(edge, from);
  const start = performance.now();
  try {
    await sleep(IDLE_SECONDS * 1000, undefined, { ref: false });
    return { answer: await ask(socket, "still there?"), from, seconds: (performance.now() - start) / 1000 };
  } finally {
    socket.terminate();
  }
}

function openWebsocket(edge: EdgeServer, from: string): Promise<WebSocket> {
  const options = { ca: edge.certificate, servername: HOST, localAddress: from, headers: { Host: HOST } };
  const socket = new WebSocket(`wss://127.0.0.1:${edge.httpsPort}/socket.io/?EIO=4&transport=websocket`, options);
  return new Promise((resolve, reject) => socket.once("open", () => resolve(socket)).once("error", reject));
}

function ask(socket: WebSocket, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once("message", (data: Buffer) => resolve(data.toString()));
    socket.once("close", (code) => reject(new Error(`the websocket was closed with ${code}`)));
    socket.send(question);
  });
}

export function describeClients(edgeOf: () => EdgeServer, longOf: () => LongClients): void {
  describe("an upgrade", () => {
    it("to websocket reaches the application, with the client's address", async () => {
      const from = newClient();
      const socket = await openWebsocket(edgeOf(), from);
      const answer = await ask(socket, "hello");
      socket.terminate();
      expect(answer).toBe(`hello from ${from}`);
    });

    it.each(["h2c", "TLS/1.0", "websocket2", "h2c, websocket"])("to anything else does not: %s", async (protocol) => {
      const { body } = await edgeOf().send({ from: newClient(), headers: { Connection: "Upgrade", Upgrade: protocol } });
      expect(["upgrade", "connection"].map(got(body))).toEqual([[], []]);
    });
  });

  describe("a request that is two to somebody", () => {
    const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
    const chunked = "Transfer-Encoding: chunked";
    const body = (text: string) => `Content-Length: ${text.length}\r\n\r\n${text}`;
    const post = (rest: string, version = "1.1") => `POST /first HTTP/${version}\r\nHost: ${HOST}\r\n${rest}`;
    const refused: readonly (readonly [string, string, number])[] = [
      ["both lengths", post(`Content-Length: 6\r\n${chunked}\r\n\r\n0\r\n\r\n${smuggled}`), 400],
      ["both lengths, the other way round", post(`${chunked}\r\nContent-Length: 4\r\n\r\n5c\r\n${smuggled}\r\n0\r\n\r\n`), 400],
      ["an unknown coding", post(`Transfer-Encoding: xchunked\r\n\r\n${smuggled}`), 501],
      ["a list of codings", post(`Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`), 501],
      ["two codings", post(`${chunked}\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`), 400],
      ["a coding with a control character", post(`Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`), 501],
      ["a coding in HTTP/1.0", post(`${chunked}\r\n\r\n0\r\n\r\n${smuggled}`, "1.0"), 400],
      ["a blank before the colon", post(`Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`), 400],
      ["two lengths", post(`Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`), 400],
      ["a list of lengths", post(`Content-Length: 0, ${smuggled.length}\r\n\r\n${smuggled}`), 400],
      ["a length with a sign", post(`Content-Length: +0\r\n\r\n${smuggled}`), 400],
      ["a hexadecimal length", post(`Content-Length: 0x0\r\n\r\n${smuggled}`), 400],
      ["a chunk whose size overflows", post(`${chunked}\r\n\r\nfffffffffffffffff\r\n${smuggled}`), 400],
      ["a chunk whose size has a sign", post(`${chunked}\r\n\r\n-1\r\n${smuggled}`), 400],
      ["a header with a NUL", post(`X: a\x00b\r\n\r\n${smuggled}`), 400],
      ["a second host", post(`Host: evil.example\r\n\r\n${smuggled}`), 400],
    ];
    it.each(refused)("is refused and its connection closed: %s", async (_, bytes, status) => {
      const before = edgeOf().asked.length;
      const { statuses, closedAfter } = await edgeOf().raw(bytes, { from: newClient() });
      expect([statuses, closedAfter === undefined, edgeOf().asked.slice(before)]).toEqual([[status], false, []]);
    });

    it.each([
      ["a length", post(`Connection: close\r\n${body(smuggled)}`)],
      ["chunks", post(`Connection: close\r\n${chunked}\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`)],
      [
        "a length, in lines that end in LF alone",
        `${post("Connection: close\r\nContent-Length: 11").replaceAll("\r\n", "\n")}\n\nGET /a\n\n123`,
      ],
      ["a folded header", post(`Connection: close\r\nX: a\r\n Content-Length: 0\r\n${body(smuggled)}`)],
    ])("is one to the application: a body of %s that looks like a request", async (_, bytes) => {
      const before = edgeOf().asked.length;
      await edgeOf().raw(bytes, { from: newClient() });
      expect(
        edgeOf()
          .asked.slice(before)
          .filter((each) => each !== "POST /first"),
      ).toEqual([]);
      expect(edgeOf().asked.slice(before).length).toBeLessThanOrEqual(1);
    });

    it("is refused when HTTP/2 frames hold more than the length says", async () => {
      const before = edgeOf().asked.length;
      const session = openHttp2(edgeOf());
      const stream = session.request({ ":method": "POST", ":path": "/first", ":authority": HOST, "content-length": "1" });
      const status = await new Promise((resolve) => {
        stream.on("response", (headers) => resolve(headers[":status"]));
        stream.on("error", () => resolve("reset"));
        stream.end(smuggled);
      });
      session.destroy();
      expect([status, edgeOf().asked.slice(before)]).toEqual([400, []]);
    });
  });

  describe("too much", () => {
    it.each([
      ["a header", `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX: ${"a".repeat(9000)}\r\n\r\n`, 400],
      ["headers", `GET / HTTP/1.1\r\nHost: ${HOST}\r\n${`X: ${"a".repeat(7000)}\r\n`.repeat(5)}\r\n`, 400],
      ["a path", `GET /${"a".repeat(9000)} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, 414],
      ["a body's length", `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1048577\r\n\r\n`, 413],
      ["a chunk", `POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\nx`, 413],
    ])("is refused before the application sees it: %s", async (_, bytes, status) => {
      const before = edgeOf().asked.length;
      const { statuses } = await edgeOf().raw(bytes, { from: newClient(), wait: 500 });
      expect([statuses, edgeOf().asked.slice(before)]).toEqual([[status], []]);
    });

    it("is not a body of 1 MiB", async () => {
      const { status } = await edgeOf().send({ from: newClient(), method: "POST", body: Buffer.alloc(1_048_576) });
      expect(status).toBe(200);
    });
  });

  describe("a slow client", () => {
    it.each([
      ["says nothing", "silent", []],
      ["sends a header byte by byte", "dripping", [408]],
      ["stops in its body", "stalled", [408]],
    ] as const)("is cut off after 10 seconds: it %s", async (_, which, statuses) => {
      const exchange = await longOf()[which];
      // A client that is reset does not see what was written to it last.
      expect([[], statuses]).toContainEqual(exchange.statuses);
      expect(Math.round((exchange.closedAfter ?? Infinity) / 1000)).toBeGreaterThanOrEqual(CLIENT_SECONDS - 1);
      expect(exchange.closedAfter).toBeLessThan((CLIENT_SECONDS + 5) * 1000);
    });

    it("that says nothing for two minutes keeps its websocket", async () => {
      const { answer, from, seconds } = await longOf().websocket;
      expect(answer).toBe(`still there? from ${from}`);
      expect(seconds).toBeGreaterThanOrEqual(IDLE_SECONDS);
    }, 150_000);
  });
}
