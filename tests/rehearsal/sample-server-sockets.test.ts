/** socket.io of the sample server, by both transports. */
import { io, type Socket } from "socket.io-client";
import { API_HOST, APP_ORIGIN, makeSecrets, type SampleServer, startSampleServer } from "../helpers/sample-server";
import { issueToken } from "../../rehearsal/sample-server/server/tokens";

const secrets = makeSecrets();
const token = () => issueToken({ current: secrets["JWT_SECRET"] }, `https://${API_HOST}`, 1, 900);
const TRANSPORTS = ["websocket", "polling"] as const;

let server: SampleServer;
beforeAll(async () => {
  // Nothing here asks the database.
  server = await startSampleServer({ ...secrets, DATABASE_URL: "postgresql://nobody:nothing@127.0.0.1:9/none?sslmode=disable" });
});
afterAll(() => server.stop());

const sockets: Socket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));

/** Connects as the edge passes it on. */
function client(transport: (typeof TRANSPORTS)[number], auth: Record<string, unknown>, headers: Record<string, string> = {}): Socket {
  const socket = io(server.origin, {
    transports: [transport],
    reconnection: false,
    forceNew: true,
    auth,
    extraHeaders: { "x-forwarded-proto": "https", ...headers },
  });
  sockets.push(socket);
  return socket;
}

/** `connected`, or why not. */
function outcome(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("connect", () => resolve("connected"));
    socket.once("connect_error", (error) => resolve(error.message));
  });
}

describe.each(TRANSPORTS)("by %s", (transport) => {
  const refused = transport === "websocket" ? "websocket error" : "xhr poll error";

  it("connects whoever has a token, and echoes", async () => {
    const socket = client(transport, { token: token() }, { origin: APP_ORIGIN });
    expect(await outcome(socket)).toBe("connected");
    const message = { text: "da capo", bytes: Buffer.from([1, 2, 3]) };
    expect(await socket.timeout(5000).emitWithAck("echo", message)).toEqual(message);
  });

  it.each([
    ["no token", {}],
    ["no string for a token", { token: { kid: "x" } }],
    ["a token of another key", { token: issueToken({ current: "x".repeat(64) }, `https://${API_HOST}`, 1, 900) }],
    ["a token of another issuer", { token: issueToken({ current: secrets["JWT_SECRET"] }, "https://elsewhere.example", 1, 900) }],
  ])("refuses %s", async (_, auth) => {
    expect(await outcome(client(transport, auth))).toBe("unauthorized");
  });

  it("refuses a page of another origin, although it has a token", async () => {
    expect(await outcome(client(transport, { token: token() }, { origin: "https://evil.example" }))).toBe(refused);
  });

  it("refuses a connection that did not come by HTTPS", async () => {
    expect(await outcome(client(transport, { token: token() }, { "x-forwarded-proto": "http" }))).toBe(refused);
  });
});

it("survives messages that are not what it expects", async () => {
  const socket = client("websocket", { token: token() });
  expect(await outcome(socket)).toBe("connected");
  socket.emit("echo", "without an acknowledgement");
  socket.emit("echo");
  socket.emit("no such event", 1);
  expect(await socket.timeout(5000).emitWithAck("echo", "still here")).toBe("still here");
});

it("ends a connection whose message is too large", async () => {
  const socket = client("websocket", { token: token() });
  expect(await outcome(socket)).toBe("connected");
  const ended = new Promise((resolve) => socket.once("disconnect", resolve));
  socket.emit("echo", "x".repeat(200_000));
  expect(await ended).toBe("transport close");
});
