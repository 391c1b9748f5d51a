/** The grade of an answer's headers, by securityheaders.com's published rules, and the judgement of pods' logs. */
import type { IncomingHttpHeaders } from "node:http";
import { securityHeaders } from "../../components/lib/security-headers";
import { gradeHeaders } from "../../ops/verify/header-grade";
import { judgeAccessLog, judgeProcessLog } from "../../ops/verify/log-lines";

const BEST: IncomingHttpHeaders = {
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "content-security-policy": "default-src 'none'",
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "permissions-policy": "camera=()",
};
const without = (...names: string[]) => Object.fromEntries(Object.entries(BEST).filter(([name]) => !names.includes(name)));
const graded = (headers: IncomingHttpHeaders) => {
  const { grade, notes } = gradeHeaders(headers);
  return [grade, ...notes];
};

describe("the grade", () => {
  it("of the edge's own headers is A+, at every stage of the ramp but with a word on short ones", () => {
    const ours = (maxAgeSeconds: 300 | 31_536_000) =>
      Object.fromEntries(
        securityHeaders({
          authority: "api.maestroverse.edu",
          hsts: { ramp: [{ maxAgeSeconds, since: "2026-11-01" }], includeSubDomains: true, preload: false, acknowledge: [] },
        }).map(({ name, value }) => [name.toLowerCase(), value]),
      );
    expect(graded(ours(31_536_000))).toEqual(["A+"]);
    expect(graded(ours(300))).toEqual([
      "A+",
      "strict-transport-security max-age is 300 s, an early stage of the ramp: the header counts, the protection is short",
    ]);
  });

  it.each(Object.keys(BEST))("is B without %s", (name) => {
    // frame-ancestors would stand in for X-Frame-Options; this policy has none.
    expect(graded(without(name))).toEqual(["B", `${name} is missing`]);
  });

  it("goes down with each header that is missing", () => {
    const names = Object.keys(BEST);
    expect(names.map((_, count) => gradeHeaders(without(...names.slice(0, count + 1))).grade)).toEqual(["B", "C", "D", "D", "E", "F"]);
  });

  it.each([
    ["content-security-policy", "script-src 'unsafe-inline'", "content-security-policy warning: 'unsafe-inline'"],
    ["content-security-policy", "script-src 'unsafe-eval'", "content-security-policy warning: 'unsafe-eval'"],
    ["referrer-policy", "unsafe-url", "referrer-policy warning: unsafe-url"],
    ["referrer-policy", "Origin", "referrer-policy warning: origin"],
  ])("loses its plus where %s is %s", (name, value, note) => {
    expect(graded({ ...BEST, [name]: value })).toEqual(["A", note]);
  });

  it.each([
    ["strict-transport-security", "max-age=0", "has no max-age above 0"],
    ["strict-transport-security", "includeSubDomains", "has no max-age above 0"],
    ["content-security-policy", " ", "is empty"],
    ["x-frame-options", "ALLOWALL", "is neither DENY nor SAMEORIGIN"],
    ["x-content-type-options", "sniff", "is not nosniff"],
    ["referrer-policy", "", "is empty"],
    ["permissions-policy", "", "is empty"],
  ])("does not count %s: %j", (name, value, why) => {
    expect(graded({ ...BEST, [name]: value })).toEqual(["B", `${name} ${why}`]);
  });

  it("takes frame-ancestors for X-Frame-Options, whatever that says", () => {
    const policy = { "content-security-policy": "frame-ancestors 'none'" };
    expect(graded({ ...without("x-frame-options"), ...policy })).toEqual(["A+"]);
    expect(graded({ ...BEST, ...policy, "x-frame-options": "ALLOWALL" })).toEqual(["A+"]);
  });

  it("shows each header with its value and a mark", () => {
    expect(gradeHeaders({ ...without("permissions-policy"), "referrer-policy": "origin" }).rows).toEqual([
      ["strict-transport-security", "max-age=31536000; includeSubDomains", { text: "counts", mark: "good" }],
      ["content-security-policy", "default-src 'none'", { text: "counts", mark: "good" }],
      ["x-frame-options", "DENY", { text: "counts", mark: "good" }],
      ["x-content-type-options", "nosniff", { text: "counts", mark: "good" }],
      ["referrer-policy", "origin", { text: "counts, with a warning: origin", mark: "bad" }],
      ["permissions-policy", "nothing", { text: "is missing", mark: "bad" }],
    ]);
  });
});

