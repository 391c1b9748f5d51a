/** People who use a stack while it is changed: log in, read, write and hold a socket.io connection, from many addresses, at a steady pace. */
import { readFileSync } from "node:fs";
import { Agent as HttpsAgent } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import { Agent, request } from "undici";
import type { EdgeAddress } from "../../ops/edge-client";

/** Requests a second. */
const REQUESTS_PER_SECOND = 50;
/** Addresses that they come from: each stays below the edge's limit. */
const ADDRESSES = 50;
const PEOPLE = 6;
/** Of a session's life, the part after which a person logs in again, the old session still good. */
const RENEW_AFTER = 0.4;
/** Milliseconds after which somebody whose login was not answered tries it again. */
const LOGIN_AGAIN_MILLISECONDS = 1000;
/** Milliseconds between two messages over the socket. */
const ECHO_MILLISECONDS = 500;
const PASSWORD = "correct horse battery staple";

/** A request that was not answered as it should be. */
export interface Failure {
  readonly at: number;
  /** `GET /api/me by cookie: 401`. */
  readonly what: string;
  /** The application refused who it was. */
  readonly loggedOut: boolean;
}

/** What became of them. */
export interface LoadRecord {
  readonly sent: number;
  readonly failures: readonly Failure[];
  readonly logins: number;
  /** Messages that came back over the socket, connections that it took, and how often the application refused one. */
  readonly socket: { readonly echoes: number; readonly connections: number; readonly refused: number };
}

