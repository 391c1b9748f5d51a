/**
 * The grok rules, read as regular expressions, against lines that morgan itself writes. The reading is ours: it proves the rules' structure and
 * not that Datadog's grok takes them.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import morgan from "morgan";
import { accessLogFormat } from "../../../components/lib/nginx-snippets";
import {
  buildProcessors,
  COMBINED_RULE,
  COMBINED_SAMPLES,
  COMBINED_SUPPORT_RULES,
  pipelineFilter,
} from "../../../components/lib/log-pipeline";

/** Datadog's matchers that the rules use. */
const MATCHERS: Readonly<Record<string, string>> = { notSpace: String.raw`\S+`, word: String.raw`\w+`, integer: String.raw`-?\d+` };

const support = new Map(
  COMBINED_SUPPORT_RULES.split("\n").map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
);

/** `%{matcher:attribute:filter}` → a group named by its number; attributes are kept beside. */
function toRegExp(rule: string): { pattern: RegExp; attributes: { name: string; nullIfDash: boolean; integer: boolean }[] } {
  const attributes: { name: string; nullIfDash: boolean; integer: boolean }[] = [];
  const expand = (text: string): string =>
    text
      .replace(/%\{(_\w+)\}/g, (_all, name: string) => expand(support.get(name) as string))
      .replace(
        /%\{(\w+)(?:\("((?:[^"\\]|\\.)*)"\))?(?::([\w.]+))?(:nullIf\("-"\))?\}/g,
        (_all, matcher: string, argument: string | undefined, attribute: string | undefined, nullIf: string | undefined) => {
          const unescaped = argument?.replace(/\\(.)/g, "$1");
          const source =
            matcher === "regex"
              ? unescaped
              : matcher === "date"
                ? String.raw`\d{2}/\w{3}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}`
                : MATCHERS[matcher];
          if (source === undefined) throw new Error(`unknown matcher ${matcher}`);
          if (attribute === undefined) return `(?:${source})`;
          attributes.push({ name: attribute, nullIfDash: nullIf !== undefined, integer: matcher === "integer" });
          return `(?<a${attributes.length - 1}>${source})`;
        },
      );
  return { pattern: new RegExp(`^${expand(rule)}$`), attributes };
}

const { pattern, attributes } = toRegExp(COMBINED_RULE.slice(COMBINED_RULE.indexOf(" ") + 1));

function parse(line: string): Record<string, string | number> | undefined {
  const groups = pattern.exec(line)?.groups;
  if (groups === undefined) return undefined;
  return Object.fromEntries(
    attributes.flatMap(({ name, nullIfDash, integer }, index) => {
      const value = groups[`a${index}`];
      return value === undefined || (nullIfDash && value === "-") ? [] : [[name, integer ? Number(value) : value]];
    }),
  );
}

/** A line as morgan writes it for a request and its response. */
function line(request: object, response: object): string {
  const format = morgan.compile(morgan["combined" as keyof typeof morgan] as unknown as string);
  const both = [
    { httpVersionMajor: 1, httpVersionMinor: 1, ...request },
    { headersSent: true, getHeader: () => undefined, ...response },
  ];
  return format(morgan as never, both[0] as IncomingMessage, both[1] as unknown as ServerResponse) as string;
}

const header = (values: Record<string, string>) => ({ getHeader: (name: string) => values[name.toLowerCase()] });

it("reads a plain request", () => {
  expect(
    parse(
      line(
        {
          method: "GET",
          originalUrl: "/api/courses?page=2",
          ip: "203.0.113.7",
          headers: { referer: "https://app.maestroverse.edu/", "user-agent": 'Mozilla/5.0 (X11; Linux) "x"'.replaceAll('"', "'") },
        },
        { statusCode: 200, ...header({ "content-length": "5316" }) },
      ),
    ),
  ).toEqual({
    "network.client.ip": "203.0.113.7",
    date_access: expect.stringMatching(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/) as string,
    "http.method": "GET",
    "http.url": "/api/courses?page=2",
    "http.version": "1.1",
    "http.status_code": 200,
    "network.bytes_written": 5316,
    "http.referer": "https://app.maestroverse.edu/",
    "http.useragent": "Mozilla/5.0 (X11; Linux) 'x'",
  });
});

it("reads what morgan does not know as absent: no client, no length, no answer, no agent", () => {
  expect(parse(line({ method: "POST", originalUrl: "/api/login", headers: {} }, { headersSent: false }))).toEqual({
    date_access: expect.any(String) as string,
    "http.method": "POST",
    "http.url": "/api/login",
    "http.version": "1.1",
  });
});

it("reads IPv6 clients and HTTP/2", () => {
  const parsed = parse(
    line(
      { method: "GET", url: "/", ip: "2001:db8::7", headers: {}, httpVersionMajor: 2, httpVersionMinor: 0 },
      { statusCode: 304, ...header({}) },
    ),
  );
  expect([parsed?.["network.client.ip"], parsed?.["http.version"], parsed?.["http.status_code"]]).toEqual(["2001:db8::7", "2.0", 304]);
});

it("reads its own samples and leaves other lines alone", () => {
  expect(COMBINED_SAMPLES.map((sample) => parse(sample)?.["http.status_code"])).toEqual([200, 503]);
  expect(parse('{"level":"error","message":"database unavailable"}')).toBeUndefined();
});

it("takes the API's logs of one environment, parses before it looks, and sets the line's status last", () => {
  expect(pipelineFilter("prod")).toBe("service:(maestroverse-api OR maestroverse-edge) env:prod");
  const steps = buildProcessors();
  expect(steps.map((step) => Object.keys(step))).toEqual([
    ["grokParser"],
    ["dateRemapper"],
    ["urlParser"],
    ["categoryProcessor"],
    ["categoryProcessor"],
    ["categoryProcessor"],
    ["categoryProcessor"],
    ["statusRemapper"],
  ]);
  expect(steps[3]?.categoryProcessor).toMatchObject({
    categories: [
      { name: "error", filter: { query: "@http.status_code:[500 TO 599]" } },
      { name: "warning", filter: { query: "@http.status_code:[400 TO 499]" } },
      { name: "ok", filter: { query: "@http.status_code:[100 TO 399]" } },
    ],
  });
});

it("finds in the edge's own lines, which are JSON, each attribute that its steps after the parser read", () => {
  const line = JSON.parse(accessLogFormat("log").replaceAll(/:\$\w+/g, ":1")) as object;
  const value = (path: string) =>
    path.split(".").reduce((node: unknown, key) => (node as Record<string, unknown> | undefined)?.[key], line);
  const ofTheApplication = [...COMBINED_SUPPORT_RULES.matchAll(/:((?:http|network)\.[\w.]+)/g)].map(([, path]) => path);
  // The edge knows no user, and its paths have no referrer.
  const missing = ofTheApplication.filter((path) => value(path) === undefined);
  expect(missing).toEqual(["http.auth", "http.referer"]);
});