const LINE = '203.0.113.7 - - [02/Nov/2026:14:00:00 +0000] "GET /api/courses?page=2 HTTP/1.1" 200 5316 "-" "curl/8.5"';

describe("access.log", () => {
  it.each([
    LINE,
    LINE.replace("203.0.113.7", "2001:db8::1").replace(" 200 5316 ", " - - "),
    LINE.replace("HTTP/1.1", "HTTP/2").replace('"curl/8.5"', '""'),
  ])("takes %s", (line) => {
    expect(judgeAccessLog(`${line}\n${line}\n`)).toEqual({ lines: 2, wrong: [] });
  });

  it.each([
    "GET /api/courses 200 5.316 ms - 5316",
    '{"level":"info","path":"/api/courses"}',
    LINE.replace("] ", "]"),
    LINE.slice(0, -1),
    LINE.replace("02/Nov/2026", "2026-11-02"),
    LINE.replace(' "curl/8.5"', ""),
  ])("does not take %s", (line) => {
    const { lines, wrong } = judgeAccessLog(`${LINE}\n${line}\n`);
    expect([lines, wrong]).toEqual([2, [JSON.stringify(line.slice(0, 80))]]);
  });

  it("forgives the first line what was cut off before it, and no other", () => {
    expect(judgeAccessLog(`${LINE.slice(20)}\n${LINE}\n`)).toEqual({ lines: 1, wrong: [] });
    expect(judgeAccessLog(`${LINE}\n${LINE.slice(20)}\n`).wrong).toHaveLength(1);
  });

  it("does not take a single line that is wrong for half of one", () => {
    expect(judgeAccessLog("Server started\n")).toEqual({ lines: 1, wrong: ['"Server started"'] });
  });

  it("may be empty", () => {
    expect(judgeAccessLog("")).toEqual({ lines: 0, wrong: [] });
  });
});

describe("what the process printed", () => {
  it.each([
    "GET /health 200 1.2 ms",
    "\u001b[32mready\u001b[0m",
    '{"time":"…","level":"debug","msg":"x"}',
    "[debug] cache miss",
    "2026-11-28T05:00:00Z DEBUG cache miss",
    "verbose: cache miss",
    '{"level":20,"time":1795842000000,"msg":"cache miss"}',
    "2026-11-28T05:00:00.000Z express:router dispatching GET /health",
    "prisma:query SELECT 1",
  ])("has the verbose line %j", (line) => {
    expect(judgeProcessLog(`listening on 3000\n${line}\n`)).toEqual({
      lines: 2,
      // eslint-disable-next-line no-control-regex -- they are what is removed
      wrong: [JSON.stringify(line.replace(/[\u0000-\u001f]/g, ""))],
    });
  });

  it.each([
    "listening on 3000",
    '{"level":"error","error":"connect ECONNREFUSED"}',
    '{"level":"info","msg":"stopping: debug was never on"}',
    "the request failed: GET /api/courses 3f0d",
    "trace id 4711 failed",
    '{"level":30,"time":1795842000000,"msg":"listening"}',
    "express: listening",
  ])("may have %j", (line) => {
    expect(judgeProcessLog(`${line}\n`)).toEqual({ lines: 1, wrong: [] });
  });

  it("is repeated in part: an address may stand in the rest", () => {
    const [shown = ""] = judgeProcessLog(`[debug] ${"x".repeat(200)} 203.0.113.7\n`).wrong;
    expect(JSON.parse(shown)).toHaveLength(80);
  });
});