interface Person {
  readonly email: string;
  token: string;
  csrfToken: string;
  cookies: Map<string, string>;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** The people. */
export class People {
  private readonly agents: readonly Agent[];
  private readonly origin: string;
  private readonly people: Person[] = [];
  private readonly failures: Failure[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private readonly socket: Socket;
  private readonly timers: NodeJS.Timeout[] = [];
  private sent = 0;
  private turn = 0;
  private isOver = false;
  private logins = 0;
  private echoes = 0;
  private connections = 0;
  private refused = 0;

  private constructor(
    private readonly edge: EdgeAddress,
    private readonly sessionSeconds: number,
  ) {
    const ca = readFileSync(edge.authority as string, "utf8");
    this.origin = `https://${edge.address}:${edge.httpsPort}`;
    this.agents = Array.from(
      { length: ADDRESSES },
      (_, index) => new Agent({ connect: { ca, servername: edge.host }, localAddress: `127.3.0.${index + 1}`, keepAliveTimeout: 30_000 }),
    );
    const lookup = (_: string, options: { all?: boolean }, callback: (...found: unknown[]) => void) =>
      options.all === true ? callback(null, [{ address: edge.address, family: 4 }]) : callback(null, edge.address, 4);
    this.socket = io(`https://${edge.host}:${edge.httpsPort}`, {
      transports: ["websocket"],
      autoConnect: false,
      reconnectionDelay: 100,
      reconnectionDelayMax: 500,
      agent: new HttpsAgent({ ca, lookup: lookup as never, localAddress: "127.3.1.1" }) as never,
      auth: (give) => give({ token: this.people[0]?.token }),
    });
  }

  /** Everybody registers and logs in; then the requests begin. */
  static async start(edge: EdgeAddress, sessionSeconds: number): Promise<People> {
    const crowd = new People(edge, sessionSeconds);
    const run = Date.now().toString(36);
    for (let number = 0; number < PEOPLE; number++) {
      const person = { email: `person-${number}-${run}@example.com`, token: "", csrfToken: "", cookies: new Map<string, string>() };
      const { status } = await crowd.call(person, "POST", "/api/register", {}, { email: person.email, password: PASSWORD });
      if (status !== 201) throw new Error(`register: ${status}`);
      await crowd.login(person);
      crowd.people.push(person);
    }
    crowd.begin();
    return crowd;
  }

  /** Ends it, when the last answer is there. */
  async stop(): Promise<LoadRecord> {
    this.isOver = true;
    this.timers.forEach(clearInterval);
    await Promise.all(this.underWay);
    this.socket.disconnect();
    await Promise.all(this.agents.map((agent) => agent.destroy()));
    const socket = { echoes: this.echoes, connections: this.connections, refused: this.refused };
    return { sent: this.sent, failures: this.failures, logins: this.logins, socket };
  }

  /** The accounts' addresses of e-mail. */
  get emails(): string[] {
    return this.people.map(({ email }) => email);
  }

  private begin(): void {
    this.timers.push(setInterval(() => this.track(this.next()), 1000 / REQUESTS_PER_SECOND));
    const pause = (this.sessionSeconds * 1000 * RENEW_AFTER) / PEOPLE;
    let renewed = 0;
    this.timers.push(setInterval(() => this.track(this.login(this.people[renewed++ % PEOPLE])), pause));
    this.socket.on("connect", () => this.connections++);
    this.socket.on("connect_error", (error) => {
      if (error.message === "unauthorized") this.refused++;
      if (!this.socket.active) void sleep(200).then(() => this.socket.connect());
    });
    // A server that ends a connection whose token has ended expects the client to come back with another.
    this.socket.on("disconnect", (reason) => {
      if (reason === "io server disconnect") this.socket.connect();
    });
    this.socket.connect();
    this.timers.push(
      setInterval(() => {
        if (this.socket.connected)
          this.socket.timeout(5000).emit("echo", this.sent, (error: unknown) => (this.echoes += error === null ? 1 : 0));
      }, ECHO_MILLISECONDS),
    );
  }

  private track(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }

  /** One request of somebody: by token, by cookie, or a change by cookie and CSRF token. */
  private async next(): Promise<void> {
    const number = this.sent++;
    const person = this.people[number % PEOPLE];
    const kind = Math.floor(number / PEOPLE) % 8;
    if (kind === 0) {
      const { csrfToken } = person;
      await this.expect(201, person, "POST", "/api/courses", { cookie: cookieOf(person), "x-csrf-token": csrfToken }, { title: "Canon" });
    } else if (kind % 2 === 0) await this.expect(200, person, "GET", "/api/me", { cookie: cookieOf(person) });
    else await this.expect(200, person, "GET", "/api/me", { authorization: `Bearer ${person.token}` });
  }

  private async login(person: Person): Promise<void> {
    const body = { email: person.email, password: PASSWORD };
    // Into jars of its own: requests that are under way go on with the old ones.
    const fresh: Person = { ...person, cookies: new Map() };
    const answer = await this.expect(200, fresh, "POST", "/api/login", {}, body);
    // As a person does. Without it the token would end before its owner's next turn, and be counted as a logout.
    if (answer?.status !== 200) {
      await sleep(LOGIN_AGAIN_MILLISECONDS);
      return this.isOver ? undefined : this.login(person);
    }
    this.logins++;
    Object.assign(person, { cookies: fresh.cookies, token: answer.body["token"], csrfToken: answer.body["csrfToken"] });
  }

  private async expect(wanted: number, person: Person, method: string, path: string, headers: Record<string, string>, body?: unknown) {
    const by = headers["authorization"] === undefined ? (headers["cookie"] === undefined ? "password" : "cookie") : "token";
    const answer = await this.call(person, method, path, headers, body).catch((error: unknown) => error as Error);
    const got = answer instanceof Error ? answer.message : String(answer.status);
    if (got !== String(wanted))
      this.failures.push({ at: Date.now(), what: `${method} ${path} by ${by}: ${got}`, loggedOut: ["401", "403"].includes(got) });
    return answer instanceof Error ? undefined : answer;
  }

  private async call(person: Person, method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Answer> {
    // A login meanwhile brings another jar: what comes back belongs into this one.
    const jar = person.cookies;
    const answer = await request(`${this.origin}${path}`, {
      dispatcher: this.agents[this.turn++ % ADDRESSES],
      method,
      headers: { host: this.edge.host, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: 30_000,
    });
    const text = await answer.body.text();
    for (const cookie of [answer.headers["set-cookie"] ?? []].flat()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      // Of two answers to one session the later signature is as good as the earlier.
      jar.set(name, value);
    }
    return { status: answer.statusCode, body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown> };
  }
}

function cookieOf({ cookies }: Person): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}
