import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HEADER_OWNERS, HIDDEN_HEADERS, securityHeaders } from "../../../components/lib/security-headers";
import { HOST, HSTS } from "../../helpers/edge-settings";

const SENT = securityHeaders({ authority: HOST, hsts: HSTS });

it("the edge sends these headers", () => {
  expect(Object.fromEntries(SENT.map(({ name, value }) => [name, value]))).toEqual({
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Security-Policy":
      "default-src 'none'; connect-src 'self' wss://api.maestroverse.edu; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
  });
});

it("all but the one that RFC 6797 forbids are sent over plain HTTP too", () => {
  expect(SENT.filter(({ overHttp }) => !overHttp).map(({ name }) => name)).toEqual(["Strict-Transport-Security"]);
});

it("the application's copy of each is hidden, and what tells the software", () => {
  expect(HIDDEN_HEADERS).toEqual([...SENT.map(({ name }) => name), "X-Powered-By"]);
});

it("no header has two owners, in any case", () => {
  const names = HEADER_OWNERS.map(({ name }) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
});

it("no value has a character that ends a quoted text of nginx, or begins a variable", () => {
  expect(SENT.filter(({ value }) => /["$\\\n]/.test(value))).toEqual([]);
});

it("the runbook's table says the same", () => {
  const page = readFileSync(join(__dirname, "../../../docs/runbook/4-edge.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([A-Za-z-]+)` +\| (edge|application|nobody) +\| (.*?) +\|$/gm)].map((match) => match.slice(1, 4));
  expect(rows).toEqual(HEADER_OWNERS.map(({ name, owner, why }) => [name, owner, why]));
});
